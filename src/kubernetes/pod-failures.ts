import type { Problem } from '../lib/errors.js';
import type { ContainerState, Pod, PodEvent } from './pod.js';

export interface PodScene {
  pod: Pod;
  events: readonly PodEvent[];
  /** Of the container that counts. */
  name: string | undefined;
  /** It is being deleted, or gone. */
  leaving: boolean;
}

type Terminated = NonNullable<ContainerState['terminated']>;

const KILLED = 137;
/** Exit codes of what was asked to end or was killed; Kaniko's own is 2. */
const ASKED_TO_END = [2, KILLED, 143];

const problem = (code: Problem['code'], message: string, fix: string): Problem => ({
  code,
  severity: 'error',
  message,
  fix,
});

/** How a kubelet says that it did not let the pod in: `OutOfcpu`, `OutOfmemory`, `OutOfpods`, … */
const NOT_ADMITTED = /^(?:OutOf\w+|NodeAffinity|NodePorts|UnexpectedAdmissionError|Preempting|NodeShutdown)$/;

/** What befell the pod from outside, by its own status; undefined: nothing that it tells. */
export function disruptionOf({ pod }: PodScene): Problem | undefined {
  const { reason = '', message = '' } = pod.status ?? {};
  const name = pod.metadata.name;
  const node = nodeOf(pod);
  const target = pod.status?.conditions?.find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  );
  if (reason === 'Evicted') return evicted(pod, message);
  if (reason === 'DeadlineExceeded') return deadline(pod);
  if (reason === 'NodeLost') return nodeLost(name, `${node} does not answer any more`, message);
  if (['Terminated', 'Shutdown'].includes(reason)) {
    return nodeLost(name, `${node} was shut down`, message);
  }
  if (NOT_ADMITTED.test(reason)) {
    return problem(
      'cluster/node-refused',
      `${capital(node)} did not take the pod ${name} (${reason}): ${sentence(message)}`,
      'Run again: another node may be chosen. When it persists, lower `requests` of the builder.',
    );
  }
  // https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
  switch (target?.reason) {
    case 'PreemptionByScheduler':
    case 'PreemptionByKubeScheduler':
      return problem(
        'cluster/preempted',
        `The pod ${name} had to make way for one of higher priority: ${sentence(target.message)}`,
        'Run again when the cluster has room, or let the namespace have a higher default priority.',
      );
    case 'DeletionByTaintManager':
      return nodeLost(name, `${node} got a taint, mostly because it does not answer`, target.message);
    case 'DeletionByPodGC':
      return nodeLost(name, `${node} is gone`, target.message);
    case 'EvictionByEvictionAPI':
      return nodeLost(name, `${node} was drained`, target.message);
    case 'TerminationByKubelet':
      return nodeLost(name, `${node} ended it, for a shutdown or for a pod that it needs`, target.message);
    default:
      return undefined;
  }
}

/** Why the container ended, where its exit code is not its own. */
export function explainEnd(scene: PodScene, end: Terminated): Problem | undefined {
  const { pod } = scene;
  const name = pod.metadata.name;
  if (end.reason === 'OOMKilled') return outOfMemory(scene, true);
  if (end.reason === 'DeadlineExceeded') return deadline(pod);
  if (end.reason === 'ContainerStatusUnknown') {
    return nodeLost(name, `${nodeOf(pod)} lost sight of it`, end.message);
  }
  if (['StartError', 'ContainerCannotRun'].includes(end.reason ?? '')) {
    return containerStart(scene, end.message ?? '');
  }
  // Whoever deletes a pod ends its container, too.
  if (scene.leaving && ASKED_TO_END.includes(end.exitCode)) {
    return explainLoss(scene);
  }
  return end.exitCode === KILLED ? outOfMemory(scene, false) : undefined;
}

