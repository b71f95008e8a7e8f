import { startAcmeLab } from './acme-lab.js';

/** Starts a part of the lab, and returns lines that tell how to use it. */
type Program = (args: string[]) => Promise<string[]>;

const PARTS: Record<string, () => Promise<{ program: Program }>> = {
  'docker-daemon': () => import('./docker-daemon.js'),
  'newer-docker': () => import('./newer-docker.js'),
  'nested-overlay': () => import('./nested-overlay.js'),
  registry: () => import('./registry.js'),
  'buildkit-proxy': () => import('./buildkit-proxy.js'),
  'fake-github': () => import('./fake-github.js'),
  'fake-cluster': () => import('./fake-cluster.js'),
  'fake-actions-cache': () => import('./fake-actions-cache.js'),
  'fake-sigstore': () => import('./fake-sigstore.js'),
};

/** All that the tests use. In another terminal with this environment, `docker`, `git` and `image-release` use it. */
async function everything(): Promise<string[]> {
  const { shared, acme, github, token, cache } = await startAcmeLab();
  const { lab } = shared;
  const env = {
    ...shared.env,
    LAB_DIR: process.env.LAB_DIR,
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
  return Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
}

/** `npm run lab [PART] [ARGUMENT…]` runs until it is killed; lab/enclosure.mjs then removes what it started. */
async function main([part, ...args]: string[]): Promise<void> {
  const load = part === undefined ? undefined : PARTS[part];
  if (part !== undefined && load === undefined) {
    throw new Error(`The lab has no part ${part}. Its parts: ${Object.keys(PARTS).join(', ')}.`);
  }
  const lines = load === undefined ? await everything() : await (await load()).program(args);
  for (const line of lines) console.log(line);
  console.error('Running. Ctrl-C stops it and removes everything.');
  setInterval(() => {}, 60_000);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
