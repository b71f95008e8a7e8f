/** @programs docker kubectl */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { KubernetesSettings } from '../../src/config/builder-settings.js';
import { needsOf, type NewBuilder } from '../../src/build/buildx/buildx-builder.js';
import { kubernetesBuilder } from '../../src/build/buildx/drivers.js';
import { removeBuilder } from '../../src/build/buildx/own-builder.js';
import { connectBuilderPods } from '../../src/cluster/builder-pods.js';
import { connectKubectl } from '../../src/cluster/kubectl.js';
import type { ProgressEvent } from '../../src/build/progress-events.js';
import { probeDocker } from '../../src/facts/docker.js';
import { Cancelled } from '../../src/lib/errors.js';
import { run } from '../../src/lib/process.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { fromRegistry, tagsOf } from './registry-reader.js';
import { planOf } from './samples.js';

jest.setTimeout(90_000);

const lab = labFromEnvironment();
let [bakery, cluster, dir] = [] as unknown as [Bakery, FakeCluster, string];
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  dir = await createLabDirectory();
  [bakery, cluster] = await Promise.all([
    createBakery(),
    startFakeCluster({
      dir: join(dir, 'cluster'),
      dockerHost: lab.dockerHost,
      network: 'host',
      namespace: 'builds',
      namespaces: { strict: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
      nodes: [
        { name: 'node-1', arch: 'amd64' },
        { name: 'node-2', arch: 'arm64' },
      ],
    }),
  ]);
  // As in a pod: Docker's client, and no daemon.
  env = { ...bakery.site.env, DOCKER_HOST: 'unix:///nowhere/docker.sock', KUBECONFIG: cluster.kubeconfig };
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
  expect(await bakery.site.docker('buildx', 'ls')).not.toContain('image-release-');
  expect(cluster.list('Deployment').map(({ metadata }) => metadata.name)).toEqual([]);
  expect(cluster.faults.pending()).toEqual([]);
});
afterAll(async () => {
  await cluster.stop();
  await bakery.close();
  await removeLabDirectory(dir);
});

async function build(
  images: PlannedImage[],
  settings: Omit<KubernetesSettings, 'type'> = {},
  over: Parameters<Bakery['build']>[1] = {},
) {
  const builder = await chosen(images, settings);
  const pods = connectBuilderPods((namespace) => connectKubectl({ env, run, namespace }));
  return bakery.build(images, { env, builder, pods, ...over });
}

async function chosen(
  images: PlannedImage[],
  settings: Omit<KubernetesSettings, 'type'>,
): Promise<NewBuilder> {
  const verdict = kubernetesBuilder(
    { type: 'kubernetes', image: lab.buildkitImage, ...settings },
    { docker: await probeDocker({ env, run }), needs: needsOf(planOf(images)), reason: 'It is configured' },
  );
  if (verdict.status !== 'chosen' || verdict.builder.type !== 'new') throw new Error(JSON.stringify(verdict));
  return verdict.builder;
}

test('pods are made, build and push by digest, and are gone afterwards', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo pods ${bakery.id}\n`);
  const marks: string[] = [];
  const api = bakery.image('api');
  const { images } = await build([api], {}, { onBuilder: (mark) => marks.push(mark) });
  expect(images).toMatchObject([{ pushed: 'by-digest', digest: expect.stringMatching(/^sha256:/) }]);
  expect((await fromRegistry(api, 'manifests', images[0]!.digest!)).status).toBe(200);
  expect(await tagsOf(api)).toEqual([]);
  expect(marks).toEqual([expect.stringMatching(/^kubernetes:\/image-release-[0-9a-f]{8}$/)]);
});

test('a builder with a name is made, kept, and used again by the next run', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo kept ${bakery.id}\n`);
  const name = `team-${bakery.id}`;
  const settings = { name, namespace: 'builds', requests: { cpu: '100m', memory: '64Mi' } };
  const marks: string[] = [];
  try {
    await build([bakery.image('api')], settings, { onBuilder: (mark) => marks.push(mark) });
    const made = cluster.pods('builds');
    expect(made).toMatchObject([
      { spec: { containers: [{ resources: { requests: { cpu: '100m', memory: '64Mi' } } }] } },
    ]);
    // A runner that is new knows nothing of it; the cluster does.
    await run('docker', ['buildx', 'rm', '--keep-daemon', name], { env });
    for (const other of ['api', 'web']) {
      await build([bakery.image('api', { image: `${lab.registry}/kept-${bakery.id}/${other}` })], settings);
    }
    expect(cluster.pods('builds').map(({ metadata }) => metadata.uid)).toEqual(
      made.map(({ metadata }) => metadata.uid),
    );
    expect(marks).toEqual([]);
  } finally {
    await run('docker', ['buildx', 'rm', '--force', name], { env });
  }
});

test('a builder of that name but of another kind is named', async () => {
  const settings = { name: `other-${bakery.id}` };
  await run('docker', ['buildx', 'create', '--name', settings.name, '--driver', 'remote', lab.buildkit], {
    env,
  });
  try {
    expect(await problemsOf(build([bakery.image('api')], settings))).toMatchObject([
      {
        code: 'build/builder-not-started',
        message: `A BuildKit builder could not be started: there is a builder called ${settings.name} already, of the driver remote.`,
        fix: expect.stringContaining(`docker buildx rm ${settings.name}`),
      },
    ]);
  } finally {
    await run('docker', ['buildx', 'rm', settings.name], { env });
  }
});

