/** @programs docker kubectl kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeCluster, type FakeCluster, type PodAccount } from '../../testing/fake-cluster/cluster.js';
import { dockerApi } from '../../testing/fake-cluster/kubelet/docker-api.js';
import { inPod } from '../../testing/fake-cluster/in-pod.js';
import { releasingRuns } from '../../testing/fake-github/run-release.js';
import { LESS_GC } from '../../testing/processes.js';
import { pushKanikoExecutor } from '../../lab/kaniko-executor.js';
import { documentedRole } from '../documented-role.js';
import { viewRepository } from './registry-view.js';
import { SharedCli } from './shared-cli.js';
import { dockerfile, lab, openShop, REPOSITORY, TOKEN, type Shop } from './shop.js';

const KEYS = ['api', 'web'] as const;
const NAMESPACE = 'team';
const WORKFLOW = `name: Release
on:
  workflow_dispatch:
jobs:
  release:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    concurrency: release
    steps:
      - uses: actions/checkout@v5
      - uses: acme/image-release@v1
`;

let cluster: FakeCluster;
let executor: string;
/** Builders whose CLI runs in a pod without kubeconfig and daemon, with an account that has the documented Role. */
let inPods: Partial<Record<string, PodAccount>>;
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cluster-'));
  [cluster, { executor }] = await Promise.all([
    startFakeCluster({
      dir,
      dockerHost: lab.dockerHost,
      network: 'host',
      namespace: NAMESPACE,
    }),
    pushKanikoExecutor({ registry: lab.registry, proxyPort: Number(new URL(lab.buildkit).port) }),
  ]);
  // Pulled beforehand, because pods that wait for their image are polled only every second.
  await dockerApi(lab.dockerHost).lines('POST', `/images/create?fromImage=${encodeURIComponent(executor)}`);
  inPods = {
    kubernetes: await cluster.addServiceAccount('buildkit', await documentedRole('kubernetes')),
    kaniko: await cluster.addServiceAccount('kaniko', await documentedRole('kaniko')),
  };
});
afterAll(() => cluster.stop());

/** All builders with their settings in the configuration. */
const WAYS: Record<string, () => object> = {
  buildx: () => ({ type: 'buildx' }),
  remote: () => ({ type: 'remote', endpoint: lab.buildkit }),
  kubernetes: () => ({
    type: 'kubernetes',
    namespace: NAMESPACE,
    rootless: false,
    image: lab.buildkitImage,
  }),
  kaniko: () => ({ type: 'kaniko', namespace: NAMESPACE, image: executor }),
  dispatch: () => ({ type: 'dispatch' }),
};

/** Opens a shop with two images for this builder; one image contains a package. */
async function openFor(way: string): Promise<Shop> {
  const shop = await openShop({
    settings: { builder: WAYS[way]!(), attest: { provenance: 'max', sbom: 'on', scanner: lab.scanner } },
    images: { api: { labels: { team: 'acme' } } },
    files: {
      '.github/workflows/release.yml': WORKFLOW,
      'web/page': 'The same for each way.\n',
      'api/Dockerfile': dockerfile('COPY app /app', 'RUN ls /app > /list'),
      'api/app/node_modules/express/package.json': '{ "name": "express", "version": "5.1.0" }\n',
    },
  });
  if (way === 'dispatch') {
    shop.github.repository(REPOSITORY).actions = {
      script: releasingRuns({
        dir: shop.bare,
        repository: REPOSITORY,
        defaultBranch: 'main',
        token: TOKEN,
        urls: { server: shop.github.url, api: shop.github.apiUrl, graphql: shop.github.graphqlUrl },
        env: { DOCKER_HOST: lab.dockerHost },
      }),
    };
  }
  return shop;
}

/** Runs commands one after the other in one process, which is in a pod if the builder has one. */
async function openCli({ dir, github }: Shop, way: string) {
  const pod = inPods[way];
  const HOME = await mkdtemp(join(tmpdir(), 'contract-'));
  const [program, before] = pod ? inPod(pod, process.execPath, []) : [process.execPath, []];
  const shared = new SharedCli([program, ...before]);
  const env = {
    ...{ ...LESS_GC, PATH: process.env['PATH'] ?? '', HOME, TMPDIR: HOME, ...pod?.env },
    DOCKER_HOST: pod ? 'unix:///nowhere/docker.sock' : lab.dockerHost,
    GITHUB_TOKEN: TOKEN,
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
  };
  return {
    async run(...args: string[]) {
      const end = await shared.run({ args, cwd: dir, env }, 240_000);
      if (end === undefined) throw new Error(`${args.join(' ')} did not end.`);
      return end;
    },
    async close() {
      shared.end();
      await rm(HOME, { recursive: true, force: true });
    },
  };
}

