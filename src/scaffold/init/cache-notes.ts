import type { Draft } from './draft.js';
import type { Found } from './found.js';

/** Caches that each image has in a place of its own move to the tag that a release gives them. */
export function cacheNotes({ cache }: Draft, { images }: Found): string[] {
  const references = [...new Set(images.flatMap(({ cacheRef }) => cacheRef ?? []))];
  const keepsIts = cache?.type !== 'registry' || cache.ref !== undefined || references.length === 0;
  return keepsIts
    ? []
    : [
        `The cache of each image moves from ${references.join(', ')} to the tag \`cache\` beside it: the first build is without one, and the old ones can be deleted.`,
      ];
}
