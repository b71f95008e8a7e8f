import { join } from 'node:path';
import { createAcmeRepository } from './acme.js';
import { startFakeActionsCache } from './fake-actions-cache/server.js';
import { runAsProgram } from './program.js';
import { startSharedLab } from './shared-lab.js';

const TOKEN = 'lab-token';

/**
 * `npm run lab`: everything that the tests use, until Ctrl-C. Prints the environment for another terminal, in
 * which `docker`, `git` and `image-release` then work against it.
 */
async function startLab() {
  const shared = await startSharedLab();
  const { lab } = shared;
  const acme = await createAcmeRepository({
    dir: join(shared.dir, 'repositories'),
    registry: lab.registry,
    baseNode: lab.baseNode,
    scanner: lab.scanner,
  });
  const { startFakeGithub } = await import('./fake-github/server.js');
  const github = await startFakeGithub({
    repositories: [
      { owner: 'acme', name: 'app', dir: acme.bare, defaultBranch: 'main', tokens: { [TOKEN]: 'write' } },
    ],
  });
  const cache = await startFakeActionsCache();
  const env = {
    ...shared.env,
    DOCKER_HOST: lab.dockerHost,
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_TOKEN: TOKEN,
    // v1: the protocol that Debian's buildx speaks.
    ...cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
    LAB_ACME: acme.dir,
  };
  return {
    lines: Object.entries(env).map(([name, value]) => `export ${name}='${value}'`),
    stop: async () => {
      await cache.stop();
      await github.stop();
      await shared.stop();
    },
  };
}

runAsProgram(import.meta.url, startLab);
