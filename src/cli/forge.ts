import { tmpdir } from 'node:os';
import type { Config } from '../config/config.js';
import { createGitTarget } from '../deploy/targets/git/git.js';
import { createGitHubTarget } from '../deploy/targets/github/github.js';
import { isGitUrl, ownerAndRepo, tokenCredentials, tokensOf } from '../deploy/targets/repository-name.js';
import { siblingRemote } from '../facts/git-remote.js';
import type { GitSource } from '../facts/git-source.js';
import { failure } from '../lib/errors.js';
import { connectOctokit } from '../github/octokit.js';
import type { RunContext } from '../app/run-context.js';
import type { CliRequest } from './request.js';

/** Through the API of the forge where a token is at hand, so that commits are signed; else plain git. */
export async function targetOpeners(
  order: Pick<CliRequest, 'token' | 'deployToken'>,
  git: GitSource,
  config: Config,
  env: NodeJS.ProcessEnv,
): Promise<Pick<RunContext, 'openTarget' | 'openHistory'>> {
  const place = { checkout: git.root, env, temporaryFolder: tmpdir() };
  const own = { ...place, remote: 'origin', branch: git.source.defaultBranch ?? 'main' };
  // The checkout mostly has the history at hand, and commits that nobody has pushed yet.
  const openHistory: RunContext['openHistory'] = (clockwork) => createGitTarget({ ...own, clockwork });
  const { repository: ownName, url } = git.source;
  const tokens = tokensOf(order, config.deploy, ownName);
  const isOnForge = tokens.other !== undefined && ownName !== undefined && url !== undefined;
  const forge = isOnForge ? await connectOctokit(apiOf(url, env), env) : undefined;

  return {
    openHistory,
    openTarget({ repository, branch }, clockwork) {
      if (repository !== undefined && isGitUrl(repository)) {
        const login = tokenCredentials(order.deployToken);
        return createGitTarget({ ...place, ...login, remote: repository, branch, clockwork });
      }
      const token = repository === undefined ? tokens.own : tokens.other;
      if (forge !== undefined && token !== undefined) {
        const name = ownerAndRepo(repository ?? ownName ?? '');
        return createGitHubTarget({ octokit: forge(token), ...name, branch, clockwork });
      }
      const remote = repository === undefined ? 'origin' : siblingRemote(git.remote ?? '', repository);
      if (remote === undefined) throw unknownForge(repository ?? '');
      return createGitTarget({ ...place, remote, branch, clockwork });
    },
  };
}

/** The checkout's forge; GitHub if there is none. */
export function forgeOf({ source: { repository, url } }: GitSource, env: NodeJS.ProcessEnv): RunContext['forge'] {
  const serverUrl = env['GITHUB_SERVER_URL'] || (repository && url ? new URL(url).origin : 'https://github.com');
  return { serverUrl, apiUrl: apiOf(serverUrl, env) };
}

function apiOf(url: string, env: NodeJS.ProcessEnv): string {
  const { host } = new URL(url);
  return env['GITHUB_API_URL'] ?? (host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`);
}

function unknownForge(repository: string) {
  return failure({
    code: 'deploy/target-missing',
    message: `Where ${repository} lies is not known: this checkout's origin is no forge.`,
    fix: 'Set deploy.repository to the URL of the repository.',
  });
}
