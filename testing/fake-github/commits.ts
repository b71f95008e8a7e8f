import { readObject, writeObject } from '../git-store.js';
import { askOfCommits, git } from './git.js';
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

/** Commit ids in `git rev-list`'s order, newest first. */
export async function listCommits(dir: string, args: readonly string[]): Promise<string[]> {
  const output = await git(dir, ['rev-list', ...args]);
  return output.toString().split('\n').filter(Boolean);
}

export async function isAncestor(dir: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await askOfCommits(dir, ['merge-base', '--is-ancestor'], ancestor, descendant)).code === 0;
}

export async function mergeBase(dir: string, one: string, other: string): Promise<string | undefined> {
  const result = await askOfCommits(dir, ['merge-base'], one, other);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}
