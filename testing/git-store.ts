import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  type: ObjectType;
  bytes: Buffer;
}

/**
 * Reads an object of a bare repository by its full id; undefined when there is none. Loose objects are read without
 * a git process, because tests read thousands of them and starting git costs a large process more than the reading
 * (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects); packed and borrowed ones through git.
 */
export function readObject(dir: string, oid: string): GitObject | undefined {
  return readLooseObject(dir, oid) ?? (hasMoreObjects(dir) ? readThroughGit(dir, oid) : undefined);
}

/** Undefined for an object that is packed, borrowed or missing. */
export function readLooseObject(dir: string, oid: string): GitObject | undefined {
  const loose = readIfThere(join(dir, 'objects', oid.slice(0, 2), oid.slice(2)));
  if (loose === undefined) return undefined;
  const raw = inflateSync(loose);
  const end = raw.indexOf(0);
  const [type] = raw.subarray(0, end).toString().split(' ') as [ObjectType];
  return { type, bytes: raw.subarray(end + 1) };
}

/** The ids that begin with at least two digits; undefined when there may be others than those of loose objects. */
export function findLooseObjects(dir: string, digits: string): string[] | undefined {
  if (hasMoreObjects(dir)) return undefined;
  const folder = digits.slice(0, 2);
  const path = join(dir, 'objects', folder);
  const names = existsSync(path) ? readdirSync(path) : [];
  return names.map((name) => `${folder}${name}`).filter((oid) => oid.startsWith(digits));
}

function hasMoreObjects(dir: string): boolean {
  if (existsSync(join(dir, 'objects/info/alternates'))) return true;
  const packs = join(dir, 'objects/pack');
  return existsSync(packs) && readdirSync(packs).some((name) => name.endsWith('.idx'));
}

function readThroughGit(dir: string, oid: string): GitObject | undefined {
  const output = execFileSync('git', ['--git-dir', dir, '-c', 'safe.directory=*', 'cat-file', '--batch'], {
    input: `${oid}\n`,
    maxBuffer: 1024 ** 3,
  });
  const end = output.indexOf('\n');
  const [, type, size] = output.subarray(0, end).toString().split(' ');
  if (size === undefined) return undefined;
  return { type: type as ObjectType, bytes: output.subarray(end + 1, end + 1 + Number(size)) };
}

/** Writes a loose object as git does: under another name first, so that no reader sees a part. @returns its id */
export function writeObject(dir: string, type: ObjectType, bytes: Uint8Array): string {
  const raw = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
  const oid = createHash('sha1').update(raw).digest('hex');
  const path = join(dir, 'objects', oid.slice(0, 2), oid.slice(2));
  if (existsSync(path)) return oid;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = join(dir, 'objects', `tmp_obj_${randomUUID()}`);
  writeFileSync(unfinished, deflateSync(raw, { level: 1 }), { mode: 0o444 });
  renameSync(unfinished, path);
  return oid;
}

/** What a ref stands at, following symbolic ones; undefined when there is none. */
export function readRefFile(dir: string, name: string): string | undefined {
  const loose = readIfThere(join(dir, name))?.toString().trim();
  if (loose?.startsWith('ref: ')) return readRefFile(dir, loose.slice(5));
  return loose ?? packedRefs(dir).get(name);
}

/** Ids by full name, of all refs below `refs/`, sorted by name. */
export function readAllRefs(dir: string): Map<string, string> {
  const names = new Set([...looseNames(dir, 'refs'), ...packedRefs(dir).keys()]);
  return new Map(
    [...names].sort().flatMap((name): [string, string][] => {
      const oid = readRefFile(dir, name);
      return oid === undefined ? [] : [[name, oid]];
    }),
  );
}

function looseNames(dir: string, folder: string): string[] {
  return readdirSync(join(dir, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return looseNames(dir, name);
    return entry.name.endsWith('.lock') ? [] : [name];
  });
}

function packedRefs(dir: string): Map<string, string> {
  const text = readIfThere(join(dir, 'packed-refs'))?.toString() ?? '';
  const lines = text.split('\n').map((line) => /^([0-9a-f]{40}) (\S+)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[2] as string, match[1] as string]] : [])));
}

/** Undefined for a folder, and for what doesn't exist. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
