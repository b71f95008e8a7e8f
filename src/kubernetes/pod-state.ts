import { problem, type Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { sentence } from './kubectl-problems.js';
import type { ContainerState, Pod, PodEvent } from './pod.js';
import { cannotStart, explainDisappearance, explainDisruption, explainTermination } from './pod-endings.js';
import type { ObservedPod } from './pod-endings.js';

/** The state of a pod by its status and its events. */
export type PodState =
  /** `message`: a sentence. `trouble`: why it may never start. */
  | { status: 'waiting'; message: string; trouble?: StartupTrouble }
  | { status: 'running' }
  | { status: 'exited'; exitCode: number; terminationMessage: string }
  | { status: 'failed'; problem: Problem }
  /** The container has ended, its pod hasn't: the reason may follow. `end`: the state if none does. */
  | { status: 'ending'; end: PodEnding };

export type PodEnding = Extract<PodState, { status: 'exited' | 'failed' }>;

/** @param observation.events as far as they can be read */
export function readPodState(observation: {
  pod: Pod;
  events: readonly PodEvent[];
  container?: string;
  gone?: boolean;
}): PodState {
  const { pod, events } = observation;
  const status = pod.status ?? {};
  const name = observation.container ?? pod.spec?.containers[0]?.name;
  const main = status.containerStatuses?.find((one) => one.name === name);
  const deleted = observation.gone === true || pod.metadata.deletionTimestamp !== undefined;
  const seen = { pod, events, container: name, deleted };

  const disruption = explainDisruption(pod);
  const terminated = main?.state?.terminated;
  if (terminated !== undefined) {
    const { exitCode, reason, message: terminationMessage = '' } = terminated;
    if (exitCode === 0 && reason !== 'ContainerStatusUnknown')
      return { status: 'exited', exitCode, terminationMessage };
    const problem = disruption ?? explainTermination(seen, terminated);
    const end: PodEnding =
      problem === undefined ? { status: 'exited', exitCode, terminationMessage } : { status: 'failed', problem };
    // A kubelet that evicts a pod reports the exit code of its container first.
    const open = disruption === undefined && !deleted && status.phase === 'Running';
    return open ? { status: 'ending', end } : end;
  }
  if (disruption !== undefined) return { status: 'failed', problem: disruption };
  if (deleted || status.phase === 'Failed') return { status: 'failed', problem: explainDisappearance(seen) };
  if (main?.state?.running !== undefined) return { status: 'running' };
  // An init container that waits blocks the others.
  const blocked = status.initContainerStatuses?.find(
    ({ state }) => state?.waiting !== undefined && state.waiting.reason !== 'PodInitializing',
  );
  const waiting = blocked?.state?.waiting ?? main?.state?.waiting;
  return { status: 'waiting', ...describeStartup(seen, waiting) };
}

/** Why a waiting pod may never start. */
export interface StartupTrouble {
  problem: Problem;
  /** After how long it is final; 0: at once. */
  deadlineMs: number;
}

const SECOND = 1000;
/** A kubelet tries again after 10 s, then after 20 s. */
const PULLS = 60 * SECOND;
/** Missing objects may be about to be created. */
const OBJECTS = 20 * SECOND;
/** Volumes are detached from other nodes first, networks are set up: both can take minutes. */
const VOLUMES = 300 * SECOND;
const NETWORK = 120 * SECOND;
const SCHEDULING = 300 * SECOND;

type Waiting = ContainerState['waiting'];

function describeStartup(observed: ObservedPod, waiting: Waiting): { message: string; trouble?: StartupTrouble } {
  const { pod, events } = observed;
  const { name } = pod.metadata;
  const trouble = unscheduled(observed) ?? troubleOfContainer(observed, waiting) ?? troubleOfEvents(observed);
  if (trouble !== undefined) return { message: trouble.problem.message, trouble };
  const { nodeName } = pod.spec ?? {};
  if (latest(events, () => true)?.reason === 'Pulling') return { message: `The pod ${name} is pulling its image.` };
  if (nodeName === undefined) return { message: `The pod ${name} waits for a node.` };
  return { message: `The pod ${name} is being set up on ${nodeName}.` };
}

function unscheduled({ pod, events }: ObservedPod): StartupTrouble | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status === 'True' || pod.spec?.nodeName !== undefined) return undefined;
  const event = latest(events, ({ reason }) => reason === 'FailedScheduling');
  const known = ['Unschedulable', 'SchedulingGated'].includes(condition?.reason ?? '');
  if (!known && event === undefined) return undefined;
  // The rest says that no other pod can make room.
  const [message] = (condition?.message ?? event?.message ?? '').split(/\.? *(?:no new claims|preemption:)/);
  return trouble(
    'cluster/unschedulable',
    `No node takes the pod ${pod.metadata.name}: ${sentence(message)}`,
    SCHEDULING,
  );
}

