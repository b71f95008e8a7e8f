import { trim } from '../words.js';
import { cleanPath, compilePattern, type Pattern } from './pattern.js';

/** The patterns of a `.dockerignore`, compiled. */
export interface IgnoreRules {
  /** Whether the builder leaves this path out. @param path relative to the context, `/` between parts */
  ignores(path: string): boolean;
  /** Whether nothing below an ignored folder can be taken in again, so that it need not be walked. */
  prunes(folder: string): boolean;
}

/** A file whose patterns can't be understood with certainty: everything counts, the image is always built. */
export interface UncertainIgnore {
  doubt: string;
  line: number;
}

/** Longest line that builders read: the buffer of Go's bufio.Scanner. */
const LINE_LIMIT = 64 * 1024;

/** Each path is compared with each of them. */
const MOST_PATTERNS = 5000;

/**
 * Reads the text of a `.dockerignore`; an empty one ignores nothing.
 * @param text decoded as UTF-8
 * @see https://github.com/moby/patternmatcher/blob/main/ignorefile/ignorefile.go
 */
export function parseIgnore(text: string): IgnoreRules | UncertainIgnore {
  const patterns: Pattern[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    const doubtful = (doubt: string): UncertainIgnore => ({ doubt, line: index + 1 });
    if (line.length * 3 > LINE_LIMIT && Buffer.byteLength(line) >= LINE_LIMIT)
      return doubtful('it is longer than builders read');
    if (line.startsWith('#') || trim(line) === '') continue;
    const pattern = compilePattern(normalize(trim(line)));
    if ('doubt' in pattern) return doubtful(pattern.doubt);
    patterns.push(pattern);
    if (patterns.length > MOST_PATTERNS) return doubtful(`it has more than ${MOST_PATTERNS} patterns`);
  }
  return createRules(patterns);
}

/** Paths of the file are relative to the context, with or without a slash in front. */
function normalize(line: string): string {
  const sign = line.startsWith('!') ? '!' : '';
  const path = trim(line.slice(sign.length));
  return path === '' ? sign : sign + cleanPath(path).replace(/^\/(?=.)/, '');
}

interface FolderState {
  /** For each pattern: whether it matched here or above. */
  matched: boolean[];
  isIgnored: boolean;
  /** Not walked: nothing below can be taken in again. */
  isPruned: boolean;
}

/**
 * Applies patterns as the builder's walk of a context does: from the top, each folder passing on which patterns matched.
 * Matching a path alone gives other answers, such as for `a/b` under the patterns `a/b` and `!a`.
 * @see https://github.com/tonistiigi/fsutil/blob/master/filter.go
 */
export function createRules(patterns: readonly Pattern[]): IgnoreRules {
  const root: FolderState = { matched: [], isIgnored: false, isPruned: false };
  const folders = new Map<string, FolderState>([['.', root]]);
  // The walk compares an exception up to the folder of its last wildcard.
  const exceptions = patterns
    .filter(({ effect }) => effect === 'take-in')
    .map(({ text }) => text.replace(/\/\*\*$/, '').replace(/\/\*$/, ''));
  const isPlain = exceptions.every((text) => !/[*[\]?^\\]/.test(text));

  function stateOf(path: string, above: FolderState): FolderState {
    const matched: boolean[] = [];
    let isIgnored = false;
    for (const [index, pattern] of patterns.entries()) {
      const isOpen = (pattern.effect === 'take-in') === isIgnored;
      matched[index] = (above.matched[index] ?? false) || (isOpen && pattern.matches(path));
      if (matched[index]) isIgnored = pattern.effect === 'leave-out';
    }
    const isPruned = isIgnored && isPlain && !exceptions.some((exception) => `${exception}/`.startsWith(`${path}/`));
    return { matched, isIgnored, isPruned };
  }

  function folderState(path: string): FolderState {
    const known = folders.get(path);
    if (known) return known;
    const above = folderState(parentOf(path));
    const state = above.isPruned ? above : stateOf(path, above);
    folders.set(path, state);
    return state;
  }

  return {
    ignores(path) {
      const above = folderState(parentOf(path));
      return above.isPruned || stateOf(path, above).isIgnored;
    },
    prunes: (folder) => folderState(folder).isPruned,
  };
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.');