test('what is for another architecture is built on machines of that kind', async () => {
  await bakery.site.write('web/Dockerfile', `FROM scratch\nCOPY Dockerfile /\nLABEL of=${bakery.id}\n`);
  const web = bakery.image('web', { platforms: ['linux/arm64'] });
  const seen = new Set<string>();
  const onProgress = () => {
    for (const { spec } of cluster.pods('builds')) seen.add(spec.nodeName ?? '');
  };
  const { images } = await build([web], {}, { onProgress });
  expect(images[0]!.digest).toMatch(/^sha256:/);
  expect([...seen]).toEqual(['node-2']);
});

test('a pod that is evicted while it builds costs another attempt in the one that takes its place', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo evicted ${bakery.id} && sleep 2\n`);
  let evicted: Promise<unknown> | undefined;
  const evict = () => run('kubectl', ['delete', 'pods', '--all', '--now', '--namespace', 'builds'], { env });
  const onProgress = (event: ProgressEvent) => {
    if (event.type === 'output') evicted ??= evict();
  };
  const { images, warnings } = await build([bakery.image('api')], {}, { onProgress });
  expect(images[0]!.digest).toMatch(/^sha256:/);
  expect(warnings).toMatchObject([{ code: 'build/builder-lost', severity: 'warning' }]);
});

test('a cancel and a kill leave nothing', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo ${bakery.id} && sleep 76545\n`);
  const abort = new AbortController();
  const cancelled = build(
    [bakery.image('api')],
    {},
    {
      signal: abort.signal,
      onProgress: (event) => event.type === 'output' && abort.abort(),
    },
  );
  await expect(cancelled).rejects.toThrow(Cancelled);
  expect(cluster.list('Deployment')).toEqual([]);

  // What a killed run leaves: its deployment, of which the next process has a mark and its buildx knows nothing.
  const name = `image-release-${bakery.id}`;
  const labels = `labels=image-release.dev/builder=${name}`;
  const create = [
    'buildx',
    'create',
    '--bootstrap',
    '--name',
    name,
    '--node',
    `${name}0`,
    '--driver',
    'kubernetes',
  ];
  const made = await run(
    'docker',
    [
      ...create,
      ...[`image=${lab.buildkitImage}`, 'namespace=builds', labels].map((option) => `--driver-opt=${option}`),
    ],
    { env },
  );
  expect(made.stderr.toString()).not.toContain('ERROR');
  expect(cluster.list('Deployment')).toHaveLength(1);
  await removeBuilder(`kubernetes:builds/${name}`, { ...env, BUILDX_CONFIG: `${bakery.site.temp}-none` });
  expect(cluster.list('Deployment')).toEqual([]);
  await run('docker', ['buildx', 'rm', '--force', name], { env });
});

describe('pods that do not come up are explained', () => {
  beforeAll(() => bakery.site.write('api/Dockerfile', SHELL));
  const failing = (settings: Omit<KubernetesSettings, 'type'> = {}) =>
    problemsOf(build([bakery.image('api')], settings));

  /** What is told while it is waited for, until this is said. */
  async function toldUntil(words: string, settings: Omit<KubernetesSettings, 'type'>): Promise<string> {
    const abort = new AbortController();
    let told = '';
    const say = (line: string) => {
      if (!line.includes(words)) return;
      told = line;
      abort.abort();
    };
    const cancelled = build([bakery.image('api')], settings, { signal: abort.signal, say });
    await expect(cancelled).rejects.toThrow(Cancelled);
    return told;
  }

  test('an image that can not be pulled, told while the node tries again', async () => {
    const image = `${lab.registry}/none/buildkit:1`;
    const told = await toldUntil("can't pull", { image });
    expect(told).toContain(`The node can't pull ${image}: the registry has no such image`);
  });

  test('no node that takes them, told at once: one may come', async () => {
    const told = await toldUntil('No node takes', { nodeSelector: { pool: 'none' } });
    expect(told).toMatch(/^No node takes the pod image-release-/);
  });

  test('an image name that can not be one is not waited for', async () => {
    const problems = await failing({ image: 'Mirror/BuildKit:1' });
    expect(problems).toMatchObject([
      { code: 'cluster/image-name', message: expect.stringContaining('Mirror/BuildKit:1') },
    ]);
  });

  test('pods that the Pod Security Standard of the namespace forbids', async () => {
    const problems = await failing({ namespace: 'strict' });
    expect(problems).toMatchObject([
      { code: 'cluster/pod-security', message: expect.stringMatching(/seccomp/i) },
    ]);
  });

  test('a right that is missing', async () => {
    cluster.faults.request({
      match: { verb: 'create', resource: 'deployments' },
      fault: { type: 'forbidden' },
    });
    const problems = await failing();
    expect(problems).toMatchObject([
      { code: 'cluster/forbidden', message: expect.stringContaining('deployments') },
    ]);
  });
});
