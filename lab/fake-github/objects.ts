import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { git, tryGit } from './git.js';

export const ZERO_OID = '0'.repeat(40);
export const OID = /^[0-9a-f]{40}$/;

export interface TreeEntry {
  path: string;
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  oid: string;
  /** Bytes; blobs only. */
  size?: number;
}

/** `blob`, `tree`, `commit`, `tag`, or undefined when there is no such object. */
export async function objectType(dir: string, oid: string): Promise<string | undefined> {
  const result = await tryGit(dir, ['cat-file', '-t', oid]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

/** The object id that a revision expression names (`main:k8s/app.yml`, `v1^{commit}`). */
export async function resolveRevision(dir: string, expression: string): Promise<string | undefined> {
  const result = await tryGit(dir, ['rev-parse', '--verify', '--quiet', '--end-of-options', expression]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

export function readBlob(dir: string, oid: string): Promise<Buffer> {
  return git(dir, ['cat-file', 'blob', oid]);
}

export async function writeBlob(dir: string, bytes: Uint8Array): Promise<string> {
  return (await git(dir, ['hash-object', '-w', '--stdin'], { input: bytes })).toString().trim();
}

/** The entries of a tree, in git's order; with `recursive` those of its subtrees too, trees included. */
export async function readTree(dir: string, treeish: string, depth: 'flat' | 'recursive') {
  const flags = depth === 'recursive' ? ['-r', '-t'] : [];
  const output = await git(dir, ['ls-tree', '-z', '--long', ...flags, treeish]);
  return output
    .toString()
    .split('\0')
    .filter((line) => line !== '')
    .map((line): TreeEntry => {
      const [meta, path] = splitOnce(line, '\t');
      const [mode, type, oid, size] = meta.split(/ +/) as [string, TreeEntry['type'], string, string];
      return { path, mode, type, oid, ...(size === '-' ? {} : { size: Number(size) }) };
    });
}

export async function readTreeEntry(
  dir: string,
  treeish: string,
  path: string,
): Promise<TreeEntry | undefined> {
  const output = await git(dir, ['ls-tree', '-z', '--long', '--full-tree', treeish, '--', path]);
  const line = output.toString().split('\0')[0];
  if (!line) return undefined;
  const [meta, name] = splitOnce(line, '\t');
  const [mode, type, oid, size] = meta.split(/ +/) as [string, TreeEntry['type'], string, string];
  return name === path
    ? { path, mode, type, oid, ...(size === '-' ? {} : { size: Number(size) }) }
    : undefined;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

export interface TreeChange {
  path: string;
  mode: string;
  /** Undefined: the path is deleted. */
  oid?: string;
}

/** Writes a tree: `base` with the changes applied through a throw-away index. */
export async function writeTree(
  dir: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  const index = `${dir}/fake-github-index-${randomUUID()}`;
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(dir, ['read-tree', ...(base ? [base] : ['--empty'])], { env });
    const lines = await Promise.all(changes.map((change) => indexLines(dir, change, env)));
    await git(dir, ['update-index', '--replace', '-z', '--index-info'], {
      env,
      input: lines
        .flat()
        .map((line) => `${line}\0`)
        .join(''),
    });
    return (await git(dir, ['write-tree'], { env })).toString().trim();
  } finally {
    await rm(index, { force: true });
  }
}

async function indexLines(dir: string, change: TreeChange, env: NodeJS.ProcessEnv): Promise<string[]> {
  if (!change.oid) return [`0 ${ZERO_OID}\t${change.path}`];
  if (change.mode !== '040000') return [`${change.mode} ${change.oid}\t${change.path}`];
  const present = (await git(dir, ['ls-files', '-z', '--', change.path], { env })).toString();
  const gone = present.split('\0').filter((path) => path.startsWith(`${change.path}/`));
  const entries = await readTree(dir, change.oid, 'recursive');
  return [
    ...gone.map((path) => `0 ${ZERO_OID}\t${path}`),
    ...entries
      .filter((entry) => entry.type !== 'tree')
      .map((entry) => `${entry.mode} ${entry.oid}\t${change.path}/${entry.path}`),
  ];
}
