import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moveRefFiles } from './git-refs.js';
import { readObject, readRefFile, writeObject } from './git-store.js';
import { editTree, findTreeItem } from './git-tree.js';

export interface WrittenFile {
  text: string;
  /** Git's mode, default `100644`. */
  mode?: string;
}

export interface WrittenCommit {
  /** Without `refs/heads/`; it is set to the commit. */
  branch: string;
  /** Default: the head of the branch, if there is one. */
  parents?: readonly string[];
  /** By path; all other files are those of the first parent. */
  files?: Record<string, string | WrittenFile>;
  message: string;
}

const AUTHOR = { name: 'Another Author', email: 'another@example.org' };

/** For git as the other author, with no configuration of the person's own. */
export const OTHER_AUTHOR = {
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: AUTHOR.name,
  GIT_AUTHOR_EMAIL: AUTHOR.email,
  GIT_COMMITTER_NAME: AUTHOR.name,
  GIT_COMMITTER_EMAIL: AUTHOR.email,
};

/** What `git init --bare --initial-branch=main` makes of `dir`, without its sample hooks. */
export function createBareRepository(dir: string): void {
  for (const folder of ['hooks', 'objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  writeFileSync(join(dir, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(dir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n');
}

/** Writes a commit straight into a bare repository and sets a branch to it. @returns its id */
export function commitTo(dir: string, { branch, parents, files = {}, message }: WrittenCommit): string {
  const ref = `refs/heads/${branch}`;
  const before = readRefFile(dir, ref);
  const from = parents ?? (before === undefined ? [] : [before]);
  const edits = Object.entries(files).map(([path, file]) => {
    const { text, mode = '100644' } = typeof file === 'string' ? { text: file } : file;
    return { path, mode, oid: writeObject(dir, 'blob', Buffer.from(text)) };
  });
  const tree = editTree(dir, from[0] === undefined ? undefined : treeOf(dir, from[0]), edits);
  const by = `${AUTHOR.name} <${AUTHOR.email}> ${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [`tree ${tree}`, ...from.map((oid) => `parent ${oid}`), `author ${by}`, `committer ${by}`];
  const commit = writeObject(dir, 'commit', Buffer.from(`${lines.join('\n')}\n\n${message}`));
  setRef(dir, ref, commit);
  return commit;
}

/** Sets a ref, whatever it was; logs are kept up where they exist. */
function setRef(dir: string, ref: string, after: string): void {
  if (moveRefFiles(dir, [{ name: ref, after }], { ...AUTHOR, all: 'false' })) return;
  execFileSync('git', ['--git-dir', dir, 'update-ref', ref, after], {
    env: { PATH: process.env.PATH, ...OTHER_AUTHOR },
  });
}

/** The tree of a commit. @throws Error when there is no such commit */
export function treeOf(dir: string, commit: string): string {
  return header(dir, commit, 'tree')[0] as string;
}

export function parentsOf(dir: string, commit: string): string[] {
  return header(dir, commit, 'parent');
}

/** From the first line to the end, with the newline. */
export function messageOf(dir: string, commit: string): string {
  const text = commitText(dir, commit);
  return text.slice(text.indexOf('\n\n') + 2);
}

/** A file of a commit; undefined when there is none at the path. */
export function fileOf(dir: string, commit: string, path: string): Required<WrittenFile> | undefined {
  const item = findTreeItem(dir, treeOf(dir, commit), path);
  const found = item && readObject(dir, item.oid);
  if (item === undefined || found?.type !== 'blob') return undefined;
  return { mode: item.mode, text: found.bytes.toString() };
}

function header(dir: string, commit: string, name: string): string[] {
  const [headers = ''] = commitText(dir, commit).split('\n\n', 1);
  return headers
    .split('\n')
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
}

function commitText(dir: string, commit: string): string {
  const found = readObject(dir, commit);
  if (found?.type !== 'commit') throw new Error(`${commit} is no commit in ${dir}.`);
  return found.bytes.toString();
}
