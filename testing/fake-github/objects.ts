import { isValidRefName } from '../git-refs.js';
import { findLooseObjects, readAllRefs, readObject, readRefFile, writeObject } from '../git-store.js';
import { editTree, findTreeItem, readTreeItems, type TreeItem } from '../git-tree.js';
import { git, tryGit } from './git.js';

export { ZERO_OID } from '../git-refs.js';
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
  if (OID.test(oid)) return readObject(dir, oid)?.type;
  const result = await tryGit(dir, ['cat-file', '-t', oid]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

/** The object id that a revision expression names (`main:k8s/app.yml`, `v1^{commit}`). */
export async function resolveRevision(dir: string, expression: string): Promise<string | undefined> {
  // As git: a full id names itself, whether there is such an object or not.
  if (OID.test(expression)) return expression;
  const found = resolveSimple(dir, expression);
  if (found !== 'complex') return found;
  const result = await tryGit(dir, ['rev-parse', '--verify', '--quiet', '--end-of-options', expression]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

/** `OID^{commit}`, `OID^{tree}`, `OID:path` (not relative), with ids of seven digits or more. */
const SIMPLE = /^([0-9a-f]{7,40})(?:\^\{(commit|tree)\}|:((?!\.{1,2}\/)[^/](?:.*[^/])?))$/s;

/** What takes no git to be understood; anything else is `complex`. */
function resolveSimple(dir: string, expression: string): string | undefined {
  if (expression.startsWith('refs/') && isValidRefName(expression)) return readRefFile(dir, expression) ?? 'complex';
  const match = SIMPLE.exec(expression);
  if (!match) return 'complex';
  const [, digits = '', wanted = 'tree', path] = match;
  const ids = OID.test(digits) ? [digits] : findByDigits(dir, digits);
  if (!ids || ids.length > 1) return 'complex';
  const peeled = ids[0] && peel(dir, ids[0], wanted);
  return peeled && path !== undefined ? findTreeItem(dir, peeled, path)?.oid : peeled;
}

/** The objects that an abbreviation may mean; undefined when only git knows. */
function findByDigits(dir: string, digits: string): string[] | undefined {
  const isRef = [...readAllRefs(dir).keys()].some((name) => name.endsWith(`/${digits}`));
  return isRef ? undefined : findLooseObjects(dir, digits);
}

/** Follows tags to what they are of, and commits to their trees. */
function peel(dir: string, oid: string, wanted: string): string | undefined {
  const found = readObject(dir, oid);
  if (found === undefined || found.type === wanted) return found && oid;
  const next = { tag: /^object ([0-9a-f]{40})\n/, commit: /^tree ([0-9a-f]{40})\n/, tree: /$^/, blob: /$^/ };
  const [, below] = next[found.type].exec(found.bytes.toString('latin1')) ?? [];
  return below && peel(dir, below, wanted);
}

/** @throws Error when there is no such blob */
export async function readBlob(dir: string, oid: string): Promise<Buffer> {
  const found = OID.test(oid) ? readObject(dir, oid) : undefined;
  return found?.type === 'blob' ? found.bytes : git(dir, ['cat-file', 'blob', oid]);
}

export function writeBlob(dir: string, bytes: Uint8Array): Promise<string> {
  return Promise.resolve(writeObject(dir, 'blob', bytes));
}

/** The entries of a tree, in git's order; with `recursive` those of its subtrees too, trees included. */
export async function readTree(dir: string, treeish: string, depth: 'flat' | 'recursive') {
  return listTree(dir, await treeOf(dir, treeish), '', depth);
}

async function treeOf(dir: string, treeish: string): Promise<string> {
  const tree = await resolveRevision(dir, `${treeish}^{tree}`);
  if (tree === undefined) throw new Error(`${treeish} names no tree in ${dir}.`);
  return tree;
}

function listTree(dir: string, tree: string, folder: string, depth: 'flat' | 'recursive'): TreeEntry[] {
  return [...readTreeItems(dir, tree)].flatMap(([name, item]) => {
    const entry = entryOf(dir, `${folder}${name}`, item);
    const below = entry.type === 'tree' && depth === 'recursive';
    return [entry, ...(below ? listTree(dir, item.oid, `${entry.path}/`, depth) : [])];
  });
}

function entryOf(dir: string, path: string, { mode, oid }: TreeItem): TreeEntry {
  const type = mode === '40000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
  const entry = { path, mode: mode.padStart(6, '0'), type, oid } as const;
  return type === 'blob' ? { ...entry, size: readObject(dir, oid)?.bytes.length } : entry;
}

export async function readTreeEntry(dir: string, treeish: string, path: string): Promise<TreeEntry | undefined> {
  const item = findTreeItem(dir, await treeOf(dir, treeish), path);
  return item && entryOf(dir, path, item);
}

export interface TreeChange {
  path: string;
  mode: string;
  /** Undefined: the path is deleted. */
  oid?: string;
}

/** Writes a tree: `base` with the changes applied. A change of mode `040000` replaces the whole folder. */
export async function writeTree(
  dir: string,
  base: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  return editTree(dir, base && (await treeOf(dir, base)), changes);
}
