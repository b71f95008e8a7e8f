import type { ContextReads, CopySource } from '../dockerfile.js';
import { createRules } from './ignore.js';
import { compileGlob, compilePattern, hasWildcards, type Pattern } from './pattern.js';

/** The entries of a context that a Dockerfile reads. Paths are relative to the context, `/` between parts. */
export interface Selection {
  /**
   * Whether an entry is copied, or is a folder whose content is; with `--parents` also whether it may be a folder on
   * the way. Links are not followed: see `leadsThrough`.
   */
  selects(path: string): boolean;
  /** Whether all below a selected folder is selected, too. */
  takesAllBelow(folder: string): boolean;
  /** Whether something below a folder may be selected, so that it has to be walked. Never wrongly no. */
  reaches(folder: string): boolean;
  /** Whether a source names this link, or a path through it: BuildKit copies what the link leads to. */
  leadsThrough(link: string): boolean;
  /** Whether a folder is copied only by its own name (`COPY src /app`): its contents count, its mode does not. */
  copiesByName(folder: string): boolean;
}

const EVERYTHING: CopySource = { pattern: '.', excludes: [], parents: false };

export function selectionOf(reads: ContextReads): Selection {
  const sources = (reads.status === 'all' ? [EVERYTHING] : reads.sources).map(compile);
  return {
    selects: (path) => sources.some((source) => source.selects(path)),
    takesAllBelow: (folder) => sources.some((source) => source.isWhole && source.selects(folder)),
    reaches: (folder) => {
      const parts = folder.split('/');
      return sources.some((source) => source.leadsTo(parts));
    },
    leadsThrough: (link) => {
      const parts = link.split('/');
      return sources.some((source) => parts.length <= source.depth && source.leadsTo(parts));
    },
    copiesByName: (folder) =>
      sources.some(({ name }) => name === folder) &&
      !sources.some((source) => source.name !== folder && source.selects(folder)),
  };
}

type Test = (path: string) => boolean;

interface CompiledSource {
  selects: Test;
  /** Takes all below what it selects. */
  isWhole: boolean;
  /** Of a source without wildcards and flags. */
  name?: string;
  /** How many parts a path that it selects by itself may have. */
  depth: number;
  /** Whether the path may be one on the way to what the source selects, or below it. */
  leadsTo(parts: readonly string[]): boolean;
}

function compile(source: CopySource): CompiledSource {
  const parts = source.pattern === '.' ? [] : source.pattern.split('/');
  const isLiteral = parts.map((part) => !/[*?[\\]/.test(part));
  // The patterns of `--parents` have another grammar (`**`): they may lead anywhere.
  const isAnywhere = source.parents || parts.includes('**');
  const isWhole = source.excludes.length === 0 && !isAnywhere;
  return {
    selects: source.parents ? selectsWithParents(source) : selectsPlainly(source),
    isWhole,
    ...(isWhole && isLiteral.every(Boolean) && { name: source.pattern }),
    depth: isAnywhere ? Infinity : parts.length,
    leadsTo: (path) =>
      isAnywhere ||
      parts
        .slice(0, path.length)
        .every((part, at) => (isLiteral[at] ? part === path[at] : mayMatchPart(part, path[at]!))),
  };
}

/** Yes if in doubt. `*.json` is certain: `*` stays within a part. */
function mayMatchPart(pattern: string, part: string): boolean {
  const [, start, end] = /^([^*?[\\]*)\*([^*?[\\]*)$/.exec(pattern) ?? [];
  if (start === undefined || end === undefined) return true;
  return part.length >= start.length + end.length && part.startsWith(start) && part.endsWith(end);
}

function selectsPlainly({ pattern, excludes }: CopySource): Test {
  const isExcluded = excluder(excludes);
  if (pattern === '.') return (path) => !isExcluded(path);
  const glob = hasWildcards(pattern) ? compileGlob(pattern) : undefined;
  const matches: Test = glob ? (path) => glob.test(path) : (path) => path === pattern;
  return (path) => {
    const source = withFoldersAbove(path).find(matches);
    // Exclusion is relative to the folder that is copied, and does not concern what a source names.
    return source !== undefined && (source === path || !isExcluded(path.slice(source.length + 1)));
  };
}

/** BuildKit takes the pattern for one of patternmatcher, with `**`. */
function selectsWithParents({ pattern, excludes }: CopySource): Test {
  const covers = compilePattern(pattern);
  if (pattern === '.' || 'doubt' in covers || covers.effect === 'take-in') return () => true;
  const isExcluded = excluder(excludes);
  const parts = pattern.split('/').map((part) => (part.includes('**') ? undefined : compileGlob(part)));
  return (path) => {
    if (withFoldersAbove(path).some((each) => covers.matches(each))) return !isExcluded(path);
    const names = path.split('/');
    const deep = parts.indexOf(undefined);
    const compared = deep < 0 ? names : names.slice(0, deep);
    return (deep >= 0 || names.length < parts.length) && compared.every((name, index) => parts[index]!.test(name));
  };
}

/** Applies patterns of `--exclude`; if they are doubtful or take in again, nothing is excluded. */
function excluder(excludes: readonly string[]): Test {
  const patterns: Pattern[] = [];
  for (const exclude of excludes.map((text) => text.trim()).filter((text) => text !== '')) {
    const pattern = compilePattern(exclude);
    if ('doubt' in pattern || pattern.effect === 'take-in') return () => false;
    patterns.push(pattern);
  }
  return patterns.length === 0 ? () => false : createRules(patterns).ignores;
}

/** The topmost folder first, the context itself not among them, the path last. */
function withFoldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
