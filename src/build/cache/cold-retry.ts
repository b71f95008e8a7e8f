import { ReleaseError, type Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';

/**
 * Builds again when a part of the build cache vanished while it was read: BuildKit looks for all cached layers
 * first and fetches them when they are needed, so what is evicted in between fails the build
 * (docker/buildx#3374). The images concerned are built once more without reading the cache; should that
 * meet a loss in another image's cache, all of them are. What fails after that fails.
 * @param build builds these images, each with all others of the list
 * @param tell a sentence of progress
 * @throws ReleaseError whatever the last try was stopped by
 */
export async function buildDespiteLostCache<T>(
  images: readonly PlannedImage[],
  build: (images: readonly PlannedImage[]) => Promise<T>,
  tell: (line: string) => void,
): Promise<{ result: T; warnings: Problem[] }> {
  const warnings: Problem[] = [];
  let tried = images;
  for (;;) {
    try {
      return { result: await build(tried), warnings };
    } catch (error) {
      const colder = withoutLostCache(tried, error, warnings.length);
      if (colder === undefined) throw error;
      warnings.push(colder.warning);
      tell(colder.warning.message);
      tried = colder.images;
    }
  }
}

const RETRIES = 2;

/** @param retries how many there were @returns undefined when another try has no better chance */
function withoutLostCache(
  images: readonly PlannedImage[],
  error: unknown,
  retries: number,
): { images: readonly PlannedImage[]; warning: Problem } | undefined {
  if (!(error instanceof ReleaseError) || retries === RETRIES) return undefined;
  const losses = error.problems.filter(({ code }) => code === 'build/cache-lost');
  // Another failure stands beside it: the images would fail again.
  const [loss] = losses.length === error.problems.length ? losses : [];
  if (loss === undefined) return undefined;
  const named = losses.map(({ image }) => image);
  const all = retries > 0 || named.includes(undefined);
  const concerned = images.filter(
    ({ key, cacheFrom }) => cacheFrom.length > 0 && (all || named.includes(key)),
  );
  if (concerned.length === 0) return undefined;
  const keys = concerned.map(({ key }) => key);
  return {
    images: images.map((image) => (keys.includes(image.key) ? { ...image, cacheFrom: [] } : image)),
    warning: {
      code: 'build/cache-lost',
      severity: 'warning',
      message: `A part of the build cache vanished while it was read, so ${keys.join(', ')} was built again without it.`,
      fix: 'Nothing is to be done: what was built has been cached anew.',
      ...(keys.length === 1 && { image: keys[0] }),
      ...(loss.detail !== undefined && { detail: loss.detail }),
    },
  };
}
