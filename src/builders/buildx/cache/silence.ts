import type { Problem } from '../../../lib/errors.js';
import type { PlannedImage } from '../../../plan/plan.js';
import type { Adjustment } from '../attempts.js';
import type { LossWatch } from '../pod-loss.js';

/** How long BuildKit may wait for the cache without a word, in milliseconds. */
export interface CacheLimits {
  readMs: number;
  writeMs: number;
}

const LIMITS: CacheLimits = { readMs: 2 * 60_000, writeMs: 5 * 60_000 };

/** Steps of BuildKit that read or write a build cache. */
export const CACHE_STEP = /^(importing cache manifest from|exporting cache|exporting to GitHub Actions)/;
const READS = /^importing/;

/**
 * Ends a build that waits for a cache only: `timeout=` bounds the retries of BuildKit, and no request that is accepted
 * and never answered.
 * @param running names of the steps that are under way
 */
export function watchForSilence(running: () => readonly string[], limits = LIMITS): LossWatch {
  const lost = new AbortController();
  let heardAt = Date.now();
  let problem: Problem | undefined;
  const look = () => {
    const steps = running();
    if (steps.length === 0 || !steps.every((name) => CACHE_STEP.test(name))) return;
    const [what, limitMs] = steps.some((name) => READS.test(name))
      ? (['read', limits.readMs] as const)
      : (['written', limits.writeMs] as const);
    if (Date.now() - heardAt < limitMs) return;
    problem = silent(what, limitMs);
    lost.abort();
  };
  const timer = setInterval(look, Math.min(1000, limits.readMs / 4)).unref();
  return {
    lost: lost.signal,
    heard: () => void (heardAt = Date.now()),
    problem: () => problem ?? silent('read', limits.readMs),
    stop: () => clearInterval(timer),
  };
}

const WRITTEN = 'The build cache could not be written';

function silent(what: 'read' | 'written', ms: number): Problem {
  const reason = `its service gave no answer for ${ms / 1000} s`;
  return {
    code: 'build/cache-silent',
    severity: 'error',
    message:
      what === 'read'
        ? `The build cache could not be read: ${reason}, and BuildKit waits for it.`
        : `${WRITTEN}: ${reason}.`,
    fix: 'Restart the builder, which goes on waiting (on a runner of GitHub: run the job again), and build with `no-cache`.',
  };
}

/**
 * The images are built and pushed before a cache is written, so they are built once more without one, from what the
 * builder has. While it waits for a cache that it reads, BuildKit builds nothing else: another attempt would wait, too.
 */
export const withoutSilentCache: Adjustment = (images, [problem]) => {
  if (!problem?.message.startsWith(WRITTEN) || !images.some(usesCache)) return undefined;
  return {
    images: images.map((image) => ({ ...image, cacheFrom: [], cacheTo: [] })),
    warning: {
      ...problem,
      severity: 'warning',
      fix: 'The images are not affected; the next build takes longer.',
    },
  };
};

const usesCache = ({ cacheFrom, cacheTo }: PlannedImage) => cacheFrom.length + cacheTo.length > 0;
