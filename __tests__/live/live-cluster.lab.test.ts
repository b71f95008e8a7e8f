/** @programs kubectl */
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readLive, waitForLive, type LiveContext } from '../../src/app/live.js';
import { probeCluster } from '../../src/facts/cluster.js';
import { clusterProblems } from '../../src/kubernetes/rights.js';
import { run } from '../../src/lib/process.js';
import { liveProblems } from '../../src/live/problems.js';
import { startFakeCluster, type FakeCluster } from '../../testing/fake-cluster/cluster.js';
import type { KubeObject } from '../../testing/fake-cluster/objects.js';
import { LESS_GC } from '../../testing/processes.js';
import { deployment, EXPECTED, LOG, pod, SCENARIOS, type Scenario } from './scenarios.js';

const MINUTE = 60_000;
let dir: string;
const clusters: FakeCluster[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'live-'));
});
afterAll(() => Promise.all(clusters.map((cluster) => cluster.stop())));

async function clusterWith(objects: readonly KubeObject[], log?: readonly string[]) {
  const cluster = await startFakeCluster({
    dir: join(dir, String(clusters.length)),
    ...{ dockerHost: 'unix:///nowhere', namespace: 'acme', namespaces: { acme: {}, argocd: {}, 'flux-system': {} } },
  });
  clusters.push(cluster);
  const logs = log && { api: log.map((line) => `${line}\n`).join('') };
  for (const object of objects) cluster.place(object, object.kind === 'Pod' ? logs : undefined);
  return cluster;
}

/** Each sleep advances the clock by 30 s at once, because every reading starts several processes. */
function contextOf(kubeconfig: string, over: Partial<LiveContext['runContext']> = {}) {
  let now = 0;
  const said: string[] = [];
  const context = {
    runContext: {
      env: { ...LESS_GC, PATH: process.env.PATH, KUBECONFIG: kubeconfig, HOME: dir },
      ...{ signal: new AbortController().signal, redact: (text: string) => text.replaceAll('hunter2', '***') },
      say: (line: string) => void said.push(line),
      ...over,
    },
    client: { getManifest: async () => undefined } as unknown as LiveContext['client'],
    openTarget: () => ({}) as ReturnType<LiveContext['openTarget']>,
    clock: { now: () => now, sleep: async (_ms: number) => void (now += 30_000) },
  };
  return { context, said, elapsed: () => now };
}

/** Expects only `get` and `list` requests, and none for Secrets. */
function expectOnlyReads({ requests }: FakeCluster) {
  const objects = requests.filter(({ verb }) => verb !== undefined);
  expect(objects.length).toBeGreaterThan(0);
  expect(objects.filter(({ verb, resource }) => !['get', 'list'].includes(verb!) || resource === 'secrets')).toEqual(
    [],
  );
  expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
}

test.each(SCENARIOS)(
  '$title: the wait ends with $end, changes nothing in the cluster and reads no Secret',
  async ({ objects, outcome, log, end }: Scenario) => {
    const cluster = await clusterWith(objects, log);
    const { context, said, elapsed } = contextOf(cluster.kubeconfig);
    // Each reading starts several processes, so a wait that times out reads only twice.
    const limitMs = end === 'live/timeout' ? MINUTE / 2 : MINUTE;
    const waited = await waitForLive(context, [EXPECTED], limitMs);
    expect(waited.images).toEqual([
      {
        ...{ key: 'api', channel: 'main', image: EXPECTED.image, tag: EXPECTED.tag, source: 'cluster' },
        workloads: objects.some(({ kind }) => kind === 'Deployment') ? ['Deployment acme/api'] : [],
        outcome: { ...outcome, ...(outcome.status === 'failed' && log && { log }) },
      },
    ]);
    const problems = liveProblems(waited.images, waited.end === 'timeout' ? limitMs : undefined);
    expect(problems.map(({ code }) => code)).toEqual(end === 'running' ? [] : [end]);
    // Any outcome except running must last 30 s before the wait ends.
    expect({ seconds: elapsed() / 1000, lines: said.length, end: waited.end }).toEqual({
      ...{ seconds: end === 'running' ? 0 : 30, lines: 1, end: end === 'live/timeout' ? 'timeout' : 'over' },
    });
    expectOnlyReads(cluster);
  },
);

