import type { Kubectl } from '../../src/kubernetes/kubectl.js';
import type { Pod, PodEvent, PodStatus } from '../../src/kubernetes/pod.js';
import { POD_LIMITS, watchPod, type PodWatchOptions } from '../../src/kubernetes/pod-watch.js';

const pod = (status: PodStatus): Pod => ({
  metadata: { name: 'build', uid: 'u' },
  spec: { containers: [{ name: 'main' }] },
  status,
});
const container = (state: object, phase: PodStatus['phase'] = 'Running') =>
  pod({ phase, containerStatuses: [{ name: 'main', state }] });
const WAITING = container({ waiting: { reason: 'ContainerCreating' } }, 'Pending');
const RUNNING = container({ running: {} });
const ENDED = container({ terminated: { exitCode: 0, message: 'sha256:1' } }, 'Succeeded');
const STOPPED = container({ terminated: { exitCode: 2, reason: 'Error' } });

const answer = (value: unknown) => ({
  code: 0,
  stdout: Buffer.from(JSON.stringify(value)),
  stderr: Buffer.alloc(0),
});
const refusal = (text: string) => ({ code: 1, stdout: Buffer.alloc(0), stderr: Buffer.from(text) });
const MISSING = refusal('Error from server (NotFound): pods "build" not found');
const AWAY = refusal(
  'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?',
);

/** Watches a pod on an API server that gives these answers in turn and repeats the last one. */
function watching(
  answers: (Pod | typeof MISSING)[],
  events: PodEvent[] = [],
  limits: Partial<PodWatchOptions['limits']> = {},
) {
  const reported: string[] = [];
  const kubectl: Kubectl = {
    async call(args) {
      if (args[1] === 'events') return answer({ items: events });
      const next = answers.length > 1 ? answers.shift()! : answers[0]!;
      return 'code' in next ? next : answer(next);
    },
    stream: () => Promise.reject(new Error('not used')),
  };
  const watch = watchPod({
    ...{ kubectl, name: 'build', container: 'main', signal: new AbortController().signal },
    limits: { ...POD_LIMITS, waitingMs: 5, runningMs: 5, phaseMs: 40, ...limits },
    onState: ({ status }) => reported.push(status),
    onOutage: () => reported.push('outage'),
  });
  return { ...watch, reported };
}

test('follows a pod until it ends and reports each state once', async () => {
  const { ended, reported } = watching([WAITING, WAITING, RUNNING, RUNNING, ENDED]);
  expect(await ended).toMatchObject({ exitCode: 0, terminationMessage: 'sha256:1' });
  expect(reported).toEqual(['waiting', 'running']);
});

test('reports a missing pod as deleted, or by the reason in its events', async () => {
  await expect(watching([RUNNING, MISSING]).ended).rejects.toMatchObject({ code: 'cluster/pod-deleted' });
  const involvedObject = { kind: 'Pod', name: 'build', uid: 'u' };
  const preempted = { reason: 'Preempted', message: 'Preempted by pod 0d0c5b6e', involvedObject };
  await expect(watching([MISSING], [preempted]).ended).rejects.toMatchObject({ code: 'cluster/pod-lost' });
});

test('survives a short outage of the API server and gives up after a long one', async () => {
  const { ended, reported } = watching([RUNNING, AWAY, AWAY, ENDED]);
  expect(await ended).toMatchObject({ exitCode: 0 });
  expect(reported).toEqual(['running', 'outage']);
  const lost = watching([RUNNING, AWAY], [], { outageMs: 30 });
  await expect(lost.ended).rejects.toMatchObject({ code: 'cluster/unreachable' });
});

test('reports an eviction even if the exit code arrives before the reason', async () => {
  const evicted = pod({ ...STOPPED.status, phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
  await expect(watching([RUNNING, STOPPED, STOPPED, evicted]).ended).rejects.toMatchObject({
    code: 'cluster/evicted',
  });
});

test('returns the exit code if the phase never changes', async () => {
  expect(await watching([RUNNING, STOPPED]).ended).toMatchObject({ status: 'exited', exitCode: 2 });
});

test('readNow reads the pod without waiting for the next interval', async () => {
  const { ended, readNow } = watching([RUNNING, ENDED], [], { runningMs: 60_000 });
  setTimeout(readNow, 10);
  expect(await ended).toMatchObject({ exitCode: 0 });
});
