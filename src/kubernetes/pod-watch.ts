import { setTimeout as delay } from 'node:timers/promises';
import { ReleaseError, type Problem } from '../lib/errors.js';
import { jsonStream } from '../lib/json-stream.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { madeBy } from './ownership.js';
import type { Pod, PodEvent } from './pod.js';
import { readPodState, type PodState } from './pod-state.js';
import type { Doubt } from './pod-waiting.js';

/** How long what may take. Milliseconds. */
export interface PodLimits {
  /** Until a node takes the pod. */
  schedulingMs: number;
  /** From then on until the container runs, if the cluster names no reason for the wait. */
  startMs: number;
  /** How long the API server may stay away. */
  outageMs: number;
  /** How often events are read while the pod waits. */
  eventsMs: number;
  /** How often, at the least, the pod itself is read, whatever the watch tells. */
  againMs: number;
  /** How soon a stream that was cut is opened again. */
  retryMs: number;
  /** How long the phase may take to follow an exit code. */
  phaseMs: number;
  /** The time that something doubtful is given, as a share of the usual. */
  patience: number;
}

export const POD_LIMITS: PodLimits = {
  schedulingMs: 300_000,
  startMs: 600_000,
  outageMs: 180_000,
  eventsMs: 2000,
  againMs: 15_000,
  retryMs: 1000,
  phaseMs: 30_000,
  patience: 1,
};

export interface PodWatch {
  kubectl: Kubectl;
  name: string;
  container: string;
  limits: PodLimits;
  signal: AbortSignal;
  /** Waiting and running, whenever something new is to be told. */
  onState: (state: Extract<PodState, { status: 'waiting' | 'running' }>) => void;
  /** The API server went away, and came back. */
  onOutage: (state: { away: true; message: string } | { away: false }) => void;
}

export type PodExit = Extract<PodState, { status: 'exited' }>;

interface WatchEvent {
  type?: string;
  object?: Pod;
}

/**
 * Follows a pod to its end through one watch, opened anew whenever it is cut.
 * @throws ReleaseError `cluster/*` when it will not start, was lost, or the API server stays away
 */
