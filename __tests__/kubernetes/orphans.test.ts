import { connectBuilderPods } from '../../src/kubernetes/builder-pods.js';
import type { Kubectl } from '../../src/kubernetes/kubectl.js';
import { isOrphan, removeOrphans, removeRun } from '../../src/kubernetes/orphans.js';
import {
  createdBy,
  currentOwner,
  isAlive,
  isMarkAlive,
  ownershipOf,
  processMark,
  withOwner,
  type RunOwner,
} from '../../src/kubernetes/ownership.js';
import type { Pod } from '../../src/kubernetes/pod.js';
import { pod, running } from './fixtures/pods.js';

const CREATED = '2026-03-01T10:00:00Z';
const BORN = Date.parse(CREATED);
const MINUTE = 60_000;
const OWNER: RunOwner = { run: 'r1', host: 'h', pid: 7, started: '1' };
const ownership = { owner: OWNER, lifetime: 3600 };

test.each([
  ['no if its process runs on this machine, at any age', BORN + 500 * MINUTE, true, false],
  ['yes if its process on this machine is gone', BORN + MINUTE, false, true],
  ['no if another machine created it within its lifetime', BORN + 69 * MINUTE, undefined, false],
  ['yes if it is older than its lifetime', BORN + 71 * MINUTE, undefined, true],
])('is a pod an orphan? %s', (_, now, alive, orphan) => {
  expect(isOrphan(CREATED, ownership, alive, now)).toBe(orphan);
});

test('reads back the owner marks it wrote, and finds none on other objects', () => {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels: { mine: 'yes' } } };
  const marked = withOwner(manifest, { owner: OWNER, lifetime: 60 });
  expect(marked.metadata.labels).toMatchObject({
    mine: 'yes',
    'app.kubernetes.io/managed-by': 'image-release',
  });
  expect(ownershipOf(marked.metadata)).toEqual({ owner: OWNER, lifetime: 60 });
  expect(ownershipOf(manifest.metadata)).toBeUndefined();
  expect(ownershipOf({ ...marked.metadata, annotations: {} })).toBeUndefined();
  expect(createdBy('r1')).toBe('app.kubernetes.io/managed-by=image-release,image-release.dev/run=r1');
});

test('a process counts as alive only with the same id and start time, and as unknown on another machine', async () => {
  const self = await currentOwner('run-1');
  expect(self.run).toBe('run-1');
  expect(await isAlive(self)).toBe(true);
  expect(await isAlive({ ...self, started: '1' })).toBe(false);
  expect(await isAlive({ ...self, pid: 2 ** 22 + 1 })).toBe(false);
  expect(await isAlive({ ...self, host: 'elsewhere' })).toBeUndefined();

  const mark = await processMark();
  expect(mark).toMatch(/^[\w-]+$/);
  expect(await isMarkAlive(mark)).toBe(true);
  expect(await isMarkAlive(mark.replace(/-\d+$/, '-1'))).toBe(false);
  expect(await isMarkAlive(`elsewhere${mark}`)).toBeUndefined();
});

/** A cluster with one pod and these deployments; records the commands it gets. */
function clusterOf(found: Pod, deployments: unknown[] = []): { kubectl: Kubectl; asked: string[] } {
  const asked: string[] = [];
  const call = async (args: readonly string[]) => {
    asked.push(args.join(' '));
    const items = args[1] === 'deployments' ? deployments : [found];
    const stdout = args[0] === 'get' ? JSON.stringify({ items }) : '';
    return { code: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  };
  return { asked, kubectl: { call, stream: call } };
}

test('deletes an orphaned pod with forged marks, but none of the secrets it names', async () => {
  const self = await currentOwner('self');
  const theirs = { uid: 'u2', apiVersion: 'v1', kind: 'Secret', name: 'production' };
  const forged = withOwner(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'forged',
        annotations: {
          'image-release.dev/secret': 'production',
          'image-release.dev/secrets': 'production',
        },
        ownerReferences: [theirs],
      },
      spec: { volumes: [{ name: 'v', secret: { secretName: 'production' } }] },
    },
    { owner: { ...self, run: 'secret/production', started: '1' }, lifetime: 60 },
  ) as unknown as Pod;
  const { kubectl, asked } = clusterOf(forged);
  expect(await removeOrphans({ kubectl, self })).toEqual(['pod/forged']);
  expect(await removeRun(kubectl, 'self')).toEqual(['pod/forged']);
  const deletion = 'delete pod/forged --ignore-not-found --now --wait=false';
  expect(asked.filter((command) => !command.startsWith('get pods '))).toEqual([deletion, deletion]);
});

test('deletes the deployment of an orphaned BuildKit pod only if it has the owner marks itself', async () => {
  const marks = await connectBuilderPods(() => clusterOf(pod(running)).kubectl).marks('b');
  const annotations = { ...marks.annotations };
  annotations['image-release.dev/owner'] = annotations['image-release.dev/owner']!.replace(/[^/]+$/, '1');
  const dead = {
    ...pod(running),
    metadata: { name: 'b0-1', labels: { ...marks.labels, app: 'b0' }, annotations },
  };
  const removedWith = async (deployment: object) => {
    const { kubectl, asked } = clusterOf(dead, [deployment]);
    await connectBuilderPods(() => kubectl).removeOrphans(undefined);
    return asked.filter((command) => command.startsWith('delete'));
  };
  expect(await removedWith({ metadata: { name: 'b0', labels: { app: 'b0' } } })).toEqual([]);
  expect(await removedWith({ metadata: { name: 'b0', labels: marks.labels, annotations } })).toEqual([
    'delete deployment/b0 --ignore-not-found --now --wait=false',
    'delete configmap/b0-config --ignore-not-found --now --wait=false',
  ]);
});

test('treats BuildKit pods of another machine as orphans only after a day', async () => {
  const { kubectl } = clusterOf(pod(running));
  const { labels, annotations } = await connectBuilderPods(() => kubectl).marks('b');
  const claim = ownershipOf({ name: 'b0', labels, annotations })!;
  const isOrphanAfter = (hours: number) => isOrphan(CREATED, claim, undefined, BORN + hours * 60 * MINUTE);
  expect([isOrphanAfter(23.9), isOrphanAfter(24.5)]).toEqual([false, true]);
});
