import { setTimeout as wait } from 'node:timers/promises';
import type { BuilderPod } from '../../kubernetes/builder-pods.js';
import type { Problem } from '../../lib/errors.js';
import { builderLost } from './builder-lost.js';

/** Guards one build. */
export interface LossWatch {
  /** Aborted when the build waits for what will not answer. */
  lost: AbortSignal;
  /** buildx said something. */
  heard(): void;
  /** What was lost. */
  problem(): Problem;
  stop(): void;
}

/** How often pods are looked at, and how long nothing is heard before a build is given up. Milliseconds. */
export interface LossLimits {
  everyMs: number;
  silentMs: { alone: number; ofSeveral: number };
}

/**
 * Most versions of buildx wait forever for a pod that was evicted, deleted or killed: they never close the pipes of
 * their `exec` (docker/buildx#3966, of July 2026, does). Here a build is lost when one of the pods that it began with
 * is, and nothing was heard for a while: of several, another one may build.
 * @param look undefined: the cluster gave no answer
 */
export function watchForLoss(
  look: () => Promise<BuilderPod[] | undefined>,
  { everyMs, silentMs }: LossLimits = { everyMs: 5000, silentMs: { alone: 5000, ofSeveral: 30_000 } },
): LossWatch {
  const [lost, stopped] = [new AbortController(), new AbortController()];
  let heardAt = Date.now();
  let first: BuilderPod[] = [];
  let found: Problem | undefined;
  const compare = (pods: BuilderPod[]) => {
    if (first.length === 0) first = pods.filter(({ isRunning }) => isRunning);
    const gone = first.find(({ id }) => !pods.some((pod) => pod.id === id && pod.isRunning));
    if (gone === undefined) return;
    found = builderLost(wordsFor(gone, pods));
    if (Date.now() - heardAt >= silentMs[first.length > 1 ? 'ofSeveral' : 'alone']) lost.abort();
  };
  const watch = async () => {
    while (!stopped.signal.aborted && !lost.signal.aborted) {
      const pods = await look().catch(() => undefined);
      if (pods !== undefined) compare(pods);
      await wait(everyMs, undefined, { signal: stopped.signal });
    }
  };
  watch().catch(() => {});
  return {
    lost: lost.signal,
    heard: () => void (heardAt = Date.now()),
    problem: () => found ?? builderLost('a pod of the builder is gone'),
    stop: () => stopped.abort(),
  };
}

function wordsFor({ name }: BuilderPod, pods: readonly BuilderPod[]): string {
  const now = pods.find((pod) => pod.name === name);
  const why = now?.why === undefined ? '' : ` (${now.why})`;
  return now === undefined
    ? `the pod ${name} of the builder is gone`
    : `BuildKit in the pod ${name} ended${why}`;
}