export async function watchPod(watch: PodWatch): Promise<PodExit> {
  const { kubectl, name, container, limits } = watch;
  const over = new AbortController();
  const signal = AbortSignal.any([watch.signal, over.signal]);
  let pod: Pod = { metadata: { name } };
  let gone = false;
  let events: PodEvent[] = [];
  let eventsReadable = true;
  const shown = new Set<string>();
  const since = new Map<string, number>();
  let endingSince: number | undefined;

  let end: (outcome: PodExit | Problem) => void;
  const outcome = new Promise<PodExit | Problem>((resolve) => (end = resolve));

  const readEvents = async () => {
    if (!eventsReadable) return;
    const { code, stdout, stderr } = await kubectl.call(
      ['get', 'events', `--field-selector=involvedObject.name=${name}`, '--output=json'],
      { signal },
    );
    if (code !== 0) {
      if (/\(Forbidden\)/.test(stderr.toString())) eventsReadable = false;
      return;
    }
    const { items } = JSON.parse(stdout.toString()) as { items: PodEvent[] };
    const { uid } = pod.metadata;
    events = items.filter(({ involvedObject: of }) => uid === undefined || !of?.uid || of.uid === uid);
  };

  const waitedTooLong = (doubt: Doubt | undefined): Problem | undefined => {
    const now = Date.now();
    const cause = doubt?.of ?? 'start';
    for (const known of since.keys()) if (known !== cause) since.delete(known);
    const waited = now - (since.get(cause) ?? now);
    since.set(cause, now - waited);
    if (doubt === undefined) return waited > limits.startMs ? stuck(name, limits.startMs) : undefined;
    const patience =
      doubt.of === 'scheduling' ? limits.schedulingMs : Math.round(doubt.patienceMs * limits.patience);
    if (waited < patience) return undefined;
    const { problem } = doubt;
    return patience < 1000
      ? problem
      : { ...problem, message: problem.message.replace(/\.$/, `, since ${Math.round(waited / 1000)} s.`) };
  };

  const look = async () => {
    let state = readPodState({ pod, events, container, gone });
    if (state.status === 'failed') {
      // Why it was lost is often told by events only.
      await readEvents().catch(() => {});
      state = readPodState({ pod, events, container, gone });
    }
    if (state.status === 'ending') {
      endingSince ??= Date.now();
      if (Date.now() - endingSince < limits.phaseMs) return;
      state = state.end;
    }
    if (state.status === 'exited') return end(state);
    if (state.status === 'failed') return end(state.problem);
    const problem = state.status === 'waiting' ? waitedTooLong(state.doubt) : undefined;
    if (problem !== undefined) return end(problem);
    // The kubelet words one trouble in turns: an attempt that failed, the wait for the next one.
    const matter =
      state.status === 'waiting'
        ? (state.doubt?.problem.code ?? state.message)
        : (state.remark ?? state.status);
    if (shown.has(matter)) return;
    shown.add(matter);
    watch.onState(state);
  };

  const take = (event: WatchEvent) => {
    if (event.object?.metadata === undefined) return;
    pod = event.object;
    gone = event.type === 'DELETED';
    const state = readPodState({ pod, events, container, gone });
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    const silent = state.status === 'running' && ready !== undefined && ready.status !== 'True';
    void (silent ? readEvents().catch(() => {}) : Promise.resolve()).then(look).catch(() => {});
  };

  const followChanges = async () => {
    let awaySince: number | undefined;
    while (!signal.aborted) {
      let heard = false;
      const push = jsonStream((event) => {
        heard = true;
        if (awaySince !== undefined) watch.onOutage({ away: false });
        awaySince = undefined;
        take(event as WatchEvent);
      });
      const { code, stderr } = await kubectl.stream(
        ['get', 'pod', name, '--watch', '--output-watch-events', '--output=json'],
        { onStdout: push, signal },
      );
      if (signal.aborted) return;
      if (code !== 0 && MISSING.test(stderr.toString())) {
        gone = true;
        await look();
      } else if (code !== 0 && !isOutage(stderr) && !EXPIRED.test(stderr.toString())) {
        return end(kubectlProblem(stderr, { doing: `watch the pod ${name}` }));
      } else if (!heard) {
        const problem = kubectlProblem(stderr, { doing: `follow the pod ${name}` });
        if (awaySince === undefined) watch.onOutage({ away: true, message: problem.message });
        awaySince ??= Date.now();
        if (Date.now() - awaySince > limits.outageMs) return end(problem);
      }
      await delay(limits.retryMs, undefined, { signal }).catch(() => {});
    }
  };

  const lookAtEvents = async () => {
    while (!signal.aborted) {
      await delay(limits.eventsMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const { status } = readPodState({ pod, events, container, gone });
      if (status !== 'waiting' && status !== 'ending') continue;
      // One that can't be told apart from a missing one is not asked about.
      if (status === 'waiting' && pod.metadata.uid !== undefined) await readEvents().catch(() => {});
      await look();
    }
  };

  /**
   * `kubectl get NAME --watch` reads the pod, then watches from what is there by then, and leaves out the first event,
   * taking it for what it has just printed. A change in between would never be told, and after a removal in between the
   * watch is silent for ever. https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/get/get.go (`watch`)
   */
  const lookAgain = async () => {
    for (let wait = limits.eventsMs; !signal.aborted; wait = Math.min(2 * wait, limits.againMs)) {
      await delay(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const known = pod;
      const { code, stdout, stderr } = await kubectl.call(['get', 'pod', name, '--output=json'], { signal });
      // What the watch has told meanwhile may be newer.
      if (gone || pod !== known) continue;
      if (code === 0) {
        const object = JSON.parse(stdout.toString()) as Pod;
        if (object.metadata.resourceVersion !== pod.metadata.resourceVersion) take({ object });
      } else if (MISSING.test(stderr.toString())) {
        gone = true;
        await look();
      }
    }
  };

  const cancelled = new Promise<never>((_, reject) => {
    const abort = () => reject(watch.signal.reason as Error);
    if (watch.signal.aborted) abort();
    watch.signal.addEventListener('abort', abort, { once: true });
    over.signal.addEventListener('abort', () => watch.signal.removeEventListener('abort', abort));
  });
  const work = Promise.all([followChanges(), lookAtEvents(), lookAgain()]);
  try {
    const found = await Promise.race([outcome, cancelled, work.then(() => outcome)]);
    if ('code' in found) throw new ReleaseError([found]);
    return found;
  } finally {
    over.abort();
    await work.catch(() => {});
  }
}

/** Once it was made, a pod is missing only when it was removed. */
const MISSING = /\(NotFound\)/;

/** A watch may only begin at what the API server still remembers; a new one begins with what is. */
const EXPIRED = /\((?:Expired|Gone)\)|too old resource version/;

function stuck(name: string, ms: number): Problem {
  return {
    code: 'cluster/stuck',
    severity: 'error',
    message: `The pod ${name} did not start in ${Math.ceil(ms / 60_000)} min, and the cluster gives no reason.`,
    fix: `Run again, and while it waits look with \`kubectl describe pods --selector=${madeBy()}\`; a large image on a slow registry may be all.`,
  };
}
