import { execFile } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Mutated } from './builds.js';
import { compareDisks, readDisk } from './disk.js';
import { KEYS, describeImages, type Key, type Refs } from './dockerfiles.js';
import type { Mutation } from './mutation.js';
import { writeRepository } from './repository.js';

export const execute = promisify(execFile);

/** A repository, and copies of it with one change each. */
export interface Mutants {
  /** The folder of all copies. */
  root: string;
  original: string;
  all: Mutated[];
  remove(): Promise<void>;
}

export async function mutateAll(refs: Refs, table: readonly Mutation[]): Promise<Mutants> {
  const root = await mkdtemp(join(tmpdir(), 'mutations-'));
  const original = join(root, 'original');
  await writeRepository(original, refs);
  const disk = readDisk(original);
  const names = [...table.entries()].filter(([, { files }]) => files).map(([index]) => String(index));
  await copy(root, original, names);
  const all: Mutated[] = [];
  for (const [index, mutation] of table.entries()) {
    const folder = mutation.files ? join(root, `${index}`) : original;
    await mutation.files?.(folder);
    const descriptions = mutation.descriptions?.(describeImages()) ?? describeImages();
    all.push({ mutation, folder, descriptions, paths: compareDisks(disk, readDisk(folder)) });
  }
  const remove = async () => {
    await execute('chmod', ['-R', 'u+rwX', root]);
    await rm(root, { recursive: true, force: true });
  };
  return { root, original, all, remove };
}

/** Applies one change after another in the same folder, which is restored in between. */
export async function mutateInTurn(
  refs: Refs,
  table: readonly Mutation[],
  visit: (mutation: Mutation | undefined, folder: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'mutations-'));
  const folder = join(root, 'mutated');
  try {
    await writeRepository(join(root, 'original'), refs);
    await copy(root, join(root, 'original'), ['mutated']);
    await visit(undefined, folder);
    let state = stateOf(folder);
    for (const mutation of table) {
      await mutation.files?.(folder);
      await visit(mutation, folder);
      if (mutation.files === undefined) continue;
      const now = stateOf(folder);
      const touched = [...new Set([...state.keys(), ...now.keys()])].filter(
        (name) => state.get(name) !== now.get(name),
      );
      await execute('sh', ['-c', RESTORE, 'sh', ...touched], { cwd: root });
      state = stateOf(folder);
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const RESTORE =
  'for name; do rm -rf "mutated/$name"; [ ! -e "original/$name" ] || cp -a "original/$name" mutated; done';

/** Metadata that every change to a file or folder alters, by entry of the root. */
function stateOf(folder: string): Map<string, string> {
  const describe = (path: string): string => {
    const stat = lstatSync(path);
    const { mode, size, ino, nlink, mtimeMs, ctimeMs } = stat;
    const below = stat.isDirectory() ? readdirSync(path).map((name) => describe(join(path, name))) : [];
    return [mode, size, ino, nlink, mtimeMs, ctimeMs, ...below].join(' ');
  };
  return new Map(readdirSync(folder).map((name) => [name, describe(join(folder, name))]));
}

/** Makes all copies in one process. */
const copy = (root: string, original: string, names: readonly string[]) =>
  execute('sh', ['-c', 'for name; do cp -a "$0" "$name"; done', original, ...names], { cwd: root });

export const inOrder = (keys: readonly Key[]): Key[] => KEYS.filter((key) => keys.includes(key));
