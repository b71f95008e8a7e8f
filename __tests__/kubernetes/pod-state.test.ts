import { readPodState, type PodState } from '../../src/kubernetes/pod-state.js';
import type { Pod, PodEvent } from '../../src/kubernetes/pod.js';
import { LOST_CASES } from './lost-cases.js';
import { PENDING_CASES } from './pending-cases.js';
import { ended, event, pod, running, waiting } from './pod-scenes.js';

const read = (one: Pod, events: PodEvent[] = [], gone = false): PodState =>
  readPodState({ pod: one, events, gone });

test.each([...PENDING_CASES, ...LOST_CASES])(
  '$title has its own sentence and fix',
  ({ pod: one, events, gone, code, says, fix, patience }) => {
    const state = read(one, events, gone);
    const doubt = state.status === 'waiting' ? state.doubt : undefined;
    const problem = state.status === 'failed' ? state.problem : doubt?.problem;
    expect(problem?.code).toBe(code);
    expect(problem?.message).toContain(says);
    expect(problem?.message).toMatch(/[^,]\.$/);
    expect(problem?.fix).toContain(fix);
    expect(doubt?.patienceMs).toBe(patience === undefined ? undefined : patience * 1000);
  },
);

test('an end of its own is handed on with its message, even from a pod that is being deleted', () => {
  expect(read(pod(ended(0, 'Completed', 'sha256:abc')))).toEqual({
    status: 'exited',
    exitCode: 0,
    terminationMessage: 'sha256:abc',
  });
  expect(read(pod(ended(0, 'Completed', 'sha256:abc'), { deleted: true }), [], true)).toMatchObject({
    status: 'exited',
  });
  expect(read(pod(ended(1, 'Error', 'error building image')))).toEqual({
    status: 'exited',
    exitCode: 1,
    terminationMessage: 'error building image',
  });
});

test('what a pod waits for is told before anything is wrong', () => {
  expect(read(pod({ phase: 'Pending' }, { node: '' }))).toEqual({
    status: 'waiting',
    message: 'The pod build-web waits for a node.',
  });
  expect(read(pod(waiting('ContainerCreating')), [event('Pulling', 'Pulling image')])).toEqual({
    status: 'waiting',
    message: 'The pod build-web is pulling its image.',
  });
});

test('a mount that failed at first and then succeeded is no trouble any more', () => {
  const events = [
    event('FailedMount', 'MountVolume.SetUp failed for volume "registry" : secret "x" not found'),
    event('Pulling', 'Pulling image'),
  ];
  expect(read(pod(waiting('ContainerCreating')), events)).not.toHaveProperty('doubt');
});

test('a node that went silent is remarked upon while the pod still counts as running', () => {
  const silent = { ...running, conditions: [{ type: 'Ready', status: 'False' as const }] };
  expect(read(pod(silent), [event('NodeNotReady', 'Node is not ready')])).toEqual({
    status: 'running',
    node: 'node-1',
    remark: 'The node node-1 does not answer the cluster at present.',
  });
  expect(read(pod(running))).toEqual({ status: 'running', node: 'node-1' });
});
