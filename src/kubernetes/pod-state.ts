import type { Problem } from '../lib/errors.js';
import type { ContainerState, ContainerStatus, Pod, PodEvent } from './pod.js';
import { disruptionOf, explainEnd, explainLoss } from './pod-failures.js';
import { explainWaiting, type Doubt } from './pod-waiting.js';

/** Where a pod stands: what its status and its events say together. */
export type PodState =
  /** `message` is a sentence to show. `doubt`: it may heal by itself, but not for ever. */
  | { status: 'waiting'; message: string; doubt?: Doubt }
  /** `remark`: the node does not answer at present. */
  | { status: 'running'; node?: string; remark?: string }
  /** The container came to an end of its own. */
  | { status: 'exited'; exitCode: number; terminationMessage: string }
  | { status: 'failed'; problem: Problem }
  /** The container has ended, its pod has not: the reason may follow. `end`: what it is if none does. */
  | { status: 'ending'; end: PodEnding };

export type PodEnding = Extract<PodState, { status: 'exited' | 'failed' }>;

export interface PodQuestion {
  pod: Pod;
  /** Events of this pod, as far as they may be read. */
  events: readonly PodEvent[];
  /** Undefined: the first. */
  container?: string;
  /** The API server says that there is no such pod any more. */
  gone?: boolean;
}

export function readPodState({ pod, events, container, gone }: PodQuestion): PodState {
  const name = container ?? pod.spec?.containers[0]?.name;
  const status = pod.status ?? {};
  const main = status.containerStatuses?.find((one) => one.name === name);
  const leaving = gone === true || pod.metadata.deletionTimestamp !== undefined;
  const scene = { pod, events, name, leaving };

  const disruption = disruptionOf(scene);
  const terminated = main?.state?.terminated;
  if (terminated !== undefined) {
    if (terminated.exitCode === 0 && terminated.reason !== 'ContainerStatusUnknown') {
      return { status: 'exited', exitCode: 0, terminationMessage: terminated.message ?? '' };
    }
    const { exitCode, message: terminationMessage = '' } = terminated;
    const problem = disruption ?? explainEnd(scene, terminated);
    const end: PodEnding =
      problem === undefined
        ? { status: 'exited', exitCode, terminationMessage }
        : { status: 'failed', problem };
    // A kubelet that throws a pod out reports the exit code of the container first.
    const open = disruption === undefined && !leaving && status.phase === 'Running';
    return open ? { status: 'ending', end } : end;
  }
  if (disruption !== undefined) return { status: 'failed', problem: disruption };
  if (leaving || status.phase === 'Failed') {
    return { status: 'failed', problem: explainLoss(scene) };
  }
  if (main?.state?.running !== undefined) return running(pod, events);
  return { status: 'waiting', ...explainWaiting({ ...scene, waiting: waitingOf(main, status) }) };
}

/** An init container that waits holds up the others. */
function waitingOf(
  main: ContainerStatus | undefined,
  { initContainerStatuses }: NonNullable<Pod['status']>,
): ContainerState['waiting'] {
  const held = initContainerStatuses?.find(
    ({ state }) => state?.waiting !== undefined && state.waiting.reason !== 'PodInitializing',
  );
  return held?.state?.waiting ?? main?.state?.waiting;
}

/** The node controller marks the pods of a node that went silent, minutes before it deletes them. */
function running(pod: Pod, events: readonly PodEvent[]): PodState {
  const node = pod.spec?.nodeName;
  const silent =
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status !== 'True') === true &&
    events.some(({ reason }) => reason === 'NodeNotReady');
  return {
    status: 'running',
    ...(node !== undefined && { node }),
    ...(silent && { remark: `The node ${node ?? 'of the pod'} does not answer the cluster at present.` }),
  };
}
