/** @programs docker kubectl */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { writeRemoteBuilder } from '../../lab/remote-builder.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { KubernetesSettings } from '../../src/config/builder-settings.js';
import { needsOf, type NewBuilder } from '../../src/builders/buildx/buildx-builder.js';
import { kubernetesBuilder } from '../../src/builders/buildx/drivers.js';
import { removeBuilder } from '../../src/builders/buildx/own-builder.js';
import { connectBuilderPods } from '../../src/kubernetes/builder-pods.js';
import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import { createObject } from '../../src/kubernetes/objects.js';
import type { Manifest } from '../../src/kubernetes/pod.js';
import { probeDocker, type DockerFacts } from '../../src/facts/docker.js';
import { Cancelled } from '../../src/lib/errors.js';
import { run } from '../../src/lib/process.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { documentedRole } from '../documented-role.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { fromRegistry, tagsOf } from './registry-reader.js';
import { planOf } from './samples.js';

const lab = labFromEnvironment();
let [bakery, cluster, dir] = [] as unknown as [Bakery, FakeCluster, string];
let env: NodeJS.ProcessEnv;
let docker: DockerFacts;

beforeAll(async () => {
  dir = await createLabDirectory();
  [bakery, cluster] = await Promise.all([
    createBakery(),
    startFakeCluster({
      dir: join(dir, 'cluster'),
      dockerHost: lab.dockerHost,
      network: 'host',
      namespace: 'builds',
      maxGraceMs: 100,
      namespaces: { strict: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
      nodes: [
        { name: 'node-1', arch: 'amd64' },
        { name: 'node-2', arch: 'arm64' },
      ],
    }),
  ]);
  const { kubeconfig } = await cluster.addServiceAccount('ci', await documentedRole('kubernetes'));
  // As in a pod: Docker's client without a daemon.
  env = { ...bakery.site.env, DOCKER_HOST: 'unix:///nowhere/docker.sock', KUBECONFIG: kubeconfig };
  docker = await probeDocker({ env, run });
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
  const builders = await readdir(join(bakery.site.env.DOCKER_CONFIG, 'buildx/instances'));
  expect(builders.filter((name) => name.startsWith('image-release-'))).toEqual([]);
  expect(cluster.list('Deployment').map(({ metadata }) => metadata.name)).toEqual([]);
  expect(cluster.faults.pending()).toEqual([]);
});
afterAll(async () => {
  await cluster.stop();
  await bakery.close();
  await removeLabDirectory(dir);
});

const connect = (namespace: string | undefined, at = env) => connectKubectl({ env: at, run, namespace });

async function build(
  images: PlannedImage[],
  settings: Omit<KubernetesSettings, 'type'> = {},
  over: Parameters<Bakery['build']>[1] = {},
) {
  const at = over.env ?? env;
  const loss = { everyMs: 1000, silentMs: { alone: 500, ofSeveral: 500 } };
  const pods = { ...connectBuilderPods((namespace) => connect(namespace, at)), loss };
  return bakery.build(images, { env, builder: chosen(images, settings), pods, ...over });
}

function chosen(images: PlannedImage[], settings: Omit<KubernetesSettings, 'type'>): NewBuilder {
  const verdict = kubernetesBuilder(
    { type: 'kubernetes', image: lab.buildkitImage, ...settings },
    { docker, needs: needsOf(planOf(images)), reason: 'It is configured' },
  );
  if (verdict.status !== 'chosen' || verdict.builder.type !== 'new') throw new Error(JSON.stringify(verdict));
  return verdict.builder;
}

test('with the documented Role, pods build, push by digest, are replaced after a loss, and are removed', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo pods ${bakery.id} && sleep 2\n`);
  const api = bakery.image('api');
  const ids: string[] = [];
  let evicted: Promise<unknown> | undefined;
  const evict = () =>
    Promise.all(cluster.pods('builds').map(({ metadata }) => cluster.strike(metadata.name, { type: 'deleted' })));
  const { images, warnings } = await build(
    [api],
    {},
    {
      onBuilder: (id) => ids.push(id),
      onProgress: (event) => {
        if (event.type === 'output') evicted ??= evict();
      },
    },
  );
  expect(warnings).toMatchObject([{ code: 'build/builder-lost', severity: 'warning' }]);
  expect(images).toMatchObject([{ pushed: 'by-digest', digest: expect.stringMatching(/^sha256:/) }]);
  expect((await fromRegistry(api, 'manifests', images[0]!.digest!)).status).toBe(200);
  expect(await tagsOf(api)).toEqual([]);
  expect(ids).toEqual([expect.stringMatching(/^kubernetes:\/image-release-[0-9a-f]{8}$/)]);
});

test('a named builder is created, kept, and reused by the next run', async () => {
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
    // A new runner doesn't know the builder, but the cluster does.
    await run('docker', ['buildx', 'rm', '--keep-daemon', name], { env });
    await build([bakery.image('api', { image: `${lab.registry}/kept-${bakery.id}/api` })], settings);
    expect(cluster.pods('builds').map(({ metadata }) => metadata.uid)).toEqual(
      made.map(({ metadata }) => metadata.uid),
    );
    expect(marks).toEqual([]);
  } finally {
    await run('docker', ['buildx', 'rm', '--force', name], { env });
  }
});

test('fails if a builder with the configured name has another driver', async () => {
  const settings = { name: `other-${bakery.id}` };
  const known = await writeRemoteBuilder(join(bakery.site.env.DOCKER_CONFIG, 'buildx'), settings.name, lab.buildkit);
  try {
    expect(await problemsOf(build([bakery.image('api')], settings))).toMatchObject([
      {
        code: 'build/builder-unusable',
        message: `Can't start a BuildKit builder: a builder ${settings.name} with the driver remote exists already.`,
        fix: expect.stringContaining(`docker buildx rm ${settings.name}`),
      },
    ]);
  } finally {
    await rm(known);
  }
});

