import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from '../../src/kubernetes/kubectl.js';
import type { Pod, PodEvent, PodStatus } from '../../src/kubernetes/pod.js';
import { POD_LIMITS, watchPod, type PodWatch } from '../../src/kubernetes/pod-watch.js';

const pod = (resourceVersion: string, status: PodStatus): Pod => ({
  metadata: { name: 'build', uid: 'u', resourceVersion },
  status,
});
const WAITING = pod('1', {
  phase: 'Pending',
  containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ContainerCreating' } } }],
});
const RUNNING = pod('2', { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] });
const ENDED = pod('3', {
  phase: 'Succeeded',
  containerStatuses: [
    { name: 'main', state: { terminated: { exitCode: 0, reason: 'Completed', message: 'sha256:1' } } },
  ],
});

const answer = (stdout: string) => ({ code: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) });
const missing = {
  code: 1,
  stdout: Buffer.alloc(0),
  stderr: Buffer.from('Error from server (NotFound): pods "build" not found'),
};

/** A kubectl that is asked for the pod again and again; undefined: there is none. The last answer stands. */
function kubectlOf(reads: (Pod | undefined)[], watch: Kubectl['stream'], events: PodEvent[] = []): Kubectl {
  return {
    async call(args) {
      if (args[1] === 'events') return answer(JSON.stringify({ items: events }));
      const read = reads.length > 1 ? reads.shift() : reads[0];
      return read === undefined ? missing : answer(JSON.stringify(read));
    },
    stream: watch,
  };
}

const silentAfter =
  (first: Pod): Kubectl['stream'] =>
  (_, { onStdout, signal }) =>
    new Promise((resolve) => {
      onStdout?.(Buffer.from(JSON.stringify({ type: 'ADDED', object: first })));
      signal?.addEventListener('abort', () => resolve(answer('')));
    });

const watching = (kubectl: Kubectl, onState: PodWatch['onState'] = () => {}) =>
  watchPod({
    kubectl,
    name: 'build',
    container: 'main',
    limits: { ...POD_LIMITS, eventsMs: 5, againMs: 20, phaseMs: 60 },
    signal: new AbortController().signal,
    onState,
    onOutage: () => {},
  });

test('a change that the watch never tells is found all the same: kubectl leaves out the first event', async () => {
  const states: string[] = [];
  const kubectl = kubectlOf([RUNNING, RUNNING, ENDED], silentAfter(WAITING));
  const end = await watching(kubectl, ({ status }) => states.push(status));
  expect(end).toMatchObject({ exitCode: 0, terminationMessage: 'sha256:1' });
  expect(states).toEqual(['waiting', 'running']);
});

test.each([
  ['waits', WAITING],
  ['runs', RUNNING],
])('a removal that the watch never tells is found all the same: of a pod that %s', async (_, last) => {
  const kubectl = kubectlOf([last, last, undefined], silentAfter(last));
  await expect(watching(kubectl)).rejects.toMatchObject({ code: 'cluster/pod-deleted' });
});

test('what was read before the watch told of the end does not undo it', async () => {
  const evicted = pod('4', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' });
  let reads = 0;
  const kubectl = kubectlOf([RUNNING, evicted], async (_, { onStdout, signal }) => {
    while (reads === 0) await delay(1);
    onStdout?.(Buffer.from(JSON.stringify({ type: 'ADDED', object: evicted })));
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    return answer('');
  });
  const states: string[] = [];
  const end = watching(
    {
      ...kubectl,
      async call(args) {
        if (args[1] === 'pod') reads += 1;
        const given = await kubectl.call(args);
        // The pod's answer arrives after the end; why it came takes longer still.
        await delay(args[1] === 'pod' ? 30 : 60);
        return given;
      },
    },
    ({ status }) => states.push(status),
  );
  await expect(end).rejects.toMatchObject({ code: 'cluster/evicted' });
  expect(states).not.toContain('running');
});

test('a pod that went before it was seen is explained by its events', async () => {
  const involvedObject = { kind: 'Pod', name: 'build', uid: 'u' };
  const preempted = {
    reason: 'Preempted',
    message: 'Preempted by pod 0d0c5b6e on node node-1',
    involvedObject,
  };
  const kubectl = kubectlOf([undefined], async () => missing, [preempted]);
  await expect(watching(kubectl)).rejects.toMatchObject({ code: 'cluster/preempted' });
});

const STOPPED = pod('3', {
  phase: 'Running',
  containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 2, reason: 'Error' } } }],
});
/** Tells of each change, one after the other. */
const telling =
  (...changes: Pod[]): Kubectl['stream'] =>
  async (_, { onStdout, signal }) => {
    for (const object of changes) {
      await delay(5);
      onStdout?.(Buffer.from(JSON.stringify({ type: 'MODIFIED', object })));
    }
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    return answer('');
  };

test('an executor that the kubelet stops is told as evicted: the reason follows its exit code', async () => {
  const unready = pod('4', { ...STOPPED.status, conditions: [{ type: 'Ready', status: 'False' }] });
  const message = 'The node was low on resource: ephemeral-storage.';
  const evicted = pod('5', { ...STOPPED.status, phase: 'Failed', reason: 'Evicted', message });
  const watch = telling(RUNNING, STOPPED, unready, evicted);
  await expect(watching(kubectlOf([RUNNING], watch))).rejects.toMatchObject({ code: 'cluster/evicted' });
});

test('an exit code that nobody explains counts when the phase does not follow', async () => {
  const end = await watching(kubectlOf([STOPPED], telling(RUNNING, STOPPED)));
  expect(end).toMatchObject({ status: 'exited', exitCode: 2 });
});
