import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveRefFiles, type RefMove } from '../git-refs.js';
import { readAllRefs, readObject, readRefFile } from '../git-store.js';
import { COMMITTER, tryGit } from './git.js';
import { ZERO_OID } from './objects.js';

export interface Ref {
  /** Fully qualified. */
  name: string;
  oid: string;
  type: string;
}

/** How a read sees refs: as they stand, or as a replica that has not heard of the last update of each. */
export type RefView = 'current' | 'lagging';

/** What a fully qualified ref points to, or undefined where there is none. */
export async function readRef(dir: string, name: string, view: RefView = 'current') {
  const current = findRef(dir, name);
  if (view === 'current') return current;
  const before = await lastMoveFrom(dir, name);
  if (before === ZERO_OID) return undefined;
  return current && before ? { ...current, oid: before } : current;
}

function findRef(dir: string, name: string): Ref | undefined {
  if (!name.startsWith('refs/') || /(^|\/)\.|\0|\/$/.test(name)) return undefined;
  const oid = readRefFile(dir, name);
  return oid === undefined ? undefined : refTo(dir, name, oid);
}

function refTo(dir: string, name: string, oid: string): Ref {
  const found = readObject(dir, oid);
  if (found === undefined) throw new Error(`${name} points to ${oid}, which is not in ${dir}.`);
  return { name, oid, type: found.type };
}

/** What a ref stood at before its last update, as its reflog has it: zeros when that created it. */
async function lastMoveFrom(dir: string, name: string): Promise<string | undefined> {
  try {
    const lines = (await readFile(join(dir, 'logs', name), 'utf8')).trimEnd().split('\n');
    return /^[0-9a-f]{40}/.exec(lines.at(-1) ?? '')?.[0];
  } catch {
    return undefined;
  }
}

/** All refs whose name begins with `prefix`, sorted by name. */
export async function listRefs(dir: string, prefix: string): Promise<Ref[]> {
  return [...readAllRefs(dir)].filter(([name]) => name.startsWith(prefix)).map(([name, oid]) => refTo(dir, name, oid));
}

export async function isEmpty(dir: string): Promise<boolean> {
  return (await listRefs(dir, 'refs/')).length === 0;
}

/**
 * Moves refs in one git transaction: all or none. `stale` when one of them does not stand at its `before`.
 * @throws Error for anything else that git refuses
 */
export async function moveRefs(dir: string, moves: readonly RefMove[]): Promise<'moved' | 'stale'> {
  if (moveRefFiles(dir, moves, { ...COMMITTER, all: 'always' })) return 'moved';
  const result = await tryGit(dir, ['update-ref', '--stdin'], {
    input: ['start', ...moves.map(transactionLine), 'prepare', 'commit', ''].join('\n'),
  });
  if (result.code === 0) return 'moved';
  if (!result.stderr.includes('cannot create') && LOST_RACE.test(result.stderr)) return 'stale';
  throw new Error(result.stderr);
}

const LOST_RACE = /but expected|reference already exists|unable to resolve reference|\.lock': File exists/;

function transactionLine({ name, before, after }: RefMove): string {
  const expected = before ? ` ${before}` : '';
  if (before === ZERO_OID) {
    return after === ZERO_OID ? `verify ${name} ${ZERO_OID}` : `create ${name} ${after}`;
  }
  return after === ZERO_OID ? `delete ${name}${expected}` : `update ${name} ${after}${expected}`;
}
