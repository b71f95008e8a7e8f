import type { ReadOptions } from '../../target.js';
import { expectGit, type GitRepository } from './repository.js';

export interface TreeEntry {
  mode: string;
  oid: string;
}

/** All files and symbolic links of a commit. */
export async function listTree(
  repository: GitRepository,
  commit: string,
  options: ReadOptions,
): Promise<Map<string, TreeEntry>> {
  const listed = await expectGit(repository, ['ls-tree', '-r', '-z', '--full-tree', commit], options);
  const entries = new Map<string, TreeEntry>();
  for (const line of listed.split('\0')) {
    const [, mode, oid, path] = /^(\d+) blob ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
    if (mode && oid && path) entries.set(path, { mode, oid });
  }
  return entries;
}

/**
 * Reads objects by any name that git understands; those that are not there are left out.
 * Format: git-cat-file(1), "Batch output".
 */
export async function readObjects(
  repository: GitRepository,
  names: readonly string[],
  options: ReadOptions & { env?: NodeJS.ProcessEnv },
): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  if (names.length === 0) return objects;
  const input = names.map((name) => `${name}\n`).join('');
  const { stdout, code, stderr } = await repository.git(['cat-file', '--batch'], { ...options, input });
  let at = 0;
  for (const name of names) {
    const end = stdout.indexOf('\n', at);
    if (end < 0) throw new Error(`git cat-file ended early (exit ${code}): ${stderr}`);
    const size = /^[0-9a-f]+ \w+ (\d+)$/.exec(stdout.toString('utf8', at, end))?.[1];
    at = end + 1;
    if (size === undefined) continue;
    objects.set(name, stdout.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return objects;
}
