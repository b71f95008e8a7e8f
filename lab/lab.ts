import { startAcmeLab } from './acme-lab.js';
import { runAsProgram } from './program.js';

/**
 * `npm run lab`: everything that the tests use, until Ctrl-C. Prints the environment for another terminal, in
 * which `docker`, `git` and `image-release` then work against it.
 */
async function startLab() {
  const { shared, acme, github, token, cache, stop } = await startAcmeLab();
  const { lab } = shared;
  const env = {
    ...shared.env,
    DOCKER_HOST: lab.dockerHost,
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_TOKEN: token,
    // v1: the protocol that Debian's buildx speaks.
    ...cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
    LAB_ACME: acme.dir,
  };
  return {
    lines: Object.entries(env).map(([name, value]) => `export ${name}='${value}'`),
    stop,
  };
}

runAsProgram(import.meta.url, startLab);
