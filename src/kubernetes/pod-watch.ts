import { setTimeout as delay } from 'node:timers/promises';
import { failure, ReleaseError } from '../lib/errors.js';
import { isNotFound, isOutage, kubectlError } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { readObjects } from './objects.js';
import { createdBy } from './ownership.js';
import type { Pod, PodEvent } from './pod.js';
import { readPodState, type PodState, type StartupTrouble } from './pod-state.js';

export const POD_LIMITS = {
  /** Until the container runs, if the cluster gives no reason for the wait. */
  startMs: 600_000,
  /** For which the API server may be away. */
  outageMs: 180_000,
  waitingMs: 1000,
  runningMs: 3000,
  /** Before a log that was cut is read again. */
  retryMs: 1000,
  /** For which the phase of the pod may lag behind the exit code of its container. */
  phaseMs: 30_000,
  /** Factor for the deadlines of startup troubles. */
  troubleFactor: 1,
};

export type PodLimits = typeof POD_LIMITS;

export interface PodWatchOptions {
  kubectl: Kubectl;
  name: string;
  container: string;
  limits: PodLimits;
  signal: AbortSignal;
  /** Each state that says something new. */
  onState: (state: Extract<PodState, { status: 'waiting' | 'running' }>) => void;
  onOutage: (message: string) => void;
}

export type PodExit = Extract<PodState, { status: 'exited' }>;

/**
 * Follows a pod to its end by reading it again and again. `kubectl get NAME --watch` misses a change between its first
 * read and its watch, and has to be started again whenever a proxy cuts it.
 * @returns `ended` rejects with ReleaseError `cluster/*` if the pod doesn't start or is lost, or if the API server stays
 *   away; `readNow` reads the pod at once, because something happened to it
 */
export function watchPod(options: PodWatchOptions) {
  let awake = new AbortController();
  const pause = async (ms: number) => {
    await delay(ms, undefined, { signal: AbortSignal.any([awake.signal, options.signal]) }).catch(() => {});
    awake = new AbortController();
  };
  return { ended: followPod(options, pause), readNow: () => awake.abort() };
}

async function followPod(options: PodWatchOptions, pause: (ms: number) => Promise<void>): Promise<PodExit> {
  const { kubectl, name, container, limits, signal } = options;
  const seen = new Set<string>();
  const checkStartup = startupTimer(name, limits);
  let pod: Pod = { metadata: { name } };
  let awaySince: number | undefined;
  let endingSince: number | undefined;
  for (;;) {
    const { code, stdout, stderr } = await kubectl.call(['get', 'pod', name, '--output=json'], { signal });
    signal.throwIfAborted();
    const gone = code !== 0 && isNotFound(stderr);
    if (code !== 0 && !gone) {
      const error = kubectlError(stderr, `read the pod ${name}`);
      if (!isOutage(stderr)) throw error;
      if (awaySince === undefined) options.onOutage(error.message);
      awaySince ??= Date.now();
      if (Date.now() - awaySince > limits.outageMs) throw error;
      await pause(limits.waitingMs);
      signal.throwIfAborted();
      continue;
    }
    awaySince = undefined;
    if (!gone) pod = JSON.parse(stdout.toString()) as Pod;
    let state = readPodState({ pod, events: [], container, gone });
    if (state.status !== 'exited' && state.status !== 'running') {
      const events = await readEvents(kubectl, pod, signal);
      signal.throwIfAborted();
      state = readPodState({ pod, events, container, gone });
    }
    if (state.status === 'ending') {
      endingSince ??= Date.now();
      if (Date.now() - endingSince >= limits.phaseMs) state = state.end;
    }
    if (state.status === 'exited') return state;
    if (state.status === 'failed') throw new ReleaseError([state.problem]);
    if (state.status === 'waiting') checkStartup(state.trouble);
    if (state.status !== 'ending') {
      // A kubelet describes one trouble in different words: a failed try, the wait for the next one.
      const what = state.status === 'waiting' ? (state.trouble?.problem.code ?? state.message) : 'running';
      if (!seen.has(what)) options.onState(state);
      seen.add(what);
    }
    await pause(state.status === 'running' ? limits.runningMs : limits.waitingMs);
    signal.throwIfAborted();
  }
}

/** Events only explain: nothing depends on the right to read them. */
async function readEvents(kubectl: Kubectl, { metadata }: Pod, signal: AbortSignal): Promise<PodEvent[]> {
  const selector = `--field-selector=involvedObject.name=${metadata.name}`;
  const events = await readObjects<PodEvent>(kubectl, ['events', selector], signal);
  const { uid } = metadata;
  return (events ?? []).filter(({ involvedObject }) => {
    const of = involvedObject?.uid ?? '';
    return uid === undefined || of === '' || of === uid;
  });
}

/** Throws when a pod has waited too long for one thing. */
function startupTimer(name: string, { startMs, troubleFactor }: PodLimits) {
  let current = '';
  let since = Date.now();
  return ({ problem, deadlineMs }: Partial<StartupTrouble> = {}) => {
    const code = problem?.code ?? '';
    if (code !== current) since = Date.now();
    current = code;
    const waited = Date.now() - since;
    if (problem === undefined && waited > startMs) throw notStarted(name, waited);
    if (problem === undefined || deadlineMs === undefined || waited < deadlineMs * troubleFactor) return;
    const ending = deadlineMs * troubleFactor === 0 ? '.' : `, since ${Math.round(waited / 1000)} s.`;
    throw new ReleaseError([{ ...problem, message: problem.message.replace(/\.$/, ending) }]);
  };
}

function notStarted(name: string, waited: number): ReleaseError {
  const message = `The pod ${name} did not start within ${Math.ceil(waited / 60_000)} min, and the cluster gives no reason.`;
  const fix = `Run again, and look at it with \`kubectl describe pods --selector=${createdBy()}\` while it waits.`;
  return failure({ code: 'cluster/pod-not-started', message, fix });
}
