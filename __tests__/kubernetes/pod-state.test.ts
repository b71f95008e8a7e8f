import { readPodState, type PodState } from '../../src/kubernetes/pod-state.js';
import type { Pod, PodEvent } from '../../src/kubernetes/pod.js';
import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { disrupted, ended, event, pod, running, unscheduled, waiting } from './fixtures/pods.js';

const read = (one: Pod, events: PodEvent[] = [], gone = false): PodState => readPodState({ pod: one, events, gone });

const NOT_FOUND =
  'failed to pull and unpack image "ghcr.io/acme/executor:v1": failed to resolve reference "ghcr.io/acme/executor:v1": ghcr.io/acme/executor:v1: not found';
const mount = (message: string) => [
  event('Scheduled', 'Successfully assigned builds/build-web to node-1'),
  event('FailedMount', `MountVolume.SetUp failed for volume "registry" : ${message}`),
];
const SETUP = waiting('ContainerCreating');
const NO_NODE = { node: '' };

/** Seconds after which a reason for waiting is final. The messages are those of real kubelets and schedulers. */
test.each<[why: string, Pod, PodEvent[], ProblemCode, message: string, seconds: number]>([
  ["its image doesn't exist", pod(waiting('ErrImagePull', NOT_FOUND)), [], 'cluster/image', 'v1: not found.', 60],
  [
    "its image doesn't exist, and the kubelet backs off",
    pod(waiting('ImagePullBackOff', `Back-off pulling image "x": ErrImagePull: ${NOT_FOUND}`)),
    [],
    'cluster/image',
    'v1: ghcr.io/acme/executor:v1: not found.',
    60,
  ],
  [
    'its image name is invalid',
    pod(waiting('InvalidImageName', 'invalid reference format')),
    [],
    'cluster/image',
    'invalid reference format.',
    0,
  ],
  [
    'its environment refers to a missing secret',
    pod(waiting('CreateContainerConfigError', 'secret "ghcr-push" not found')),
    [],
    'cluster/object-missing',
    'secret "ghcr-push" not found.',
    20,
  ],
  [
    'its volume refers to a missing secret',
    pod(SETUP),
    mount('secret "ghcr-push" not found'),
    'cluster/object-missing',
    'secret "ghcr-push" not found.',
    20,
  ],
  [
    'its login secret has the wrong key',
    pod(SETUP),
    mount('references non-existent secret key: .dockerconfigjson'),
    'cluster/object-missing',
    'non-existent secret key: .dockerconfigjson.',
    20,
  ],
  [
    'its disk is attached to another node',
    pod(SETUP),
    [event('FailedAttachVolume', 'Multi-Attach error for volume "pvc-1" Volume is already used')],
    'cluster/pod-not-started',
    'Multi-Attach error',
    300,
  ],
  [
    'the network plugin fails',
    pod(SETUP),
    [event('FailedCreatePodSandBox', 'Failed to create pod sandbox: plugin type="calico" failed (add): timeout')],
    'cluster/pod-not-started',
    "The node can't set up the pod build-web",
    120,
  ],
  [
    'no node has enough memory (message before Kubernetes 1.36)',
    pod(
      unscheduled(
        '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
      ),
      NO_NODE,
    ),
    [],
    'cluster/unschedulable',
    'No node takes the pod build-web: 0/3 nodes are available: 3 Insufficient memory.',
    300,
  ],
  [
    'no node has enough memory (message of Kubernetes 1.36)',
    pod(
      unscheduled(
        '0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes are available',
      ),
      NO_NODE,
    ),
    [],
    'cluster/unschedulable',
    'No node takes the pod build-web: 0/1 nodes are available: 1 Insufficient memory.',
    300,
  ],
])('explains why a pod waits: %s', (_, one, events, code, message, seconds) => {
  const state = read(one, events);
  const trouble = state.status === 'waiting' ? state.trouble : undefined;
  expect(trouble).toMatchObject({ problem: { code }, deadlineMs: seconds * 1000 });
  expect(trouble?.problem.message).toContain(message);
  expect(trouble?.problem.message).toMatch(/[^,]\.$/);
});

const OOM_AT_START =
  'OCI runtime create failed: runc create failed: container init was OOM-killed (memory limit too low?): unknown';
const DELETED = { deleted: true };

