import type { IgnoreRules } from './ignore.js';
import type { Pattern } from './pattern.js';

/** What is known of a folder once the patterns were asked. */
interface Standing {
  /** Of each pattern: whether it matched here or above. */
  matched: boolean[];
  isIgnored: boolean;
  /** Not walked: nothing below can be taken in again. */
  isPruned: boolean;
}

const ROOT: Standing = { matched: [], isIgnored: false, isPruned: false };

/**
 * Asks patterns as the builder's walk of a context does: from the top, each folder handing on which patterns matched.
 * Asking for a path alone gives other answers, such as for `a/b` under the patterns `a/b` and `!a`.
 * @see https://github.com/tonistiigi/fsutil/blob/master/filter.go
 */
export function createRules(patterns: readonly Pattern[]): IgnoreRules {
  const folders = new Map<string, Standing>([['.', ROOT]]);
  const exceptions = patterns.filter(({ effect }) => effect === 'take-in').map(({ text }) => stem(text));
  const isPlain = exceptions.every((text) => !/[*[\]?^\\]/.test(text));

  function standingOf(path: string, above: Standing): Standing {
    const matched: boolean[] = [];
    let isIgnored = false;
    for (const [index, pattern] of patterns.entries()) {
      const isOpen = (pattern.effect === 'take-in') === isIgnored;
      matched[index] = (above.matched[index] ?? false) || (isOpen && pattern.matches(path));
      if (matched[index]) isIgnored = pattern.effect === 'leave-out';
    }
    const isPruned =
      isIgnored && isPlain && !exceptions.some((exception) => `${exception}/`.startsWith(`${path}/`));
    return { matched, isIgnored, isPruned };
  }

  function folderOf(path: string): Standing {
    const known = folders.get(path);
    if (known) return known;
    const above = folderOf(parentOf(path));
    const standing = above.isPruned ? above : standingOf(path, above);
    folders.set(path, standing);
    return standing;
  }

  return {
    ignores(path) {
      const above = folderOf(parentOf(path));
      return above.isPruned || standingOf(path, above).isIgnored;
    },
    prunes: (folder) => folderOf(folder).isPruned,
  };
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.');

/** What the walk compares of an exception: the folder that its last wildcard stands in. */
const stem = (text: string): string => text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
