import type { Problem } from '../../../lib/errors.js';
import type { PlannedImage } from '../../../plan/plan.js';
import type { Adjusted, Adjustment } from '../attempts.js';

/**
 * What to do when a part of the build cache vanished while it was read: BuildKit looks for all cached layers
 * first and fetches them when they are needed, so what is evicted in between fails the build
 * (docker/buildx#3374). The images concerned are built once more without reading the cache; should that
 * meet a loss in another image's cache, all of them are. What fails after that fails.
 */
export const withoutLostCache: Adjustment = (images, losses, times) => {
  if (times === RETRIES) return undefined;
  const named = losses.map(({ image }) => image);
  const all = times > 0 || named.includes(undefined);
  const concerned = images.filter(
    ({ key, cacheFrom }) => cacheFrom.length > 0 && (all || named.includes(key)),
  );
  if (concerned.length === 0) return times === 0 ? onceMore(images, losses) : undefined;
  const keys = concerned.map(({ key }) => key);
  const detail = losses[0]?.detail;
  return {
    images: images.map((image) => (keys.includes(image.key) ? { ...image, cacheFrom: [] } : image)),
    warning: {
      code: 'build/cache-lost',
      severity: 'warning',
      message: `A part of the build cache vanished while it was read, so ${keys.join(', ')} was built again without it.`,
      fix: 'Nothing is to be done: what was built has been cached anew.',
      ...(keys.length === 1 && { image: keys[0] }),
      ...(detail !== undefined && { detail }),
    },
  };
};

const RETRIES = 2;

/** What is lost was the builder's own: two images that share a step can lose it to each other (moby/buildkit). */
function onceMore(images: readonly PlannedImage[], losses: readonly Problem[]): Adjusted {
  const detail = losses[0]?.detail;
  return {
    images,
    warning: {
      code: 'build/cache-lost',
      severity: 'warning',
      message: 'The builder lost a part of its own cache, so the build was tried again.',
      fix: 'Nothing is to be done; where it happens often, use a newer BuildKit.',
      ...(detail !== undefined && { detail }),
    },
  };
}
