/** @programs kubectl */
import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { podSecurityViolations } from '../../testing/fake-cluster/admission/pod-security.js';
import { type FakeCluster, startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

jest.setTimeout(60_000);

const lab = labFromEnvironment();
let cluster: FakeCluster;

beforeAll(async () => {
  const dir = join(await mkdtemp(join(tmpdir(), 'cluster-')), 'c');
  cluster = await startFakeCluster({
    dir,
    dockerHost: lab.dockerHost,
    namespace: 'team',
    namespaces: { team: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    network: 'host',
    backoffMs: 100,
  });
});
afterEach(() => {
  expect(cluster.faults.pending()).toEqual([]);
});
afterAll(async () => {
  await cluster.stop();
});

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  KUBECONFIG: cluster.kubeconfig,
  ...more,
});

async function kubectl(args: string[], input: unknown = '', more: Record<string, string> = {}) {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const result = await run('kubectl', args, { env: environment(more), input: text });
  return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
}

/** A kubectl that goes on, and what it has printed. */
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

const podOf = (container: object, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', ...metadata },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: lab.baseBusybox, command: ['true'], ...container }],
    ...spec,
  },
});

const pod = (name: string) => cluster.pods('team').find(({ metadata }) => metadata.name === name);
const state = (name: string) => pod(name)?.status.containerStatuses?.[0]?.state;
const isRunning = (name: string) => until(`${name} runs`, () => state(name)?.running !== undefined);

async function create(name: string, container: object): Promise<void> {
  const manifest = podOf(container, {}, { name, labels: { app: name } });
  expect(await kubectl(['create', '-f', '-'], manifest)).toMatchObject({ code: 0, err: '' });
}

test('kubectl follows a pod from its creation to its end, and feeds it on the way', async () => {
  const watch = follow(['get', 'pods', '-w', '-o', 'json', '--output-watch-events']);
  const script = 'echo ready; sha256sum; echo late >&2; printf the-digest > /dev/termination-log; exit 3';
  await create('whole', { command: ['sh', '-c', script], stdin: true, stdinOnce: true });
  await isRunning('whole');
  const logs = follow(['logs', '-f', 'whole', '--timestamps']);
  await until('the first line', () => logs.said.out.includes('ready'));

  const attached = await kubectl(['attach', '-i', '-q', 'whole'], 'x'.repeat(3_000_000));
  // Printed only when its input has ended.
  const sum = createHash('sha256').update('x'.repeat(3_000_000)).digest('hex');
  expect(attached.out).toContain(`${sum}  -\n`);
  expect(attached.out).not.toContain('ready');
  expect(attached.code).toBe(0);
  await logs.ended;
  const lines = logs.said.out.trimEnd().split('\n');
  const texts = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /, ''));
  // Standard output and standard error come by two pipes, in no sure order.
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
])('a command in a pod has its streams and its exit code over %s', async (_name, webSockets) => {
  const name = `exec-${webSockets}`;
  await create(name, { command: ['sleep', '300'] });
  await isRunning(name);
  const args = ['exec', '-i', name, '--', 'sh', '-c', 'wc -c; echo oops >&2; exit 7'];
  const result = await kubectl(args, 'y'.repeat(1_000_000), {
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
  });
  expect(result).toMatchObject({ code: 7, out: '1000000\n' });
  expect(result.err).toBe('oops\ncommand terminated with exit code 7\n');
  await kubectl(['delete', 'pod', name, '--now']);
});

const refuse = (pod: unknown) => kubectl(['create', '-f', '-'], pod).then(({ err }) => err.trim());

