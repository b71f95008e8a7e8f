/** @programs docker kubectl */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

const lab = labFromEnvironment();
let cluster: FakeCluster;

beforeAll(async () => {
  const dir = join(await mkdtemp(join(tmpdir(), 'cluster-')), 'c');
  cluster = await startFakeCluster({ dir, dockerHost: lab.dockerHost, namespace: 'team', network: 'host' });
});
afterAll(() => cluster?.stop());

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  KUBECONFIG: cluster.kubeconfig,
  ...more,
});

async function kubectl(args: string[], input = '', more: Record<string, string> = {}) {
  const result = await run('kubectl', args, { env: environment(more), input });
  return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
}

/** Starts a kubectl in the background and records its output. */
function follow(args: string[]) {
  const child = spawn('kubectl', args, { env: environment() });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += chunk));
  child.stderr.on('data', (chunk) => (said.err += chunk));
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { child, said, ended };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 600) throw new Error(`never came: ${what}\n${cluster.events().join('\n')}`);
    await delay(25);
  }
}

function podManifest(name: string, container: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: lab.baseBusybox, ...container }],
    },
  });
}

const pod = (name: string) => cluster.pods('team').find(({ metadata }) => metadata.name === name);
const state = (name: string) => pod(name)?.status.containerStatuses?.[0]?.state;
const isRunning = (name: string) => until(`${name} runs`, () => state(name)?.running !== undefined);

async function create(...args: Parameters<typeof podManifest>): Promise<void> {
  expect(await kubectl(['create', '-f', '-'], podManifest(...args))).toMatchObject({ code: 0, err: '' });
}

test('kubectl can watch a pod from creation to deletion, attach to it, and follow its log', async () => {
  const watch = follow(['get', 'pods', '-w', '-o', 'json', '--output-watch-events']);
  const script = 'echo ready; sha256sum; echo late >&2; printf the-digest > /dev/termination-log; exit 3';
  await create('whole', { command: ['sh', '-c', script], stdin: true, stdinOnce: true });
  await isRunning('whole');
  const logs = follow(['logs', '-f', 'whole', '--timestamps']);
  await until('the first line', () => logs.said.out.includes('ready'));

  const attached = await kubectl(['attach', '-i', '-q', 'whole'], 'x'.repeat(3_000_000));
  // sha256sum prints only after the end of its input.
  const sum = createHash('sha256').update('x'.repeat(3_000_000)).digest('hex');
  expect(attached.out).toContain(`${sum}  -\n`);
  expect(attached.out).not.toContain('ready');
  expect(attached.code).toBe(0);
  await logs.ended;
  const lines = logs.said.out.trimEnd().split('\n');
  const texts = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /, ''));
  // Standard output and standard error arrive through two pipes in any order.
  expect(texts.sort()).toEqual([`${sum}  -`, 'late', 'ready'].sort());

  await until('its end', () => state('whole')?.terminated !== undefined);
  expect(pod('whole')?.status.phase).toBe('Failed');
  expect(state('whole')?.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'the-digest' });
  expect((await kubectl(['delete', 'pod', 'whole'])).out).toBe('pod "whole" deleted\n');
  await until('the last event', () => watch.said.out.includes('{"type":"DELETED"'));
  watch.child.kill();
  const phases = [...watch.said.out.matchAll(/"phase":"(\w+)"/g)].map(([, phase]) => phase);
  expect([...new Set(phases)]).toEqual(['Pending', 'Running', 'Failed']);
});

test.each([
  ['WebSockets', 'true'],
  ['SPDY', 'false'],
])('kubectl exec passes streams and the exit code over %s', async (_name, webSockets) => {
  const name = `exec-${webSockets}`;
  await create(name, { command: ['sleep', '300'] });
  await isRunning(name);
  const args = ['exec', '-i', name, '--', 'sh', '-c', 'wc -c; echo oops >&2; exit 7'];
  const result = await kubectl(args, 'y'.repeat(1_000_000), {
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
  });
  expect(result).toMatchObject({ code: 7, out: '1000000\n' });
  expect(result.err).toBe('oops\ncommand terminated with exit code 7\n');
});

test('stopping the cluster removes the containers of its pods', async () => {
  const labels = cluster.pods('team').map(({ metadata }) => `label=io.kubernetes.pod.uid=${metadata.uid}`);
  const containers = async () => {
    const args = labels.map((label) => ['ps', '-aq', '--filter', label]);
    const env = environment({ DOCKER_HOST: lab.dockerHost });
    const listed = await Promise.all(args.map((each) => run('docker', each, { env })));
    return listed.map(({ stdout }) => stdout.toString().trim().split('\n').filter(Boolean).length);
  };
  expect(await containers()).toEqual([1, 1]);
  await cluster.stop();
  expect(await containers()).toEqual([0, 0]);
});
