import { progressing, type LiveImage, type LiveOutcome } from './outcome.js';

/**
 * How long an answer must hold before it counts. Flux posts success before failure in some versions, kubelets repeat a
 * failed pull, and programs that crash once may start the second time.
 */
const STABLE_MS = 30_000;
/** Between two readings of a rollout: a few short kubectl processes. */
const ROLLOUT_MS = 5000;
/** Between two readings that may ask GitHub, whose requests are limited per hour. */
const OTHERWISE_MS = 15_000;

/** A commit status that was set just now may still change. */
export function settled(outcome: LiveOutcome, now: number): LiveOutcome {
  if (!('since' in outcome) || outcome.since === undefined || now - outcome.since >= STABLE_MS) return outcome;
  const words = outcome.status === 'failed' ? outcome.reason : 'its commit status is success';
  return progressing(`${words}, which counts after ${STABLE_MS / 1000} s`);
}

/** Whether waiting for an image is over. @param heldMs how long it has had this status */
export function isOver(outcome: LiveOutcome, heldMs: number): boolean {
  if (outcome.status === 'running' || outcome.status === 'progressing') return outcome.status === 'running';
  if (outcome.status === 'unknown') return outcome.open !== true && heldMs >= STABLE_MS;
  // A commit status has held for as long already.
  return outcome.since !== undefined || heldMs >= STABLE_MS;
}

/**
 * Reads until every image runs, one has failed, nothing more can be learnt, or the time is over.
 * @throws Cancelled when the sleep is cancelled
 */
export async function waitForImages(wait: {
  read(): Promise<LiveImage[]>;
  /** Called with images whose outcome has changed. */
  onChange(images: readonly LiveImage[]): void;
  limitMs: number;
  clock: { now(): number; sleep(ms: number): Promise<void> };
}): Promise<{ images: LiveImage[]; end: 'over' | 'timeout' }> {
  const { now, sleep } = wait.clock;
  const until = now() + wait.limitMs;
  const known = new Map<string, { status: string; words: string; since: number }>();
  for (;;) {
    const images = await wait.read();
    const changed = images.filter((image) => {
      const { status } = image.outcome;
      const id = `${image.channel} ${image.key}`;
      const before = known.get(id);
      const words = JSON.stringify(image.outcome);
      known.set(id, { status, words, since: before?.status === status ? before.since : now() });
      return before?.words !== words;
    });
    if (changed.length > 0) wait.onChange(changed);
    const over = images.filter(({ channel, key, outcome }) =>
      isOver(outcome, now() - known.get(`${channel} ${key}`)!.since),
    );
    if (over.length === images.length || over.some(({ outcome }) => outcome.status === 'failed'))
      return { images, end: 'over' };
    const left = until - now();
    if (left <= 0) return { images, end: 'timeout' };
    await sleep(Math.min(left, ...images.map(({ workloads }) => (workloads.length > 0 ? ROLLOUT_MS : OTHERWISE_MS))));
  }
}
