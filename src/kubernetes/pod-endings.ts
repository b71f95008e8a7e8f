import { problem, type Problem } from '../lib/errors.js';
import { sentence } from './kubectl-problems.js';
import type { ContainerState, Pod, PodEvent } from './pod.js';

/** A pod, and what else is known about it. */
export interface ObservedPod {
  pod: Pod;
  events: readonly PodEvent[];
  container: string | undefined;
  deleted: boolean;
}

type Terminated = NonNullable<ContainerState['terminated']>;

const KILLED = 137;
/** Exit codes after SIGTERM and SIGKILL; Kaniko's own is 2. */
const SIGNALLED = [2, KILLED, 143];

/** The kubelet refused the pod: https://kubernetes.io/docs/concepts/scheduling-eviction/ */
const NOT_ADMITTED = /^(?:OutOf\w+|NodeAffinity|NodePorts|UnexpectedAdmissionError|Preempting|NodeShutdown)$/;
/** https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
const DISRUPTIONS: Readonly<Record<string, string>> = {
  PreemptionByScheduler: 'a pod of higher priority took its place',
  DeletionByTaintManager: 'the node got a taint, mostly because it no longer answers',
  DeletionByPodGC: 'the node is gone',
  EvictionByEvictionAPI: 'the node was drained',
  TerminationByKubelet: 'the node ended it for a shutdown or for a critical pod',
};
/** Events that explain why a pod is gone. */
const LOST_EVENTS: Readonly<Record<string, string>> = {
  Preempted: DISRUPTIONS['PreemptionByScheduler']!,
  TaintManagerEviction: 'the node no longer answers',
  NodeNotReady: 'the node no longer answers',
};

/** Why the cluster ended the pod, by the pod's own status. */
export function explainDisruption(pod: Pod): Problem | undefined {
  const { reason = '', message = '', conditions } = pod.status ?? {};
  if (reason === 'Evicted') return evicted(pod, message);
  if (reason === 'DeadlineExceeded') return deadline(pod);
  if (reason === 'NodeLost') return lost(pod, 'the node no longer answers', message);
  if (['Terminated', 'Shutdown'].includes(reason)) return lost(pod, 'the node was shut down', message);
  if (NOT_ADMITTED.test(reason)) return lost(pod, `the node refused it: ${reason}`, message);
  const target = conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  const why = DISRUPTIONS[target?.reason ?? ''];
  return why === undefined ? undefined : lost(pod, why, target!.message);
}

/** Why the container ended, unless its exit code is its own. */
export function explainTermination(observed: ObservedPod, end: Terminated): Problem | undefined {
  const { pod, deleted } = observed;
  switch (end.reason ?? '') {
    case 'OOMKilled':
      return outOfMemory(observed);
    case 'DeadlineExceeded':
      return deadline(pod);
    case 'ContainerStatusUnknown':
      return lost(pod, "the node doesn't know its state", end.message);
    case 'StartError':
    case 'ContainerCannotRun':
      return cannotStart(observed, end.message);
  }
  // Deleting a pod ends its container, too.
  if (deleted && SIGNALLED.includes(end.exitCode)) return explainDisappearance(observed);
  return end.exitCode === KILLED ? outOfMemory(observed, 'presumed') : undefined;
}

/** Why the pod failed or is gone, if its container's status doesn't say. */
export function explainDisappearance({ pod, events, deleted }: ObservedPod): Problem {
  const { name } = pod.metadata;
  const event = events.find(({ reason = '' }) => reason === 'Evicted' || Object.hasOwn(LOST_EVENTS, reason));
  if (event?.reason === 'Evicted') return evicted(pod, event.message);
  if (event !== undefined) return lost(pod, LOST_EVENTS[event.reason!]!, event.message);
  if (!deleted) {
    const { reason = 'Failed', message } = pod.status ?? {};
    return problem({
      code: 'cluster/refused',
      message: `The pod ${name} failed (${reason}): ${sentence(message) || 'its status gives no reason.'}`,
      fix: 'Read `kubectl get events` of the namespace.',
    });
  }
  const when = pod.status?.phase === 'Pending' ? 'before it started' : 'while it ran';
  return problem({ code: 'cluster/pod-deleted', message: `The pod ${name} was deleted ${when}.` });
}

export function cannotStart(observed: ObservedPod, message = ''): Problem {
  // The words of runc, whose first process counts as the container's.
  if (/OOM-killed|cannot allocate memory/.test(message)) return outOfMemory(observed);
  const { name } = observed.pod.metadata;
  return problem({
    code: 'cluster/image',
    message: `The container of the pod ${name} can't be started: ${sentence(message)}`,
  });
}

function outOfMemory({ pod, container }: ObservedPod, presumed?: 'presumed'): Problem {
  const { limits } = pod.spec?.containers.find(({ name }) => name === container)?.resources ?? {};
  const limit = limits?.['memory'];
  const most = limit === undefined ? `${nodeOf(pod)} has` : `its limit of ${limit}`;
  const reason = presumed ? 'exit code 137, probably because memory ran short' : `it used more memory than ${most}`;
  return problem({
    code: 'cluster/out-of-memory',
    message: `The container of the pod ${pod.metadata.name} was killed: ${reason}.`,
    ...(limit !== undefined && {
      fix: `Raise \`limits.memory\` of the builder above ${limit}, and \`requests.memory\` with it.`,
    }),
  });
}

function evicted(pod: Pod, reason?: string): Problem {
  const message = `The pod ${pod.metadata.name} was evicted from ${nodeOf(pod)}: ${sentence(reason) || 'no reason given.'}`;
  return problem({ code: 'cluster/evicted', message });
}

function deadline({ metadata, spec }: Pod): Problem {
  const seconds = spec?.activeDeadlineSeconds ?? 0;
  const limit = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const message = `The pod ${metadata.name} took longer than its deadline of ${limit}.`;
  return problem({ code: 'cluster/deadline', message });
}

function lost(pod: Pod, why: string, message = ''): Problem {
  const reason = why.replace('the node', nodeOf(pod));
  const detail = message.trim().replace(/\.$/, '');
  return problem({
    code: 'cluster/pod-lost',
    message: `The pod ${pod.metadata.name} was lost: ${reason}${detail === '' ? '' : ` (${detail})`}.`,
  });
}

const nodeOf = ({ spec }: Pod): string => (spec?.nodeName === undefined ? 'the node' : `the node ${spec.nodeName}`);
