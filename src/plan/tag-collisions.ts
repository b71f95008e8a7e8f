import type { Problem } from '../lib/errors.js';
import { formatReference } from './references.js';

/** Finds references that two images of one release would both be pushed to: the later would replace the earlier. */
export function findTagCollisions(
  images: readonly { key: string; image: string; tags: readonly string[] }[],
): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  const reported = new Set<string>();
  for (const { key, image, tags } of images) {
    for (const tag of tags) {
      const reference = formatReference({ name: image, tag });
      const owner = owners.get(reference) ?? key;
      owners.set(reference, owner);
      const pair = `${owner} ${key}`;
      if (owner === key || reported.has(pair)) continue;
      reported.add(pair);
      problems.push({
        code: 'tags/collision',
        severity: 'error',
        message: `Images ${owner} and ${key} would both be pushed as ${reference}.`,
        fix: `Give ${key} another \`image\`, or \`tags\` of its own with a suffix such as suffix=-${key}.`,
        image: key,
      });
    }
  }
  return problems;
}
