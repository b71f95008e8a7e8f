import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tryGit } from './git.js';
import { ZERO_OID } from './objects.js';

export interface Ref {
  /** Fully qualified. */
  name: string;
  oid: string;
  type: string;
}

export interface RefMove {
  name: string;
  /** Undefined: whatever it stands at; zeros: it must not exist. */
  before?: string;
  /** Zeros: delete. */
  after: string;
}

/** How a read sees refs: as they stand, or as a replica that has not heard of the last update of each. */
export type RefView = 'current' | 'lagging';

export async function isValidRefName(dir: string, name: string): Promise<boolean> {
  return (await tryGit(dir, ['check-ref-format', name])).code === 0;
}

/** What a fully qualified ref points to, or undefined where there is none. */
export async function readRef(dir: string, name: string, view: RefView = 'current') {
  const current = (await listRefs(dir, name)).find((ref) => ref.name === name);
  if (view === 'current') return current;
  const before = await lastMoveFrom(dir, name);
  if (before === ZERO_OID) return undefined;
  return current && before ? { ...current, oid: before } : current;
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
  const output = await git(dir, ['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)']);
  return output
    .toString()
    .split('\n')
    .map((line) => line.split(' ') as [string, string, string])
    .filter(([name]) => name !== '' && name.startsWith(prefix))
    .map(([name, oid, type]) => ({ name, oid, type }));
}

export async function isEmpty(dir: string): Promise<boolean> {
  return (await git(dir, ['for-each-ref', '--count=1'])).length === 0;
}

/**
 * Moves refs in one git transaction: all or none. `stale` when one of them does not stand at its `before`.
 * @throws Error for anything else that git refuses
 */
export async function moveRefs(dir: string, moves: readonly RefMove[]): Promise<'moved' | 'stale'> {
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
