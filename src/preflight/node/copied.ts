import { posix } from 'node:path';
import type { CopySource, Instruction } from '../../dockerfile/dockerfile.js';
import { copyWords } from '../../dockerfile/instructions.js';
import { selectionOf } from '../../dockerfile/ignore/selection.js';

/** What one instruction takes out of the main context. */
export interface Copied {
  sources: CopySource[];
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
  const excludes = flags.filter(({ name }) => name === 'exclude').map(({ value }) => value);
  const parents = flags.some(({ name, value }) => name === 'parents' && value === 'true');
  return {
    sources: known.map((source) => ({ pattern: clean(source), excludes, parents })),
    rest: known.length === written.length ? 'nothing' : 'unknown',
  };
}

function boundBy(flags: Instruction['flags']): Copied {
  const mounts = flags
    .filter(({ name }) => name === 'mount')
    .map(({ value }) => new Map(value.split(',').map((part) => part.split('=', 2) as [string, string])))
    .filter((mount) => (mount.get('type') ?? 'bind') === 'bind');
  const own = mounts.filter((mount) => !mount.has('from'));
  return {
    sources: own.map((mount) => ({
      pattern: clean(mount.get('source') ?? mount.get('src') ?? '.'),
      excludes: [],
      parents: false,
    })),
    rest: own.length === mounts.length ? 'nothing' : 'unknown',
  };
}

/** Whether a source takes this file, itself or with a folder. @param path relative to the context */
export function takes(sources: CopySource[], path: string): boolean {
  return selectionOf({ status: 'some', sources }).selects(path);
}

function clean(source: string): string {
  return (
    posix
      .join('/', source)
      .replace(/(.)\/$/, '$1')
      .slice(1) || '.'
  );
}
