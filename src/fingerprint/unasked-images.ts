import type { BaseImages, BuildDescription } from '../dockerfile/description.js';
import { externalImages } from './external-images.js';

/**
 * What is taken of base images when no registry may be asked: they have no ONBUILD instructions, unless their name says
 * so. Hardly an image has them today; without this, all of each context would count and tell little.
 */
export function unaskedImages(root: string, builds: readonly BuildDescription[]): BaseImages {
  const unresolved = 'Not asked: offline.';
  return Object.fromEntries(
    externalImages(root, builds).map((reference) => [
      reference,
      /onbuild/i.test(reference) ? { unresolved } : { unresolved, assumed: 'no-triggers' as const },
    ]),
  );
}
