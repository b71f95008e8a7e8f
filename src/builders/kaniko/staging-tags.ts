import type { KanikoPorts } from './ports.js';

/** What was pushed under a tag that nobody is to see. */
export interface Staged {
  image: string;
  tag: string;
}

/**
 * Removes them, best effort: they name what the index names by digest, so nothing depends on it. Many registries
 * delete no tags at all.
 */
export async function removeStagingTags(
  staged: readonly Staged[],
  { deleteTag }: Pick<KanikoPorts, 'deleteTag'>,
  say: (line: string) => void,
): Promise<void> {
  const left = await Promise.all(
    staged.map(async ({ image, tag }) => {
      const deleted = await deleteTag(image, tag).catch(() => false);
      return deleted ? [] : [`${image}:${tag}`];
    }),
  );
  const names = left.flat();
  if (names.length > 0)
    say(`The registry deletes no tags, so these stay, and nobody follows them: ${names.join(', ')}.`);
}