/** Pods that did not end by themselves. */
test.each<[why: string, Pod, ProblemCode, message: string, gone?: PodEvent[]]>([
  [
    'it exceeded its memory limit',
    pod(ended(137, 'OOMKilled'), { limit: '512Mi' }),
    'cluster/out-of-memory',
    'its limit of 512Mi.',
  ],
  [
    'its memory limit is too low to start any container',
    pod(ended(128, 'StartError', OOM_AT_START), { limit: '4Mi' }),
    'cluster/out-of-memory',
    'its limit of 4Mi.',
  ],
  ['it was killed without a reason', pod(ended(137, 'Error')), 'cluster/out-of-memory', 'exit code 137, probably'],
  [
    'its program is missing',
    pod(ended(128, 'StartError', 'exec: "/kaniko/executor": no such file or directory')),
    'cluster/image',
    'no such file or directory.',
  ],
  [
    'the disk of the node is full',
    pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' }),
    'cluster/evicted',
    'was evicted from the node node-1: The node was low on resource: ephemeral-storage.',
  ],
  [
    'it exceeded its storage limit, and its container was killed',
    pod({
      ...ended(137, 'Error'),
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.',
    }),
    'cluster/evicted',
    'exceeds the total limit of containers 1Gi.',
  ],
  [
    'its node no longer answers',
    pod({ ...running, reason: 'NodeLost', message: 'Node node-1 is unresponsive' }, DELETED),
    'cluster/pod-lost',
    'the node node-1 no longer answers (Node node-1 is unresponsive).',
  ],
  [
    'its node got a taint',
    pod(disrupted('DeletionByTaintManager', 'Taint manager: deleting'), DELETED),
    'cluster/pod-lost',
    'got a taint',
  ],
  [
    'its node was shut down',
    pod({ ...ended(143, 'Error'), reason: 'Terminated', message: 'imminent node shutdown' }),
    'cluster/pod-lost',
    'was shut down (imminent node shutdown).',
  ],
  [
    'its node was drained',
    pod(disrupted('EvictionByEvictionAPI', 'Eviction API: evicting'), DELETED),
    'cluster/pod-lost',
    'was drained',
  ],
  [
    'its node lost the container',
    pod(ended(137, 'ContainerStatusUnknown', 'could not be located')),
    'cluster/pod-lost',
    "doesn't know its state",
  ],
  [
    'a pod of higher priority took its place',
    pod(disrupted('PreemptionByScheduler', 'preempting'), DELETED),
    'cluster/pod-lost',
    'a pod of higher priority took its place',
  ],
  [
    'its node refused it',
    pod({ phase: 'Failed', reason: 'OutOfmemory', message: 'not enough' }),
    'cluster/pod-lost',
    'the node node-1 refused it: OutOfmemory (not enough).',
  ],
  [
    'it exceeded its deadline',
    pod({ phase: 'Failed', reason: 'DeadlineExceeded' }),
    'cluster/deadline',
    'took longer than its deadline of 60 min.',
  ],
  ['it was deleted', pod(running, DELETED), 'cluster/pod-deleted', 'was deleted while it ran.'],
  ['it was deleted before it started', pod(SETUP, DELETED), 'cluster/pod-deleted', 'was deleted before it started.'],
  [
    'it was deleted, and its container ended first',
    pod({ ...ended(2, 'Error'), phase: 'Running' }, DELETED),
    'cluster/pod-deleted',
    'was deleted while it ran.',
  ],
  ['it is gone without an observed deletion', pod(ended(137, 'Error')), 'cluster/pod-deleted', 'was deleted', []],
  [
    'its node was not ready before it disappeared',
    pod(running),
    'cluster/pod-lost',
    'no longer answers (Node is not ready).',
    [event('NodeNotReady', 'Node is not ready')],
  ],
])('explains why a pod ended: %s', (...[, one, code, message, gone]) => {
  const state = read(one, gone, gone !== undefined);
  const problem = state.status === 'failed' ? state.problem : undefined;
  expect(problem).toMatchObject({ code, severity: 'error' });
  expect(problem?.message).toContain(message);
});

test('reads exit code and termination message, even of a pod that is being deleted', () => {
  const done = ended(0, 'Completed', 'sha256:abc');
  expect(read(pod(done))).toEqual({ status: 'exited', exitCode: 0, terminationMessage: 'sha256:abc' });
  expect(read(pod(done, DELETED), [], true)).toMatchObject({ status: 'exited' });
  expect(read(pod(ended(1, 'Error', 'error building image')))).toMatchObject({
    status: 'exited',
    exitCode: 1,
  });
});

test('reports what a pod waits for if there is no problem', () => {
  expect(read(pod({ phase: 'Pending' }, NO_NODE))).toEqual({
    status: 'waiting',
    message: 'The pod build-web waits for a node.',
  });
  expect(read(pod(SETUP), [event('Pulling', 'Pulling image')])).toEqual({
    status: 'waiting',
    message: 'The pod build-web is pulling its image.',
  });
});

test('reports no problem if a mount succeeded after a failure', () => {
  const events = [...mount('secret "x" not found'), event('Pulling', 'Pulling image')];
  expect(read(pod(SETUP), events)).not.toHaveProperty('trouble');
});
