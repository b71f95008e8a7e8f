import { readObject, writeObject } from './git-store.js';

export interface TreeItem {
  /** As in the object: `40000`, `100644`. */
  mode: string;
  oid: string;
}

export interface TreeEdit {
  path: string;
  /** Octal, with or without leading zeros. */
  mode: string;
  /** Undefined: the file is deleted, if it is there. */
  oid?: string;
}

const FOLDER = '40000';
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** The direct entries of a tree object, by name. @throws Error when there is no such tree */
export function readTreeItems(dir: string, oid: string): Map<string, TreeItem> {
  const items = new Map<string, TreeItem>();
  if (oid === EMPTY_TREE) return items;
  const found = readObject(dir, oid);
  if (found?.type !== 'tree') throw new Error(`${oid} is no tree in ${dir}.`);
  const { bytes } = found;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(' ', at);
    const end = bytes.indexOf(0, space);
    items.set(bytes.toString('utf8', space + 1, end), {
      mode: bytes.toString('latin1', at, space),
      oid: bytes.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return items;
}

/**
 * Writes `base` (undefined: nothing) with the edits, as `git update-index --replace` and `git write-tree` do: a file
 * takes the place of a folder and the other way round, and folders that have become empty go.
 * @returns the id of the tree
 */
export function editTree(dir: string, base: string | undefined, edits: readonly TreeEdit[]): string {
  const paths = edits.map(({ path, mode, oid }) => ({
    parts: path.split('/'),
    item: oid === undefined || oid === EMPTY_TREE ? undefined : { mode: mode.replace(/^0+/, ''), oid },
    whole: mode.replace(/^0+/, '') === FOLDER,
  }));
  return editFolder(dir, base, paths) ?? writeObject(dir, 'tree', Buffer.alloc(0));
}

interface Edit {
  parts: string[];
  item: TreeItem | undefined;
  /** The edit is about a folder, not about a file. */
  whole: boolean;
}

function editFolder(dir: string, base: string | undefined, edits: readonly Edit[]): string | undefined {
  const items = base === undefined ? new Map<string, TreeItem>() : readTreeItems(dir, base);
  const below = new Map<string, Edit[]>();
  for (const { parts, item, whole } of edits) {
    const [name = '', ...rest] = parts;
    if (rest.length > 0) below.set(name, [...(below.get(name) ?? []), { parts: rest, item, whole }]);
    else if (item) items.set(name, item);
    else if (whole || items.get(name)?.mode !== FOLDER) items.delete(name);
  }
  for (const [name, inside] of below) {
    const present = items.get(name);
    const isFile = present !== undefined && present.mode !== FOLDER;
    if (isFile && inside.every(({ item }) => item === undefined)) continue;
    const oid = editFolder(dir, isFile ? undefined : present?.oid, inside);
    if (oid === undefined) items.delete(name);
    else items.set(name, { mode: FOLDER, oid });
  }
  return items.size === 0 ? undefined : writeObject(dir, 'tree', serialise(items));
}

/** Git's order takes a folder's name as if it ended in a slash. */
function serialise(items: ReadonlyMap<string, TreeItem>): Buffer {
  const lines = [...items].map(([name, { mode, oid }]) => ({
    key: Buffer.from(mode === FOLDER ? `${name}/` : name),
    bytes: Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  }));
  return Buffer.concat(lines.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ bytes }) => bytes));
}

/** Walks down to a path; undefined when there is nothing. */
export function findTreeItem(dir: string, tree: string, path: string): TreeItem | undefined {
  let at: TreeItem | undefined = { mode: FOLDER, oid: tree };
  for (const name of path.split('/')) {
    if (at?.mode !== FOLDER) return undefined;
    at = readTreeItems(dir, at.oid).get(name);
  }
  return at;
}
