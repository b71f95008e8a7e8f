import type { ContextReads, CopySource } from '../dockerfile.js';
import { compileGlob, hasWildcards } from './glob.js';
import { compilePattern, type Pattern } from './pattern.js';
import { createRules } from './rules.js';

type Test = (path: string) => boolean;

const compiled = new WeakMap<ContextReads, Test>();

/**
 * Whether an entry of a context is copied, or is a folder whose content is; with `--parents` also whether it may be a
 * folder on the way. Links are not looked at: where a folder in the name of a source is one, or a source names one,
 * BuildKit follows it and copies what is elsewhere in the context.
 * @param path relative to the context, `/` between parts
 */
export function selects(reads: ContextReads, path: string): boolean {
  if (reads.status === 'all') return true;
  let test = compiled.get(reads);
  if (!test) {
    const tests = reads.sources.map((source) => (source.parents ? withParents(source) : ofSource(source)));
    test = (each) => tests.some((one) => one(each));
    compiled.set(reads, test);
  }
  return test(path);
}

function ofSource({ pattern, excludes }: CopySource): Test {
  const isExcluded = excluder(excludes);
  if (pattern === '.') return (path) => !isExcluded(path);
  const glob = hasWildcards(pattern) ? compileGlob(pattern) : undefined;
  const matches: Test = glob ? (path) => glob.test(path) : (path) => path === pattern;
  return (path) => {
    const source = [...foldersAbove(path), path].find(matches);
    // Exclusion is relative to the folder that is copied, and does not concern what a source names.
    return source !== undefined && (source === path || !isExcluded(path.slice(source.length + 1)));
  };
}

/** BuildKit takes the pattern for one of patternmatcher, with `**`. */
function withParents({ pattern, excludes }: CopySource): Test {
  const covers = compilePattern(pattern);
  if (pattern === '.' || 'doubt' in covers || covers.effect === 'take-in') return () => true;
  const isExcluded = excluder(excludes);
  const parts = pattern.split('/').map((part) => (part.includes('**') ? undefined : compileGlob(part)));
  return (path) => {
    if ([...foldersAbove(path), path].some((each) => covers.matches(each))) return !isExcluded(path);
    const names = path.split('/');
    const deep = parts.indexOf(undefined);
    const compared = deep < 0 ? names : names.slice(0, deep);
    return (
      (deep >= 0 || names.length < parts.length) && compared.every((name, index) => parts[index]!.test(name))
    );
  };
}

/** Asks patterns of `--exclude`; where they are doubtful or take in again, nothing is excluded. */
function excluder(excludes: readonly string[]): Test {
  const patterns: Pattern[] = [];
  for (const exclude of excludes.map((text) => text.trim()).filter((text) => text !== '')) {
    const pattern = compilePattern(exclude);
    if ('doubt' in pattern || pattern.effect === 'take-in') return () => false;
    patterns.push(pattern);
  }
  return patterns.length === 0 ? () => false : createRules(patterns).ignores;
}

/** Folders above a path, the topmost first, the context itself not among them. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
