import type { AskCancel } from '../builders/dispatch/dispatch.js';
import type { RunContext } from '../app/run-context.js';
import { signingIn } from '../app/signing.js';
import type { Config } from '../config/config.js';
import { openCheckout } from '../deploy/targets/git/checkout.js';
import { createGitTarget } from '../deploy/targets/git/git.js';
import { createGitHubTarget } from '../deploy/targets/github/github.js';
import { isGitUrl, ownerAndRepo, tokenCredentials, tokensOf } from '../deploy/targets/repository-name.js';
import { siblingRemote } from '../facts/git-remote.js';
import type { GitSource } from '../facts/git-source.js';
import { fullCommitId } from '../facts/git.js';
import { connectOctokit } from '../github/octokit.js';
import { failure } from '../lib/errors.js';
import { loginHost } from '../plan/references.js';
import { USER_AGENT } from '../version.js';
import type { Display } from './display.js';
import type { CliRequest } from './request.js';
import { usageError } from './usage.js';

export interface CliSession extends Pick<
  RunContext,
  'env' | 'home' | 'temp' | 'uid' | 'platform' | 'signal' | 'redact'
> {
  order: CliRequest;
  git: GitSource;
  config: Config;
  display: Display;
  /** Asks whether to cancel a run elsewhere; undefined: nobody can be asked. */
  askToCancel: AskCancel | undefined;
  /** Called with folders that a killed process would leave. */
  onFolder(folder: string): void;
}

export async function runContextFor(session: CliSession): Promise<RunContext> {
  const { order, git, config, display, askToCancel, onFolder, ...own } = session;
  const { env } = own;
  const host = loginHost(config);
  const { username, password, run } = order;
  const commit = order.source && (await commitOf(order.source, { cwd: git.root, env }));
  return {
    ...own,
    root: git.root,
    source: { ...git.source, ...(commit && { commit }), ...(run && { run }) },
    uncommitted: git.uncommitted,
    environment: { kind: 'terminal' },
    logins: host && username && password ? [{ host, username, password }] : [],
    ...(await targetOpeners(order, git, config, own)),
    // `plan` signs nothing.
    signing: {
      ...{ purpose: order.until === 'plan' ? 'verify' : 'sign', ...signingIn(env), token: order.token },
      ...(order.trustedRoot !== undefined && { trustedRoot: order.trustedRoot }),
    },
    registryCheck: order.registryCheck,
    request: { ...order.request, config: order.config },
    forge: forgeOf(git, env),
    askCancel: askToCancel && display.aside(askToCancel),
    userAgent: USER_AGENT,
    onProgress: display.show,
    onEvent: display.show,
    say: display.say,
    onLeftover: (leftover) => 'dockerConfig' in leftover && onFolder(leftover.dockerConfig),
  };
}

/** @throws ReleaseError `usage/invalid` */
async function commitOf(revision: string, checkout: Parameters<typeof fullCommitId>[0]): Promise<string> {
  const commit = await fullCommitId(checkout, revision);
  // The commit of another clone need not be in this one.
  if (/^[0-9a-f]{7,64}$/.test(commit)) return commit;
  const fix = 'Use a commit, branch, or tag of this repository, for example `--source HEAD~1`.';
  throw usageError(`git finds no commit for \`--source ${revision}\`.`, fix);
}

/** Through the API of the forge where a token is at hand, so that commits are signed; else plain git. */
async function targetOpeners(
  order: Pick<CliRequest, 'token' | 'deployToken'>,
  git: GitSource,
  config: Config,
  { env, temp }: Pick<RunContext, 'env' | 'temp'>,
): Promise<Pick<RunContext, 'openTarget' | 'openHistory'>> {
  const place = { checkout: git.root, env, temporaryFolder: temp };
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
        const checkout = repository === undefined ? openCheckout(git.root, env) : undefined;
        return createGitHubTarget({ octokit: forge(token), ...name, branch, clockwork, checkout });
      }
      const remote = repository === undefined ? 'origin' : siblingRemote(git.remote ?? '', repository);
      if (remote === undefined)
        throw failure({
          code: 'deploy/target-missing',
          message: `Where ${repository} lies is not known: this checkout's origin is no forge.`,
          fix: 'Set deploy.repository to the URL of the repository.',
        });
      return createGitTarget({ ...place, remote, branch, clockwork });
    },
  };
}

/** The checkout's forge; GitHub if there is none. */
function forgeOf({ source: { repository, url } }: GitSource, env: NodeJS.ProcessEnv): RunContext['forge'] {
  const serverUrl = env['GITHUB_SERVER_URL'] || (repository && url ? new URL(url).origin : 'https://github.com');
  return { serverUrl, apiUrl: apiOf(serverUrl, env) };
}

function apiOf(url: string, env: NodeJS.ProcessEnv): string {
  const { host } = new URL(url);
  return env['GITHUB_API_URL'] ?? (host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`);
}