/** The pod is gone, or on its way, without a word about the container's end. */
export function explainLoss({ pod, events, leaving }: PodScene): Problem {
  const name = pod.metadata.name;
  const told = events.find(({ reason }) =>
    ['TaintManagerEviction', 'NodeNotReady', 'Preempted', 'Evicted'].includes(reason ?? ''),
  );
  if (told?.reason === 'Preempted') {
    return problem(
      'cluster/preempted',
      `The pod ${name} had to make way for one of higher priority: ${sentence(told.message)}`,
      'Run again when the cluster has room, or let the namespace have a higher default priority.',
    );
  }
  if (told?.reason === 'Evicted') return evicted(pod, told.message ?? '');
  if (told !== undefined) return nodeLost(name, `${nodeOf(pod)} does not answer any more`, told.message);
  if (!leaving) {
    const { reason, message } = pod.status ?? {};
    return problem(
      'cluster/refused',
      `The pod ${name} failed${reason === undefined ? '' : ` (${reason})`}: ${sentence(message) || 'its status gives no reason.'}`,
      `Look at \`kubectl get events\` of the namespace.`,
    );
  }
  return problem(
    'cluster/pod-deleted',
    `The pod ${name} was deleted by somebody or something else ${pod.status?.phase === 'Pending' ? 'before it started' : 'while it ran'}.`,
    'Run again; look for jobs that clean up the namespace, and for people who do.',
  );
}

/** In the words of runc, whose own first process counts as the container's. */
const KILLED_AT_START = /OOM-killed|cannot allocate memory/;

export function containerStart(scene: PodScene, message: string): Problem {
  if (KILLED_AT_START.test(message)) return outOfMemory(scene, true);
  const architecture = /exec format error/.test(message);
  return problem(
    'cluster/container-start',
    `The container of the pod ${scene.pod.metadata.name} could not be started: ${sentence(message)}`,
    architecture
      ? 'The image is made for another architecture than the node: choose nodes with `node-selector` of the builder.'
      : 'Check `image` of the builder: it has to be an executor of Kaniko that starts by itself.',
  );
}

function outOfMemory({ pod, name }: PodScene, told: boolean): Problem {
  const container = pod.spec?.containers.find((one) => one.name === name);
  const limit = container?.resources?.limits?.['memory'];
  return problem(
    'cluster/out-of-memory',
    told
      ? `The container of the pod ${pod.metadata.name} was killed: it used more memory than ${limit === undefined ? `${nodeOf(pod)} has` : `its limit of ${limit}`}.`
      : `The container of the pod ${pod.metadata.name} was killed (exit code 137) and nobody says why: most probably memory ran short${limit === undefined ? '' : ` (its limit is ${limit})`}.`,
    limit === undefined
      ? 'Set `requests.memory` of the builder to what the build needs, so that a node with enough is chosen.'
      : `Raise \`limits.memory\` of the builder above ${limit}, and \`requests.memory\` with it.`,
  );
}

function evicted(pod: Pod, message: string): Problem {
  // By message: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
  const exceeded = /exceeds the (?:total )?limit/i.test(message);
  const what = /ephemeral|disk|inodes|emptydir/i.test(message) ? 'ephemeral-storage' : 'memory';
  return problem(
    'cluster/evicted',
    `${capital(nodeOf(pod))} threw the pod ${pod.metadata.name} out: ${sentence(message) || 'it ran short of something.'}`,
    exceeded
      ? `Raise \`limits.${what}\` of the builder.`
      : `Set \`requests.${what}\` of the builder to what the build needs, so that a node with enough is chosen.`,
  );
}

function deadline(pod: Pod): Problem {
  const seconds = pod.spec?.activeDeadlineSeconds;
  return problem(
    'cluster/deadline',
    `The pod ${pod.metadata.name} was stopped: it took longer than ${seconds === undefined ? 'it may' : `the ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} that it may`}.`,
    'Raise `timeout` of the builder (minutes), or give it more with `limits.cpu`.',
  );
}

function nodeLost(name: string, what: string, message = ''): Problem {
  return problem(
    'cluster/node-lost',
    `The pod ${name} was lost: ${what}${message === '' ? '.' : ` (${message.trim().replace(/\.$/, '')}).`}`,
    'Run again; when nodes come and go (spot, autoscaling), choose lasting ones with `node-selector` of the builder.',
  );
}

function nodeOf(pod: Pod): string {
  return pod.spec?.nodeName === undefined ? 'the node' : `the node ${pod.spec.nodeName}`;
}

export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** A message of the cluster as the end of a sentence. */
export function sentence(message = ''): string {
  const text = message.trim().replace(/\s+/g, ' ');
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
