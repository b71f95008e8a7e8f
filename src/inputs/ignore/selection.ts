import type { ContextReads, CopySource } from '../dockerfile/dockerfile.js';
import { compileGlob, hasWildcards } from './match.js';
import { compilePattern, type Pattern } from './pattern.js';
import { createRules } from './rules.js';

/**
 * How an entry of a context gets into the image. `source`: a source names it, so that of a folder only what is in it
 * is copied, and a link is followed. `below`: it lies in a folder that is copied, and is copied as it is.
 */
export type Standing = 'source' | 'below' | 'none';

/** Which entries of a context are copied. Paths are relative to it, `/` between parts. */
export interface Selection {
  standing(path: string): Standing;
  /** Whether entries in the folder may be copied; false: it need not be walked. `.` is the context. */
  reaches(folder: string): boolean;
  /** Whether folders above the entry are copied with it, though no source covers them (`--parents`). */
  carries(path: string): boolean;
}

const EVERYTHING: Selection = { standing: () => 'below', reaches: () => true, carries: () => false };

/**
 * Links are not looked at: where a folder in the name of a source is one, or a source names one, BuildKit follows it
 * and copies what is elsewhere in the context.
 */
export function selectionOf(reads: ContextReads): Selection {
  if (reads.status === 'all') return EVERYTHING;
  const selections = reads.sources.map((source) => (source.parents ? withParents(source) : ofSource(source)));
  return {
    standing(path) {
      let found: Standing = 'none';
      for (const selection of selections) {
        const standing = selection.standing(path);
        if (standing === 'below') return 'below';
        if (standing === 'source') found = 'source';
      }
      return found;
    },
    reaches: (folder) => selections.some((selection) => selection.reaches(folder)),
    carries: (path) => selections.some((selection) => selection.carries(path)),
  };
}

/** Whether an entry is among those that are copied, or is a folder whose content is. */
export const selects = (reads: ContextReads, path: string): boolean =>
  selectionOf(reads).standing(path) !== 'none';

/** Names of folders and links on the way to what the sources name: they decide what the sources stand for. */
export function waysTo(reads: ContextReads): string[] {
  if (reads.status === 'all') return [];
  const ways = reads.sources.flatMap(({ pattern }) => ancestorsOf(literalPart(pattern)));
  return [...new Set(ways)].sort();
}

function ofSource({ pattern, excludes }: CopySource): Selection {
  const isExcluded = excluder(excludes);
  const matches = hasWildcards(pattern) ? globMatcher(pattern) : (path: string) => path === pattern;
  return {
    standing(path) {
      if (pattern === '.') return isExcluded(path) ? 'none' : 'below';
      if (matches === undefined) return 'below';
      const source = [...ancestorsOf(path), path].find(matches);
      if (source === undefined) return 'none';
      if (source === path) return 'source';
      return isExcluded(path.slice(source.length + 1)) ? 'none' : 'below';
    },
    reaches: reachOf(pattern, partMatcher),
    carries: () => false,
  };
}

/** `--parents`: BuildKit takes the pattern for one of patternmatcher, with `**`. */
function withParents({ pattern, excludes }: CopySource): Selection {
  const compiled = compilePattern(pattern);
  if (pattern === '.' || 'doubt' in compiled || compiled.effect === 'take-in') return EVERYTHING;
  const isExcluded = excluder(excludes);
  const standing = (path: string): Standing =>
    [...ancestorsOf(path), path].some((each) => compiled.matches(each)) && !isExcluded(path)
      ? 'below'
      : 'none';
  return {
    standing,
    reaches: reachOf(pattern, (part) => (part.includes('**') ? undefined : partMatcher(part))),
    carries: (path) => standing(path) !== 'none',
  };
}

/** Asks patterns of `--exclude`; where they are doubtful or take in again, nothing is excluded. */
function excluder(excludes: readonly string[]): (path: string) => boolean {
  const patterns: Pattern[] = [];
  for (const exclude of excludes) {
    if (exclude.trim() === '') continue;
    const pattern = compilePattern(exclude.trim());
    if ('doubt' in pattern || pattern.effect === 'take-in') return () => false;
    patterns.push(pattern);
  }
  return patterns.length === 0 ? () => false : createRules(patterns).ignores;
}

function globMatcher(pattern: string): ((path: string) => boolean) | undefined {
  const glob = compileGlob(pattern);
  return glob && ((path) => glob.test(path));
}

/** Of one part of a path; undefined: the pattern does not go part by part. */
function partMatcher(part: string): ((name: string) => boolean) | undefined {
  if (part.includes('[') || part.includes('\\')) return undefined;
  return globMatcher(part);
}

function reachOf(
  pattern: string,
  matcherOf: (part: string) => ((name: string) => boolean) | undefined,
): Selection['reaches'] {
  if (pattern === '.') return () => true;
  const parts = hasWildcards(pattern) ? pattern.split('/') : pattern.split('/').map(escapeless);
  const matchers = parts.map((part) =>
    typeof part === 'string' ? matcherOf(part) : (name: string) => name === part.name,
  );
  return (folder) => {
    if (folder === '.') return true;
    for (const [index, name] of folder.split('/').entries()) {
      // Beyond the pattern lies what it covers.
      if (index >= matchers.length) return true;
      const matches = matchers[index];
      if (matches === undefined) return true;
      if (!matches(name)) return false;
    }
    return true;
  };
}

/** A part without wildcards is a name as it stands. */
const escapeless = (part: string) => ({ name: part });

function literalPart(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex(hasWildcards);
  return wild < 0 ? pattern : [...parts.slice(0, wild), '*'].join('/');
}

/** Folders above a path, the topmost first, the context itself not among them. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