test('a folder of manifests is applied, changed, and deleted by the real kubectl', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'overlay-')), 'k8s');
  await mkdir(folder);
  const write = (word: string) => writeFile(join(folder, 'all.yml'), manifests(word));
  await writeFile(join(folder, 'kustomization.yml'), 'resources: [all.yml]\n');
  await write('one');
  expect(await kubectl(['apply', '-k', folder])).toMatchObject({
    code: 0,
    out: 'configmap/scripts created\nsecret/login created\npersistentvolumeclaim/cache created\ndeployment.apps/runner created\n',
  });
  const rollout = () => kubectl(['rollout', 'status', 'deployment/runner', '--timeout=50s']);
  expect(await rollout()).toMatchObject({ code: 0 });
  const script = await kubectl(['exec', 'deployment/runner', '--', '/scripts/run.sh']);
  expect(script).toMatchObject({ code: 4, out: 'one hunter2\n' });

  await write('two');
  const changed = await kubectl(['apply', '-k', folder]);
  expect(changed.out).toContain('deployment.apps/runner configured');
  expect(changed.out).toContain('persistentvolumeclaim/cache unchanged');
  expect(await rollout()).toMatchObject({ code: 0 });
  // What was written to the claim outlived the pod.
  const kept = await kubectl(['exec', 'deployment/runner', '--', 'cat', '/cache/words']);
  expect(kept.out).toBe('one\ntwo\n');

  expect(await kubectl(['delete', '-k', folder])).toMatchObject({ code: 0 });
  expect((await kubectl(['wait', '--for=delete', 'pod', '-l', 'app=runner', '--timeout=20s'])).code).toBe(0);
});

const manifests = (word: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: runner }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: runner } }
  template:
    metadata: { labels: { app: runner } }
    spec:
      containers:
        - name: main
          image: ${lab.baseBusybox}
          command: [sh, -c, 'echo ${word} >> /cache/words; trap "exit 0" TERM; while :; do sleep 1 & wait; done']
          env:
            - { name: WORD, value: ${word} }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: login, key: password } } }
          readinessProbe: { exec: { command: [test, -x, /scripts/run.sh] } }
          volumeMounts:
            - { name: scripts, mountPath: /scripts }
            - { name: cache, mountPath: /cache }
      volumes:
        - { name: scripts, configMap: { name: scripts, defaultMode: 0755 } }
        - { name: cache, persistentVolumeClaim: { claimName: cache } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: scripts }
data:
  run.sh: |
    #!/bin/sh
    echo $WORD $PASSWORD
    exit 4
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: hunter2 }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: cache }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

test('what is no valid manifest is refused in the words of the API', async () => {
  const start =
    'Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod:';
  expect(await refuse(podOf({ volumeMount: [] }))).toBe(
    `${start} strict decoding error: unknown field "spec.containers[0].volumeMount"`,
  );
  expect(await refuse(podOf({ stdin: 'yes' }))).toMatch(`${start} json: spec.containers[0].stdin`);
  expect(await refuse(podOf({ image: '' }))).toBe('The Pod "x" is invalid: spec.containers[0].image: Required value');
  expect(await refuse(podOf({ volumeMounts: [{ name: 'login', mountPath: '/l' }] }))).toBe(
    'The Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "login"',
  );
  const label = 'l'.repeat(64);
  expect(await refuse(podOf({}, {}, { labels: { image: label } }))).toBe(
    `The Pod "x" is invalid: metadata.labels: Invalid value: "${label}": must be no more than 63 characters`,
  );
  expect(await refuse(podOf({ resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }))).toContain(
    'must be less than or equal to memory limit of 1Gi',
  );
});

test.each<[string, object, object]>([
  ['privileged (container "main" must not set securityContext.privileged=true)', { privileged: true }, {}],
  ['host namespaces (hostNetwork=true)', {}, { hostNetwork: true }],
  ['hostPath volumes (volume "v")', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
])('the baseline standard refuses: %s', async (violation, securityContext, spec) => {
  const pod = podOf({ securityContext }, spec);
  expect(podSecurityViolations(pod as typeof pod & { spec: PodSpec }, 'baseline')).toEqual([violation]);
  expect(await refuse(pod)).toBe(
    'Error from server (Forbidden): error when creating "STDIN": pods "x" is forbidden: violates PodSecurity ' +
      `"baseline:latest": ${violation}`,
  );
});
