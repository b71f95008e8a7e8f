import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere, readObject, readRefFile } from './git-store.js';

export const ZERO_OID = '0'.repeat(40);

export interface RefMove {
  /** Fully qualified. */
  name: string;
  /** Undefined: whatever the ref is; zeros: it must not exist. */
  before?: string;
  /** Zeros: delete. */
  after: string;
}

export interface RefLog {
  name: string;
  email: string;
  /** As git's `core.logAllRefUpdates`: `always`, or `false`, which keeps up the logs that exist. */
  all: 'always' | 'false';
}

/** What `git check-ref-format NAME` accepts (https://git-scm.com/docs/git-check-ref-format). */
export function isValidRefName(name: string): boolean {
  if (/[^!-}\u0080-\u{10ffff}]|[\^:?*[\\]|\.\.|@\{|\.$/u.test(name)) return false;
  const parts = name.split('/');
  return parts.length > 1 && parts.every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/**
 * Moves refs in one transaction, with the lock files and logs of `git update-ref`, so that it may race with git.
 * @returns false if it left all as it was, for git to do or refuse: a ref is locked, isn't at its `before`, is to be
 * deleted, is symbolic, has the name of a folder, or may clash with a packed one; or an object is missing
 */
export function moveRefFiles(dir: string, moves: readonly RefMove[], log: RefLog): boolean {
  if (existsSync(join(dir, 'hooks/reference-transaction'))) return false;
  const locked = new Set<string>();
  try {
    for (const { name, after } of moves) {
      if (after === ZERO_OID || !isValidRefName(name) || !writeLock(join(dir, name), after)) return false;
      locked.add(name);
    }
    const present = moves.map((move) => valueToReplace(dir, move));
    if (present.includes(undefined)) return false;
    for (const [index, { name, after }] of moves.entries()) {
      if (present[index] === after) continue;
      appendLogs(dir, name, `${present[index]} ${after}`, log);
      renameSync(join(dir, `${name}.lock`), join(dir, name));
      locked.delete(name);
    }
    return true;
  } finally {
    for (const name of locked) rmSync(join(dir, `${name}.lock`));
  }
}

function writeLock(path: string, oid: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.lock`, `${oid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Zeros if the ref doesn't exist yet; undefined if the move is for git. */
function valueToReplace(dir: string, { name, before, after }: RefMove): string | undefined {
  const [path, logPath] = [join(dir, name), join(dir, 'logs', name)];
  if ([path, logPath].some((each) => statSync(each, { throwIfNoEntry: false })?.isDirectory())) return undefined;
  if (readIfThere(path)?.toString().startsWith('ref: ')) return undefined;
  const value = readRefFile(dir, name) ?? ZERO_OID;
  if (value !== (before ?? value)) return undefined;
  if (value === ZERO_OID && existsSync(join(dir, 'packed-refs'))) return undefined;
  const type = readObject(dir, after)?.type;
  return type === 'commit' || (type && !name.startsWith('refs/heads/')) ? value : undefined;
}

function appendLogs(dir: string, name: string, move: string, log: RefLog): void {
  const line = `${move} ${log.name} <${log.email}> ${Math.floor(Date.now() / 1000)} +0000\n`;
  const isHead = readIfThere(join(dir, 'HEAD'))?.toString() === `ref: ${name}\n`;
  for (const path of [name, ...(isHead ? ['HEAD'] : [])].map((each) => join(dir, 'logs', each))) {
    if (log.all === 'false' && !existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, line);
  }
}
