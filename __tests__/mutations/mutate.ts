import { execFile } from 'node:child_process';
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
  /** Holds all of them. */
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

/** One process for all copies. */
export const copy = (root: string, original: string, names: readonly string[]) =>
  execute('sh', ['-c', 'for name; do cp -a "$0" "$name"; done', original, ...names], { cwd: root });

export const inOrder = (keys: readonly Key[]): Key[] => KEYS.filter((key) => keys.includes(key));
