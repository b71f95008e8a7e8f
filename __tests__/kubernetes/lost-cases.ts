import { disrupted, ended, event, pod, running, waiting } from './pod-scenes.js';
import type { PodCase } from './pending-cases.js';

export const LOST_CASES: PodCase[] = [
  {
    title: 'more memory than the limit',
    pod: pod(ended(137, 'OOMKilled'), { limit: '512Mi' }),
    code: 'cluster/out-of-memory',
    says: 'it used more memory than its limit of 512Mi',
    fix: 'Raise `limits.memory` of the builder above 512Mi',
  },
  {
    title: 'a limit that is too low for the start of any container',
    pod: pod(
      ended(
        128,
        'StartError',
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown',
      ),
      { limit: '4Mi' },
    ),
    code: 'cluster/out-of-memory',
    says: 'it used more memory than its limit of 4Mi',
    fix: 'Raise `limits.memory` of the builder above 4Mi',
  },
  {
    title: 'a kill that nobody explains',
    pod: pod(ended(137, 'Error')),
    code: 'cluster/out-of-memory',
    says: 'exit code 137) and nobody says why: most probably memory ran short',
    fix: 'Set `requests.memory`',
  },
  {
    title: 'a disk of the node that ran full',
    pod: pod({
      phase: 'Failed',
      reason: 'Evicted',
      message:
        'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi. Container kaniko was using 12Gi, request is 0, has larger consumption of ephemeral-storage.',
    }),
    code: 'cluster/evicted',
    says: 'The node node-1 threw the pod build-web out: The node was low on resource: ephemeral-storage.',
    fix: 'Set `requests.ephemeral-storage`',
  },
  {
    title: 'a limit of the disk that was exceeded, the container killed with it',
    pod: pod({
      ...ended(137, 'Error'),
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.',
    }),
    code: 'cluster/evicted',
    says: 'exceeds the total limit of containers 1Gi.',
    fix: 'Raise `limits.ephemeral-storage`',
  },
  {
    title: 'a node that does not come back',
    pod: pod(
      {
        ...running,
        reason: 'NodeLost',
        message: 'Node node-1 which was running pod build-web is unresponsive',
      },
      { deleted: true },
    ),
    code: 'cluster/node-lost',
    says: 'the node node-1 does not answer any more',
    fix: 'Run again',
  },
  {
    title: 'a pod that the taint manager deletes',
    pod: pod(disrupted('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'), {
      deleted: true,
    }),
    code: 'cluster/node-lost',
    says: 'got a taint',
    fix: 'Run again',
  },
  {
    title: 'a node that is shut down',
    pod: pod({
      ...ended(143, 'Error'),
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    }),
    code: 'cluster/node-lost',
    says: 'was shut down (Pod was terminated in response to imminent node shutdown)',
    fix: 'spot',
  },
  {
    title: 'a node that is drained',
    pod: pod(disrupted('EvictionByEvictionAPI', 'Eviction API: evicting'), { deleted: true }),
    code: 'cluster/node-lost',
    says: 'was drained',
    fix: 'Run again',
  },
  {
    title: 'a container of which the node lost sight',
    pod: pod(
      ended(137, 'ContainerStatusUnknown', 'The container could not be located when the pod was terminated'),
    ),
    code: 'cluster/node-lost',
    says: 'lost sight of it',
    fix: 'Run again',
  },
  {
    title: 'a pod of higher priority',
    pod: pod(
      disrupted(
        'PreemptionByScheduler',
        'default-scheduler: preempting to accommodate a higher priority pod',
      ),
      {
        deleted: true,
      },
    ),
    code: 'cluster/preempted',
    says: 'make way',
    fix: 'priority',
  },
  {
    title: 'a node that does not take what it was assigned',
    pod: pod({ phase: 'Failed', reason: 'OutOfmemory', message: "Node didn't have enough resource: memory" }),
    code: 'cluster/node-refused',
    says: 'did not take the pod build-web (OutOfmemory)',
    fix: 'lower `requests`',
  },
  {
    title: 'a deadline',
    pod: pod({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }),
    code: 'cluster/deadline',
    says: 'took longer than the 60 min that it may',
    fix: 'Raise `timeout`',
  },
  {
    title: 'a pod that somebody deletes',
    pod: pod(running, { deleted: true }),
    code: 'cluster/pod-deleted',
    says: 'deleted by somebody or something else',
    fix: 'clean up the namespace',
  },
  {
    title: 'a pod that somebody deletes before it starts',
    pod: pod(waiting('ContainerCreating'), { deleted: true }),
    code: 'cluster/pod-deleted',
    says: 'was deleted by somebody or something else before it started.',
    fix: 'clean up the namespace',
  },
  {
    title: 'an executor that was asked to end by whoever deletes its pod',
    pod: pod({ ...ended(2, 'Error'), phase: 'Running' }, { deleted: true }),
    code: 'cluster/pod-deleted',
    says: 'deleted by somebody or something else while it ran',
    fix: 'clean up the namespace',
  },
  {
    title: 'a pod that is gone, its container killed with it',
    pod: pod(ended(137, 'Error')),
    gone: true,
    code: 'cluster/pod-deleted',
    says: 'deleted by somebody',
    fix: 'Run again',
  },
  {
    title: 'a pod that is gone after its node went silent',
    pod: pod(running),
    events: [event('NodeNotReady', 'Node is not ready')],
    gone: true,
    code: 'cluster/node-lost',
    says: 'does not answer any more (Node is not ready)',
    fix: 'Run again',
  },
];