test('ends the wait when the rollout completes, and prints each change once', async () => {
  const rolling = deployment({ status: { updatedReplicas: 1, availableReplicas: 1 } });
  const cluster = await clusterWith([rolling, pod('api-1')]);
  const { context, said } = contextOf(cluster.kubeconfig);
  const { sleep } = context.clock;
  let sleeps = 0;
  context.clock.sleep = async (ms) => {
    sleeps += 1;
    if (sleeps === 2) for (const object of [deployment(), pod('api-2')]) cluster.place(object);
    await sleep(ms);
  };
  const { images, end } = await waitForLive(context, [EXPECTED], 10 * MINUTE);
  expect({ status: images[0]?.outcome.status, end, sleeps }).toEqual({ status: 'running', end: 'over', sleeps: 2 });
  expect(said).toEqual([
    'api in main: progressing, Deployment acme/api has updated 1 of 2 pods.',
    'api in main: running.',
  ]);
});

test('limits the number and length of log lines, and redacts secrets in them', async () => {
  const crash = SCENARIOS.find(({ log }) => log === LOG)!;
  const long = [
    ...Array.from({ length: 20 }, (_, at) => `line ${at}`),
    `${'y'.repeat(297)}hunter2`,
    `password hunter2 ${'x'.repeat(900)}`,
  ];
  const cluster = await clusterWith(crash.objects, long);
  const [live] = await readLive(contextOf(cluster.kubeconfig).context, [EXPECTED]);
  const { log = [] } = live!.outcome as { log?: string[] };
  expect(log.length).toBe(10);
  // If lines were cut before they are redacted, a part of the secret would be left.
  expect(log.join('\n')).not.toContain('hun');
  expect(log.at(-1)).toMatch(/^password \*\*\* x{287}…$/);
});

test("reports live/unknown with kubectl's reason if no cluster can be reached", async () => {
  const nowhere = join(dir, 'nowhere');
  await writeFile(nowhere, '');
  const { context, elapsed } = contextOf(nowhere);
  const { images } = await waitForLive(context, [EXPECTED], MINUTE);
  expect(liveProblems(images)).toMatchObject([
    {
      code: 'live/unknown',
      message: expect.stringMatching(
        /^It is unknown whether api main-1a2b3c4 runs in the channel main: no cluster can be reached \(.*localhost:8080.*\)\.$/,
      ),
    },
  ]);
  expect(elapsed()).toBe(30_000);
  const [none] = await readLive(contextOf(nowhere, { env: { PATH: '/nowhere' } }).context, [EXPECTED]);
  expect(none?.outcome).toMatchObject({ reason: 'no cluster can be reached (The program kubectl is not on PATH)' });
});

test('reports a missing right only if the outcome depends on it', async () => {
  const cluster = await clusterWith([deployment(), pod('api-1'), pod('api-2')]);
  const outcomeFor = async (...denied: string[]) => {
    const kubeconfig = await cluster.addUser(`user-${denied.join('-')}`, 'all', denied);
    const [live] = await readLive(contextOf(kubeconfig).context, [EXPECTED]);
    return live?.outcome;
  };
  expect(await outcomeFor('list statefulsets.apps')).toEqual({ status: 'running' });
  expect(await outcomeFor('list pods')).toEqual({
    status: 'unknown',
    reason: 'the right to list pods in the namespace acme is missing',
  });
  expect(await outcomeFor('list deployments.apps')).toEqual({
    status: 'unknown',
    reason: "the right to list deployments.apps in the context's namespace is missing",
  });
});

test('the Role that doctor prints is the documented one and suffices for live status and logs', async () => {
  const crash = SCENARIOS.find(({ log }) => log === LOG)!;
  const cluster = await clusterWith(crash.objects, LOG);
  const kubeconfig = await cluster.addUser('system:serviceaccount:acme:ci', 'bound');
  const { context } = contextOf(kubeconfig);
  const before = await readLive(context, [EXPECTED]);
  expect(before[0]?.outcome).toMatchObject({
    status: 'unknown',
    reason: expect.stringContaining('list deployments.apps'),
  });

  const probe = () => probeCluster({ env: context.runContext.env, run, uses: ['live'] });
  const [missing] = clusterProblems(await probe(), ['live']);
  const rulesIn = (text: string) => (parse(text) as { rules: unknown }).rules;
  const [role] = missing!.detail!.split('\n---\n');
  const documented = readFileSync(new URL('../../docs/live.md', import.meta.url), 'utf8').split(/^```(?:yaml)?$/m);
  expect(rulesIn(role!)).toEqual(rulesIn(documented.find((block) => block.includes('kind: Role\n'))!));
  const admin = { ...context.runContext.env, KUBECONFIG: cluster.kubeconfig };
  const { code, stderr } = await run('kubectl', ['apply', '-f', '-'], { env: admin, input: missing!.detail });
  expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: '' });
  expect(clusterProblems(await probe(), ['live'])).toEqual([]);
  const [live] = await readLive(context, [EXPECTED]);
  expect(live?.outcome).toEqual({ ...crash.outcome, log: LOG });
});
