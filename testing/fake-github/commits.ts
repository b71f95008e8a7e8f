import { createHmac } from 'node:crypto';
import { readObject, writeObject } from '../git-store.js';
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
  /** The armoured signature of the header, the bytes that it signs, and whose it is. */
  signature?: { text: string; payload: string; signer: 'github' | 'other' };
}

export interface NewCommit {
  tree: string;
  parents: readonly string[];
  author: Person;
  committer: Person;
  message: string;
  /** `github`: signed with the double's web-flow key, as GitHub signs what bots write through the API. */
  signature: { by: 'github' } | { by: 'client'; text: string } | { by: 'nobody' };
}

/** Stands for GitHub's private key: a signature of this double verifies if the bytes are what it signed. */
const WEB_FLOW_KEY = 'fake-github web-flow';

function signByGithub(payload: string): string {
  const digest = createHmac('sha256', WEB_FLOW_KEY).update(payload).digest('base64');
  return `-----BEGIN PGP SIGNATURE-----\n\n${digest}\n-----END PGP SIGNATURE-----`;
}

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
  const payload = `${headers.join('\n')}\n\n${commit.message}`;
  const text =
    commit.signature.by === 'github'
      ? signByGithub(payload)
      : commit.signature.by === 'client'
        ? commit.signature.text.trimEnd()
        : undefined;
  const signed = text ? [...headers, `gpgsig ${text.replaceAll('\n', '\n ')}`] : headers;
  const raw = `${signed.join('\n')}\n\n${commit.message}`;
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
  const headers = raw.slice(0, end).replaceAll('\n ', '\n\u0000').split('\n');
  const fields = new Map<string, string[]>();
  let current = '';
  for (const line of headers) {
    if (line.startsWith('\u0000')) {
      const values = fields.get(current) ?? [];
      values.push(`${values.pop() ?? ''}\n${line.slice(1)}`);
      continue;
    }
    current = line.slice(0, line.indexOf(' '));
    fields.set(current, [...(fields.get(current) ?? []), line.slice(current.length + 1)]);
  }
  const text = fields.get('gpgsig')?.[0];
  const payload = raw.replace(/\ngpgsig [^\n]*(\n [^\n]*)*/, '');
  return {
    oid,
    tree: fields.get('tree')?.[0] ?? '',
    parents: fields.get('parent') ?? [],
    author: parsePerson(fields.get('author')?.[0] ?? ''),
    committer: parsePerson(fields.get('committer')?.[0] ?? ''),
    message: raw.slice(end + 2),
    ...(text ? { signature: { text, payload, signer: text === signByGithub(payload) ? 'github' : 'other' } } : {}),
  };
}

/** Commit ids in `git rev-list`'s order, newest first. */
export async function listCommits(dir: string, args: readonly string[]): Promise<string[]> {
  const output = await git(dir, ['rev-list', ...args]);
  return output.toString().split('\n').filter(Boolean);
}

export async function isAncestor(dir: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await tryGit(dir, ['merge-base', '--is-ancestor', ancestor, descendant])).code === 0;
}

export async function mergeBase(dir: string, one: string, other: string): Promise<string | undefined> {
  const result = await tryGit(dir, ['merge-base', one, other]);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}
