import { formatReference } from '../../../plan/references.js';
import { baseKey } from '../../../config/config.js';
import type { PlannedImage } from '../../../plan/plan.js';

/**
 * Named contexts as bake takes them. A base that is built in the same bake is its target, so that BuildKit orders
 * the builds by itself; one that is not built is what is published of it, by digest.
 * @param targets bake target by key of image or helper
 */
export function contextSources(
  contexts: Readonly<Record<string, string>>,
  targets: Readonly<Record<string, string>>,
  images: readonly PlannedImage[],
): Record<string, string> {
  const resolve = (source: string): string => {
    const key = baseKey(source);
    if (key === undefined) return source;
    const target = targets[key];
    if (target !== undefined) return `target:${target}`;
    const image = images.find((other) => other.key === key);
    if (image?.status !== 'unchanged') throw new Error(`${source} is neither built nor published.`);
    return `docker-image://${formatReference({ name: image.image, digest: image.digest })}`;
  };
  return Object.fromEntries(Object.entries(contexts).map(([name, source]) => [name, resolve(source)]));
}
