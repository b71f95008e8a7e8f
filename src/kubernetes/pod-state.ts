import type { Problem } from '../lib/errors.js';
import type { Pod, PodEvent } from './pod.js';
import { explainDisappearance, explainDisruption, explainTermination } from './pod-endings.js';
import { describeStartup, type StartupTrouble } from './pod-startup.js';

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

export interface PodObservation {
  pod: Pod;
  /** Events of this pod, as far as they can be read. */
  events: readonly PodEvent[];
  /** Undefined: the first container. */
  container?: string;
  /** The pod no longer exists. */
  gone?: boolean;
}

export function readPodState(observation: PodObservation): PodState {
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