/** Replaces values, which differ from run to run, by their types. Drops `run`, which only `dispatch` has. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'run')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, shapeOf(item)]),
  );
}

/** An image in the registry, without the values that depend on the run. */
async function published(shop: Shop, key: string) {
  const commit = await shop.git('rev-parse', 'HEAD');
  const view = viewRepository(`${shop.prefix}/${key}`);
  const index = (await view.manifest(`main-${commit.slice(0, 7)}`))!;
  const platforms = index.manifests!.filter(({ platform }) => platform?.os !== 'unknown');
  const [manifest] = await Promise.all(platforms.map(async ({ digest }) => (await view.manifest(digest))!));
  const config = JSON.parse((await view.blob(manifest!.config!.digest)).toString()) as {
    config: { Labels: object; User: string };
    os: string;
    architecture: string;
  };
  const statements = await view.statements(index.digest);
  return {
    mediaType: index.mediaType,
    annotations: neutral(index.annotations, shop),
    platforms: platforms.map(({ platform }) => platform),
    labels: neutral(config.config.Labels, shop),
    user: config.config.User,
    attested: statements
      .map(({ of, statement }) => ({
        of: platforms.findIndex(({ digest }) => digest === of),
        type: statement.predicateType.replace(/\/v[\d.]+$/, ''),
        subject: statement.subject.every(({ digest }) => `sha256:${digest.sha256}` === of),
      }))
      .sort((a, b) => (a.type < b.type ? -1 : 1)),
    packages: statements.flatMap(
      ({ statement }) => statement.predicate.packages?.map(({ name }: { name: string }) => name) ?? [],
    ),
  };
}

function neutral(values: object | undefined, shop: Shop): object {
  const text = JSON.stringify(values).replaceAll(shop.prefix, 'PREFIX').replaceAll(shop.github.url, 'FORGE');
  const { 'dev.image-release.record': record, ...rest } = JSON.parse(text) as Record<string, string>;
  const created = [
    'org.opencontainers.image.created',
    'org.opencontainers.image.revision',
    'org.opencontainers.image.version',
  ];
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, created.includes(name) ? '' : value])),
    ...(record !== undefined && { record: '' }),
  };
}

interface Told {
  release: unknown;
  images: object[];
  verify: unknown;
}
let first: Told | undefined;

describe.each(Object.keys(WAYS))('%s', (way) => {
  let shop: Shop;
  let cli: Awaited<ReturnType<typeof openCli>>;
  beforeAll(async () => {
    shop = await openFor(way);
    cli = await openCli(shop, way);
  });
  afterAll(() => Promise.all([cli?.close(), shop?.close()]));

  test('produces images, a release result and a verification of the same shape as the other builders', async () => {
    const choice = inPods[way] ? ['--builder', 'auto'] : [];
    const released = await cli.run('release', '--json', ...choice);
    expect({ exitCode: released.exitCode, said: released.exitCode === 0 ? '' : released.stderr }).toEqual({
      exitCode: 0,
      said: '',
    });
    await shop.git('pull', '--quiet', shop.bare, 'main');
    const verified = await cli.run('verify', '--json');
    expect({ exitCode: verified.exitCode, said: verified.stderr }).toEqual({ exitCode: 0, said: '' });
    await shop.git('reset', '--quiet', '--hard', 'HEAD^');
    const told: Told = {
      release: shapeOf((JSON.parse(released.stdout) as { images: unknown }).images),
      images: await Promise.all(KEYS.map((key) => published(shop, key))),
      verify: shapeOf(JSON.parse(verified.stdout)),
    };
    first ??= told;
    expect(told).toEqual(first);
    expect(told.images).toMatchObject(
      KEYS.map(() => ({
        platforms: [{ os: 'linux' }],
        attested: [
          { of: 0, subject: true },
          { of: 0, subject: true },
        ],
      })),
    );
  });

  test('leaves no pod, Secret or Deployment, and the next plan reports both images as unchanged', async () => {
    expect(cluster.pods(NAMESPACE)).toEqual([]);
    for (const kind of ['Secret', 'Deployment']) expect(cluster.list(kind, NAMESPACE)).toEqual([]);
    const again = await cli.run('plan', '--json');
    const { images } = JSON.parse(again.stdout) as { images: Record<string, { status: string }> };
    expect(KEYS.map((key) => images[key]?.status)).toEqual(['unchanged', 'unchanged']);
  });
});
