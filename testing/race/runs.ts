import { pick } from '../random.js';

export const IMAGES = ['api', 'web', 'worker'] as const;
export type ImageKey = (typeof IMAGES)[number];

/** What every image is deployed as before the race. */
export const FIRST_TAG = 'main-0000000';

/** One run of the race: a release of some images that were built from a commit of the history. */
export interface RacingRun {
  /** Id of the run; later runs have greater ones, but may be of older commits. */
  run: number;
  /** Index into the history; 0 is what was deployed first. */
  source: number;
  /** Tag by image. */
  tags: Partial<Record<ImageKey, string>>;
  /** Milliseconds from the start of the race. */
  delay: number;
}

/**
 * Draws the runs of a race, in the order in which they start. A few find their image unchanged since the first
 * release (the newer run that has nothing to change), and some share a commit and differ by their run alone.
 */
export function drawRuns(random: () => number, count: number, commits: readonly string[]): RacingRun[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const ids = shuffled(
    random,
    Array.from({ length: count }, (_, index) => 4001 + index),
  );
  return ids.map((run) => {
    const source = 1 + below(commits.length - 1);
    const keys = IMAGES.filter(() => random() < 0.6);
    const taken = keys.length > 0 ? keys : [pick(IMAGES, random)];
    const tag = `main-${commits[source]!.slice(0, 7)}`;
    return {
      run,
      source,
      tags: Object.fromEntries(taken.map((key) => [key, random() < 0.15 ? FIRST_TAG : `${tag}-r${run}`])),
      delay: below(400),
    };
  });
}

/** What has to stand at the end: per image the run of the newest commit, among those the newest run. */
export function winners(runs: readonly RacingRun[]): Partial<Record<ImageKey, RacingRun>> {
  return Object.fromEntries(
    IMAGES.flatMap((key) => {
      const [newest] = runs
        .filter(({ tags }) => tags[key] !== undefined)
        .sort((a, b) => b.source - a.source || b.run - a.run);
      return newest === undefined ? [] : [[key, newest]];
    }),
  );
}

function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
