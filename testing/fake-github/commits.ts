import { treeOf } from '../bare-repository.js';
import { readLooseObject, readObject, writeObject } from '../git-store.js';
import { git, tryGit } from './git.js';
import { OID } from './objects.js';

export interface Person {
  name: string;
  email: string;
  /** ISO 8601 with seconds. */
  date: string;
}

export interface Commit {
  oid: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
  /** It has the double's own signature. */
  verified: boolean;
}

export interface NewCommit {
  tree: string;
  parents: readonly string[];
  author: Person;
  committer: Person;
  message: string;
  /** `github`: signed with the double's web-flow key, as GitHub signs what bots write through the API. */
  signed?: 'github';
}

/** Stands for GitHub's signature of what bots write through the API. */
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----\n \n ZmFrZS1naXRodWI=\n -----END PGP SIGNATURE-----';

function headerLine(person: Person): string {
  const clean = (text: string) => text.replace(/[<>\n\0]/g, '');
  return `${clean(person.name)} <${clean(person.email)}> ${Math.floor(Date.parse(person.date) / 1000)} +0000`;
}

/** Writes a commit object; refs stay as they are. */
export function writeCommit(dir: string, commit: NewCommit): Promise<string> {
  const headers = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${headerLine(commit.author)}`,
    `committer ${headerLine(commit.committer)}`,
  ];
  if (commit.signed) headers.push(`gpgsig ${SIGNATURE}`);
  const raw = `${headers.join('\n')}\n\n${commit.message}`;
  return Promise.resolve(writeObject(dir, 'commit', Buffer.from(raw)));
}

function parsePerson(line: string): Person {
  const match = /^(.*?) ?<(.*)> (\d+) [+-]\d{4}$/.exec(line);
  const seconds = Number(match?.[3] ?? 0);
  return {
    name: match?.[1] ?? '',
    email: match?.[2] ?? '',
    date: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
  };
}

/** Reads one commit. @throws Error when there is no such commit */
export async function readCommit(dir: string, oid: string): Promise<Commit> {
  const found = OID.test(oid) ? readObject(dir, oid) : undefined;
  const bytes = found?.type === 'commit' ? found.bytes : await git(dir, ['cat-file', 'commit', oid]);
  return parseCommit(oid, bytes.toString());
}

function parseCommit(oid: string, raw: string): Commit {
  const end = raw.indexOf('\n\n');
  const values = (name: string) =>
    [...raw.slice(0, end).matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, value]) => value ?? '');
  return {
    oid,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parsePerson(values('author')[0] ?? ''),
    committer: parsePerson(values('committer')[0] ?? ''),
    message: raw.slice(end + 2),
    verified: raw.slice(0, end).includes(SIGNATURE),
  };
}

/** Parents by id, of a commit and all its ancestors. Undefined if one of them isn't loose, which takes git. */
function readHistory(dir: string, from: string): Map<string, string[]> | undefined {
  const parents = new Map<string, string[]>();
  const open = [from];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (parents.has(oid)) continue;
    const found = readLooseObject(dir, oid);
    if (found?.type !== 'commit') return undefined;
    const own = parseCommit(oid, found.bytes.toString()).parents;
    parents.set(oid, own);
    open.push(...own);
  }
  return parents;
}

/** Commit ids of `SINCE..UNTIL` in `git rev-list`'s order, newest first. */
export async function listCommits(dir: string, since: string, until: string): Promise<string[]> {
  return (
    chainBetween(dir, since, until) ??
    (await git(dir, ['rev-list', `${since}..${until}`])).toString().split('\n').filter(Boolean)
  );
}

/** Undefined when it takes git to put the commits in order. */
function chainBetween(dir: string, since: string, until: string): string[] | undefined {
  const [before, all] = [readHistory(dir, since), readHistory(dir, until)];
  if (!before || !all) return undefined;
  const chain: string[] = [];
  for (let next = [until].filter((oid) => !before.has(oid)); next.length > 0;) {
    const [oid = '', another] = next;
    if (another !== undefined) return undefined;
    chain.push(oid);
    next = (all.get(oid) ?? []).filter((parent) => !before.has(parent));
  }
  return chain;
}

export async function isAncestor(dir: string, ancestor: string, descendant: string): Promise<boolean> {
  const history = readHistory(dir, descendant);
  if (history?.has(ancestor)) return true;
  if (history && readLooseObject(dir, ancestor)?.type === 'commit') return false;
  return (await tryGit(dir, ['merge-base', '--is-ancestor', ancestor, descendant])).code === 0;
}

export async function mergeBase(dir: string, one: string, other: string): Promise<string | undefined> {
  const bases = mergeBases(dir, one, other);
  if (bases && bases.length < 2) return bases[0];
  const result = await tryGit(dir, ['merge-base', one, other]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

/** The common ancestors of which no other one descends. Undefined if it takes git to read the history. */
function mergeBases(dir: string, one: string, other: string): string[] | undefined {
  const [ours, theirs] = [readHistory(dir, one), readHistory(dir, other)];
  if (!ours || !theirs) return undefined;
  const common = [...ours].filter(([oid]) => theirs.has(oid));
  const behind = new Set(common.flatMap(([, parents]) => parents));
  return common.map(([oid]) => oid).filter((oid) => !behind.has(oid));
}

/**
 * The tree of a merge; undefined on a conflict.
 * @param base what both sides come from; default: their merge base
 */
export async function mergeTrees(dir: string, ours: string, theirs: string, base?: string) {
  const bases = base === undefined ? mergeBases(dir, ours, theirs) : [base];
  if (bases?.length === 1) {
    const [before, left, right] = [bases[0] ?? '', ours, theirs].map((oid) => treeOf(dir, oid));
    if (left === right || before === right) return left;
    if (before === left) return right;
  }
  const range = [...(base === undefined ? [] : ['--merge-base', base]), ours, theirs];
  const merged = await tryGit(dir, ['merge-tree', '--write-tree', ...range]);
  return merged.code === 0 ? merged.stdout.toString().split('\n')[0] : undefined;
}