test('removes builders of dead runs but keeps those of living ones, and removes any builder by its mark', async () => {
  const pods = connectBuilderPods(connect);
  /** Creates the objects of a builder like buildx; with `started`, its owner is a dead process. */
  const deploy = async (name: string, started?: string) => {
    const { labels, annotations } = await pods.marks(name);
    const owner = annotations['image-release.dev/owner']!.replace(/[^/]+$/, (now) => started ?? now);
    const metadata = { annotations: { ...annotations, 'image-release.dev/owner': owner } };
    const all = { ...labels, app: `${name}0` };
    const spec = { containers: [{ name: 'buildkitd', image: lab.baseBusybox, command: ['sleep', '60'] }] };
    const template = { metadata: { ...metadata, labels: all }, spec };
    const named = (suffix: string) => ({ ...metadata, name: `${name}0${suffix}`, labels: all });
    await createObject(
      connectKubectl({ env: { ...env, KUBECONFIG: cluster.kubeconfig }, run }),
      {
        ...{ apiVersion: 'v1', kind: 'List', metadata: { name } },
        items: [
          {
            ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: named('') },
            spec: { selector: { matchLabels: all }, template },
          },
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: named('-config') },
        ],
      } as Manifest,
      AbortSignal.timeout(10_000),
    );
  };
  const left = () =>
    ['Deployment', 'ConfigMap'].flatMap((kind) => cluster.list(kind, 'builds').map(({ metadata }) => metadata.name));
  await Promise.all([deploy('dead', '1'), deploy('living'), deploy('marked')]);
  while (cluster.pods('builds').length < 3) await delay(20);

  expect(await pods.removeOrphans('builds')).toEqual(['deployment/dead0']);
  expect(left()).toEqual(['living0', 'marked0', 'living0-config', 'marked0-config']);
  const elsewhere = { ...env, BUILDX_CONFIG: `${bakery.site.temp}-none` };
  await removeBuilder('kubernetes:builds/marked', elsewhere);
  await removeBuilder('kubernetes:/living', elsewhere);
  expect(left()).toEqual([]);
});

test("explains pods that don't start: image pull, pod security, missing permissions", async () => {
  await bakery.site.write('api/Dockerfile', SHELL);
  const failing = (settings: Omit<KubernetesSettings, 'type'>, kubeconfig: string) =>
    problemsOf(build([bakery.image('api')], settings, { env: { ...env, KUBECONFIG: kubeconfig } })).then(
      ([problem]) => `${problem!.code}: ${problem!.message}`,
    );
  /** The line that is printed while the node retries the pull. */
  const pulling = async (image: string) => {
    const abort = new AbortController();
    const told: string[] = [];
    const say = (line: string) => {
      told.push(line);
      if (line.includes("can't pull")) abort.abort();
    };
    const cancelled = build([bakery.image('api')], { image }, { signal: abort.signal, say });
    await expect(cancelled).rejects.toThrow(Cancelled);
    return told.find((line) => line.includes("can't pull"));
  };

  const image = `${lab.registry}/none/buildkit:1`;
  const powerless = await cluster.addServiceAccount('powerless', []);
  const told = await Promise.all([
    pulling(image),
    failing({ namespace: 'strict' }, cluster.kubeconfig),
    failing({}, powerless.kubeconfig),
  ]);
  expect(told).toEqual([
    expect.stringContaining(`The node can't pull the image ${image}: `),
    expect.stringMatching(/^cluster\/policy: .*seccomp/i),
    expect.stringMatching(/^cluster\/forbidden: .*deployments/),
  ]);
});
