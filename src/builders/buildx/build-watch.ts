import { setTimeout as wait } from 'node:timers/promises';
import type { BuilderPod } from '../../kubernetes/builder-pods.js';
import { problem } from '../../lib/errors.js';
import type { BuildFailure } from './retries.js';

/** Ends a build that waits for something that never answers. */
export interface BuildWatch {
  ended: AbortSignal;
  /** buildx printed something. */
  heard(): void;
  failure(): BuildFailure;
  stop(): void;
}

/** How often pods are listed, and after how much silence a build is given up. Milliseconds. */
export interface PodLimits {
  everyMs: number;
  silentMs: { alone: number; ofSeveral: number };
}

/**
 * Most versions of buildx wait forever for a pod that was evicted, deleted or killed: they never close the pipes of
 * their `exec` (docker/buildx#3966 does). A build is lost if one of its first pods is, and buildx is silent for a while:
 * with several pods, another one may build.
 * @param list undefined: the cluster gave no answer
 */
export function watchPods(
  list: () => Promise<BuilderPod[] | undefined>,
  { everyMs, silentMs }: PodLimits = { everyMs: 5000, silentMs: { alone: 5000, ofSeveral: 30_000 } },
): BuildWatch {
  const [ended, stopped] = [new AbortController(), new AbortController()];
  let heardAt = Date.now();
  let first: BuilderPod[] = [];
  let reason = 'a pod of the builder is gone';
  const compare = (pods: BuilderPod[]) => {
    if (first.length === 0) first = pods.filter(({ isRunning }) => isRunning);
    const gone = first.find(({ id }) => !pods.some((pod) => pod.id === id && pod.isRunning));
    if (gone === undefined) return;
    const now = pods.find(({ name }) => name === gone.name);
    reason =
      now === undefined
        ? `the pod ${gone.name} of the builder is gone`
        : `BuildKit in the pod ${gone.name} ended${now.why === undefined ? '' : ` (${now.why})`}`;
    if (Date.now() - heardAt >= silentMs[first.length > 1 ? 'ofSeveral' : 'alone']) ended.abort();
  };
  const watch = async () => {
    while (!stopped.signal.aborted && !ended.signal.aborted) {
      const pods = await list().catch(() => undefined);
      if (pods !== undefined) compare(pods);
      await wait(everyMs, undefined, { signal: stopped.signal });
    }
  };
  watch().catch(() => {});
  return {
    ended: ended.signal,
    heard: () => void (heardAt = Date.now()),
    failure: () => ({
      problem: problem({ code: 'build/builder-lost', message: `Build: ${reason}.` }),
      remedies: ['wait-for-builder'],
    }),
    stop: () => stopped.abort(),
  };
}

/** How long BuildKit may wait silently for the cache. */
const CACHE_LIMITS = { readMs: 2 * 60_000, writeMs: 5 * 60_000 };
export type CacheLimits = typeof CACHE_LIMITS;

/** Steps of BuildKit that read or write a build cache. */
export const CACHE_STEP = /^(importing cache manifest from|exporting cache|exporting to GitHub Actions)/;

/**
 * Ends a build that waits only for a cache: `timeout=` bounds BuildKit's retries, but not a request that the service
 * accepts and never answers. A BuildKit that waits for a cache to read would let another attempt wait, too.
 * @param running names of the steps in progress
 */
export function watchCache(running: () => readonly string[], limits: CacheLimits = CACHE_LIMITS): BuildWatch {
  const ended = new AbortController();
  let heardAt = Date.now();
  let reads = true;
  const limitMs = () => (reads ? limits.readMs : limits.writeMs);
  const look = () => {
    const steps = running();
    if (steps.length === 0 || !steps.every((name) => CACHE_STEP.test(name))) return;
    reads = steps.some((name) => name.startsWith('importing'));
    if (Date.now() - heardAt >= limitMs()) ended.abort();
  };
  const timer = setInterval(look, Math.min(1000, limits.readMs / 4)).unref();
  return {
    ended: ended.signal,
    heard: () => void (heardAt = Date.now()),
    failure: () => ({
      problem: problem({
        code: 'build/cache-lost',
        message: `The build cache could not be ${reads ? 'read' : 'written'}: its service gave no answer for ${limitMs() / 1000} s.`,
        fix: 'Restart the builder, which still waits (on a runner of GitHub: run the job again), and build with `no-cache`.',
      }),
      remedies: [reads ? 'another-builder' : 'without-cache'],
    }),
    stop: () => clearInterval(timer),
  };
}
