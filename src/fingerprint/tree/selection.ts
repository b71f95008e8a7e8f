import type { ContextReads, CopySource } from '../../dockerfile/dockerfile.js';
import { selects } from '../../dockerfile/ignore/match.js';

/** What a Dockerfile reads of a context, made ready for a walk. Paths are relative to the context. */
export interface Selection {
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

const EVERYTHING: Selection = {
  selects: () => true,
  takesAllBelow: () => true,
  reaches: () => true,
  leadsThrough: () => false,
  copiesByName: () => false,
};

export function selectionOf(reads: ContextReads): Selection {
  if (reads.status === 'all') return EVERYTHING;
  const sources = reads.sources.map(compile);
  return {
    selects: (path) => selects(reads, path),
    takesAllBelow: (folder) => sources.some((source) => source.whole && source.selects(folder)),
    reaches: (folder) => {
      const parts = folder.split('/');
      return sources.some((source) => source.leadsTo(parts));
    },
    leadsThrough: (link) => {
      const parts = link.split('/');
      return sources.some((source) => source.passes(parts) && source.leadsTo(parts));
    },
    copiesByName: (folder) =>
      sources.some(({ name }) => name === folder) &&
      !sources.some((source) => source.name !== folder && source.selects(folder)),
  };
}

interface CompiledSource {
  /** Takes all below what it selects. */
  whole: boolean;
  /** Of a source without wildcards and flags; undefined: it is none such. */
  name?: string;
  selects(path: string): boolean;
  /** Whether the path may be one on the way to what the source selects, or below it. */
  leadsTo(parts: readonly string[]): boolean;
  /** Whether a path of that many parts is selected itself or on the way, not below. */
  passes(parts: readonly string[]): boolean;
}

function compile(source: CopySource): CompiledSource {
  const parts = source.pattern === '.' ? [] : source.pattern.split('/');
  const literal = parts.map((part) => !/[*?[\\]/.test(part));
  // The patterns of `--parents` have a grammar of their own (`**`): they may lead anywhere.
  const anywhere = source.parents || parts.includes('**');
  const whole = source.excludes.length === 0 && !anywhere;
  const alone: ContextReads = { status: 'some', sources: [source] };
  return {
    whole,
    ...(whole && literal.every(Boolean) && { name: source.pattern }),
    selects: (path) => selects(alone, path),
    leadsTo: (path) =>
      anywhere ||
      parts
        .slice(0, path.length)
        .every((part, at) => (literal[at] ? part === path[at] : matchesPart(part, path[at]!))),
    passes: (path) => anywhere || path.length <= parts.length,
  };
}

/** Without certainty yes. `*.json` is certain enough: `*` stays within a part. */
function matchesPart(pattern: string, part: string): boolean {
  const [, start, end] = /^([^*?[\\]*)\*([^*?[\\]*)$/.exec(pattern) ?? [];
  if (start === undefined || end === undefined) return true;
  return part.length >= start.length + end.length && part.startsWith(start) && part.endsWith(end);
}