/** By `state.waiting.reason` of the container, as kubelets have it: pkg/kubelet/images/types.go, pkg/kubelet/container. */
function troubleOfContainer(observed: ObservedPod, waiting: Waiting): StartupTrouble | undefined {
  const { pod } = observed;
  const { reason = '', message = '' } = waiting ?? {};
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'RegistryUnavailable':
    case 'ImageInspectError':
    case 'SignatureValidationFailed':
      return badImage(observed, message.replace(RUNTIME_PREFIX, ''), PULLS);
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return badImage(observed, message, 0);
    case 'CreateContainerConfigError':
      return objectMissing(`The container of the pod ${pod.metadata.name} can't be created: ${sentence(message)}`);
    case 'CreateContainerError':
    case 'RunContainerError':
      return { problem: cannotStart(observed, message), deadlineMs: OBJECTS };
    case 'CreatePodSandboxError':
      return sandbox(observed, message);
    default:
      return undefined;
  }
}

function badImage({ pod, container }: ObservedPod, reason: string, deadlineMs: number): StartupTrouble {
  const image = pod.spec?.containers.find(({ name }) => name === container)?.image ?? 'of the pod';
  return trouble('cluster/image', `The node can't pull the image ${image}: ${sentence(reason)}`, deadlineMs);
}

/** What kubelet and containerd put before the reason. */
const RUNTIME_PREFIX = /^.*failed to (?:pull and unpack image|resolve reference) "[^"]*": /;

/** Failed mounts and sandboxes are reported only by events. */
function troubleOfEvents(observed: ObservedPod): StartupTrouble | undefined {
  const event = latest(observed.events, ({ reason = '' }) => EVENTS.includes(reason));
  const { reason, message = '' } = event ?? {};
  switch (reason) {
    case 'FailedMount':
    case 'FailedAttachVolume':
    case 'FailedMapVolume': {
      const text = `A volume of the pod ${observed.pod.metadata.name} can't be mounted: ${sentence(message)}`;
      const missing = /" not found|references non-existent/.test(message);
      return missing ? objectMissing(text) : trouble('cluster/pod-not-started', text, VOLUMES);
    }
    case 'FailedCreatePodSandBox':
      return sandbox(observed, message);
    default:
      return undefined;
  }
}

const EVENTS = [
  ...['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox'],
  ...['Pulling', 'Pulled', 'Created', 'Started'],
];

const objectMissing = (message: string): StartupTrouble => trouble('cluster/object-missing', message, OBJECTS);

function sandbox({ pod }: ObservedPod, message: string): StartupTrouble {
  const text = `The node can't set up the pod ${pod.metadata.name}: ${sentence(message)}`;
  return trouble('cluster/pod-not-started', text, NETWORK);
}

function trouble(code: ProblemCode, message: string, deadlineMs: number): StartupTrouble {
  return { problem: problem({ code, message }), deadlineMs };
}

function latest(events: readonly PodEvent[], test: (event: PodEvent) => boolean): PodEvent | undefined {
  const timeOf = ({ lastTimestamp, eventTime, firstTimestamp, metadata }: PodEvent) =>
    Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata?.creationTimestamp ?? '') || 0;
  // The list is in no order; of two events of one second the last counts.
  return events
    .filter(test)
    .sort((one, other) => timeOf(one) - timeOf(other))
    .at(-1);
}
