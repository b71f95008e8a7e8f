import type { Kubectl } from '../../src/cluster/kubectl.js';
import type { Pod, PodStatus } from '../../src/cluster/pod.js';
import { POD_LIMITS, watchPod } from '../../src/cluster/pod-watch.js';

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

test('a change that the watch never tells is found all the same: kubectl leaves out the first event', async () => {
  const reads = [RUNNING, RUNNING, ENDED];
  const answer = (stdout: string) => ({ code: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) });
  const kubectl: Kubectl = {
    async call(args) {
      if (args[1] === 'events') return answer('{"items":[]}');
      return answer(JSON.stringify(reads.length > 1 ? reads.shift() : reads[0]));
    },
    stream: (_, { onStdout, signal }) =>
      new Promise((resolve) => {
        onStdout?.(Buffer.from(JSON.stringify({ type: 'ADDED', object: WAITING })));
        signal?.addEventListener('abort', () => resolve(answer('')));
      }),
  };
  const states: string[] = [];
  const end = await watchPod({
    kubectl,
    name: 'build',
    container: 'main',
    limits: { ...POD_LIMITS, eventsMs: 5, againMs: 20 },
    signal: new AbortController().signal,
    onState: ({ status }) => states.push(status),
    onOutage: () => {},
  });
  expect(end).toMatchObject({ exitCode: 0, terminationMessage: 'sha256:1' });
  expect(states).toEqual(['waiting', 'running']);
});
