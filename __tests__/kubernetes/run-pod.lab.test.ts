/** @programs kubectl */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import type { PodFault, RequestFault } from '../../testing/fake-cluster/faults.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { Problem, ReleaseError } from '../../src/lib/errors.js';
import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { connectKubectl } from '../../src/kubernetes/kubectl.js';
import { run } from '../../src/lib/process.js';
import { documentedRole } from '../documented-role.js';
import { bytes, clusterUser, FAST, podOf, start, type ClusterUser, type PodOptions } from './fixtures/cluster.js';

const lab = labFromEnvironment();
let cluster: FakeCluster;
let user: ClusterUser;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'cluster-'));
  cluster = await startFakeCluster({
    ...{ dir, dockerHost: lab.dockerHost, network: 'host' },
    maxGraceMs: 200,
    rbacMs: 600,
  });
  // The user's rights come from a Role, like those of most users.
  const account = await cluster.addServiceAccount('ci', await documentedRole('kaniko'));
  user = await clusterUser(cluster, account.kubeconfig);
});
afterAll(() => cluster?.stop());
afterEach(() => {
  expect(cluster.faults.pending()).toEqual([]);
  expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual([]);
  cluster.faults.clear();
});

const pod = (options: Omit<PodOptions, 'image'> & { image?: string }) => podOf({ image: lab.baseBusybox, ...options });
const problemOf = async (end: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await end.then(
    (value) => new Error(`it came to an end: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if ((error as ReleaseError).problems === undefined) throw error as Error;
  return (error as ReleaseError).problems[0];
};

test('sends all input, reads every line exactly once, and reports the end', async () => {
  const { end, lines, progress } = start(
    user,
    pod({
      stdin: true,
      script:
        'cat > /in; wc -c < /in; head -c 100000 /in; echo; printf "sha256:1" > /dev/termination-log; printf end; exit 7',
    }),
    { stdin: () => bytes(3_000_000).stream },
  );
  expect(await end).toEqual({ exitCode: 7, terminationMessage: 'sha256:1' });
  expect(lines).toEqual(['3000000', 'x'.repeat(100_000), 'end']);
  // If the pod starts fast, `waiting` may be missing.
  const types = progress.map(({ type }) => type).filter((type) => type !== 'waiting');
  expect(types).toEqual(['running', 'delivered']);
});

test("returns the exit code of a container that doesn't read its input", async () => {
  const { end, lines } = start(user, pod({ stdin: true, script: 'echo bad flag; sleep 1; exit 1' }), {
    stdin: () => bytes(50_000_000).stream,
  });
  expect(await end).toMatchObject({ exitCode: 1 });
  expect(lines).toEqual(['bad flag']);
});

const POD_FAULTS: [string, PodFault, ProblemCode, RegExp][] = [
  ['image', { type: 'image-pull' }, 'cluster/image', /can't pull the image 127\.0\.0\.1/],
  ['schedule', { type: 'unschedulable' }, 'cluster/unschedulable', /^No node takes the pod .*available/],
  // Only events report it.
  ['network', { type: 'failed-sandbox' }, 'cluster/pod-not-started', /can't set up the pod network/],
  ['disk', { type: 'evicted' }, 'cluster/evicted', /was evicted from/],
  ['priority', { type: 'preempted' }, 'cluster/pod-lost', /of higher priority took its place/],
  ['somebody', { type: 'deleted' }, 'cluster/pod-deleted', /was deleted/],
];

test("explains and deletes a pod that doesn't start or doesn't end by itself", async () => {
  const failing = POD_FAULTS.map(([name, fault, code, says]) => {
    cluster.faults.pod({ pod: new RegExp(`^${name}$`), fault });
    return { name, code, says, fault, ...start(user, pod({ name, script: 'sleep 60' })) };
  });
  const found = await Promise.all(
    failing.map(async ({ name, says, end, progress }) => {
      const { code, message } = await problemOf(end);
      // The reason is already reported while the pod waits.
      const waited = progress.some((one) => one.type === 'waiting' && says.test(one.message));
      return { name, code, message: says.test(message) || message, waited };
    }),
  );
  expect(found).toEqual(
    failing.map(({ name, code, fault }) => ({
      ...{ name, code, message: true },
      waited: ['image-pull', 'unschedulable', 'failed-sandbox'].includes(fault.type),
    })),
  );
});

const CREATE = { match: { verb: 'create', resource: 'pods' } } as const;

const REFUSALS: [RequestFault, ProblemCode, RegExp][] = [
  [{ type: 'forbidden' }, 'cluster/forbidden', /cannot create resource "pods"/],
  [{ type: 'unauthorized' }, 'cluster/unauthorized', /Unauthorized|logged in/],
];

test('reports why the API server refused to create a pod', async () => {
  // A separate kubectl, because refusals are retried after an outage.
  const calm = { ...user, kubectl: connectKubectl({ env: user.env, run }) };
  const refused = REFUSALS.map(([fault, code, says]) => {
    const name = `refused-${fault.type}`;
    cluster.faults.request({ match: { ...CREATE.match, name: new RegExp(`^${name}$`) }, fault });
    return { code, says, ...start(calm, pod({ name, script: 'true' })) };
  });
  for (const { end, code, says } of refused) {
    const problem = await problemOf(end);
    expect(problem.code).toBe(code);
    expect(problem.message).toMatch(says);
  }
});

test('reports a cut input stream and stops sending', async () => {
  cluster.faults.request({
    match: { resource: 'pods/attach' },
    fault: { type: 'stream-cut', bytes: 1_000_000 },
  });
  const source = bytes(50_000_000);
  const { end, lines } = start(user, pod({ stdin: true, script: 'wc -c; sleep 60' }), {
    stdin: () => source.stream,
  });
  expect(await problemOf(end)).toMatchObject({ code: 'cluster/stream-cut' });
  expect(source.stream.destroyed).toBe(true);
  expect(source.given()).toBeLessThan(50_000_000);
  expect(lines.join('')).not.toContain('50000000');
});

test('reports a cut stream and removes the pod if the API server restarts during the input', async () => {
  const source = bytes(1e12);
  let restarted: Promise<void> | undefined;
  const { end } = start(user, pod({ stdin: true, script: 'cat > /dev/null; sleep 60' }), {
    stdin: () => source.stream,
    onProgress: ({ type }) => {
      if (type === 'running') restarted ??= cluster.restart(700);
    },
  });
  expect(await problemOf(end)).toMatchObject({ code: 'cluster/stream-cut' });
  await restarted;
});

test('reports the error of a failed input and removes the pod', async () => {
  const source = new Readable({
    read() {
      this.push(Buffer.alloc(1000));
      this.destroy(new Error('web/index.html vanished'));
    },
  });
  const { end } = start(user, pod({ stdin: true, script: 'cat > /dev/null; sleep 60' }), {
    stdin: () => source,
  });
  await expect(end).rejects.toThrow('web/index.html vanished');
});

test('reads every log line exactly once across a restart of the API server', async () => {
  const numbers = 'i=0; while [ $i -lt 120 ]; do echo line $i; i=$((i+1)); sleep 0.02; done';
  let restarted: Promise<void> | undefined;
  const { end, lines, progress } = start(
    user,
    pod({ stdin: true, script: `cat > /dev/null; ${numbers}; printf done > /dev/termination-log` }),
    {
      stdin: () => Readable.from([Buffer.from('all of it')]),
      limits: { ...FAST, runningMs: 400, retryMs: 250 },
      onLine(line) {
        lines.push(line);
        // The outage is longer than the interval between two reads of the pod.
        if (line === 'line 30') restarted = cluster.restart(600);
      },
    },
  );
  expect(await end).toMatchObject({ exitCode: 0, terminationMessage: 'done' });
  await restarted;
  expect(lines).toEqual(Array.from({ length: 120 }, (_, at) => `line ${at}`));
  const types = progress.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['outage']));
  expect(types).not.toContain('warning');
});

test('continues reading a log that is cut twice', async () => {
  const cut = (resource: string, verb: string) =>
    ({ match: { resource, verb }, times: 2, fault: { type: 'stream-cut', bytes: 1000 } }) as const;
  cluster.faults.request(cut('pods/log', 'get'));
  const { end, lines } = start(
    user,
    pod({ script: 'i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); sleep 0.02; done' }),
  );
  expect(await end).toMatchObject({ exitCode: 0 });
  expect(lines).toEqual(Array.from({ length: 100 }, (_, at) => `line ${at}`));
});

test('removes the pod when it is cancelled', async () => {
  const controller = new AbortController();
  const { end } = start(user, pod({ stdin: true, script: 'trap "" TERM; echo up; cat; sleep 60' }), {
    stdin: () => bytes(1e12).stream,
    signal: controller.signal,
    onLine: () => controller.abort(),
  });
  await expect(end).rejects.toMatchObject({ name: 'Cancelled' });
});

test('creates only one pod if the answer to its creation is lost', async () => {
  cluster.faults.request({ ...CREATE, fault: { type: 'lost' } });
  const { end, lines } = start(user, pod({ script: 'echo once' }));
  expect(await end).toMatchObject({ exitCode: 0 });
  expect(lines).toEqual(['once']);
});
