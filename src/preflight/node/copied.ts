import { posix } from 'node:path';
import { copyWords } from '../../inputs/dockerfile/instructions.js';
import type { Instruction } from '../../inputs/dockerfile/dockerfile.js';

/** What one instruction takes out of the main context. */
export interface Copied {
  /** In the grammar of COPY, cleaned: `.`, `package*.json`. */
  sources: string[];
  /** `unknown`: also from elsewhere, or by variables. */
  rest: 'nothing' | 'unknown';
}

/** Of COPY, ADD, and the bind mounts of RUN; for anything else nothing. */
export function copiedBy({ keyword, flags, rest, heredoc }: Instruction): Copied {
  if (keyword === 'RUN') return boundBy(flags);
  if (keyword !== 'COPY' && keyword !== 'ADD') return { sources: [], rest: 'nothing' };
  if (flags.some(({ name }) => name === 'from') || heredoc) return { sources: [], rest: 'unknown' };
  const written = copyWords(rest).slice(0, -1);
  const known = written.filter((source) => !source.includes('$') && !/^(?:https?:|git@|git:)/.test(source));
  return { sources: known.map(clean), rest: known.length === written.length ? 'nothing' : 'unknown' };
}

function boundBy(flags: Instruction['flags']): Copied {
  const mounts = flags
    .filter(({ name }) => name === 'mount')
    .map(({ value }) => new Map(value.split(',').map((part) => part.split('=', 2) as [string, string])))
    .filter((mount) => (mount.get('type') ?? 'bind') === 'bind');
  const own = mounts.filter((mount) => !mount.has('from'));
  return {
    sources: own.map((mount) => clean(mount.get('source') ?? mount.get('src') ?? '.')),
    rest: own.length === mounts.length ? 'nothing' : 'unknown',
  };
}

/** Whether a source takes this file, itself or with a folder. @param path relative to the context */
export function takes(sources: readonly string[], path: string): boolean {
  return sources.some((source) => {
    if (source === '.') return true;
    const depth = source.split('/').length;
    const head = path.split('/').slice(0, depth).join('/');
    return matches(source, head);
  });
}

function clean(source: string): string {
  return (
    posix
      .join('/', source)
      .replace(/(.)\/$/, '$1')
      .slice(1) || '.'
  );
}

/** Classes are rare here; one that is there takes nothing. */
function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`).test(path);
}
