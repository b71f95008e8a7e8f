import { startAcmeLab } from './acme-lab.js';

/**
 * `npm run lab`: all that the tests use, until it is killed; lab/enclosure.mjs then removes what it started. In another
 * terminal with the environment that it prints, `docker`, `git` and `image-release` use it.
 */
const { shared, acme, github, token, cache } = await startAcmeLab();
const env = {
  ...shared.env,
  LAB_DIR: process.env.LAB_DIR,
  DOCKER_HOST: shared.lab.dockerHost,
  GITHUB_SERVER_URL: github.url,
  GITHUB_API_URL: github.apiUrl,
  GITHUB_GRAPHQL_URL: github.graphqlUrl,
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_TOKEN: token,
  // v1: the protocol that Debian's buildx speaks.
  ...cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
  LAB_ACME: acme.dir,
};
for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
console.error('Running. Ctrl-C stops it and removes everything.');
setInterval(() => {}, 60_000);
