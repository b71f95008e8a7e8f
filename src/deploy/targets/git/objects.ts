import { channelOf, LEDGER_FILE, LEDGER_PLACES, ledgerRef } from '../../ledger/ledger.js';
import type { LedgerReading, LedgerMove } from '../../ledger/ledger.js';
import type { ReadOptions, Snapshot, TargetFile, TargetChange } from '../../target.js';
import { GitFailed, type Fetch } from './fetch.js';
import { classifyGitFailure } from './output.js';
import { expectGit, type GitRepository, type GitPerson } from './repository.js';

/** Missing blobs are fetched together: git by itself would fetch them one by one, at the first use of each. */
export function readSnapshot(repository: GitRepository, fetch: Fetch, head: string, options: ReadOptions): Snapshot {
  let listing: Promise<Map<string, TreeEntry>> | undefined;
  const entries = () => (listing ??= listTree(repository, head, options));
  const cached = new Map<string, Buffer>();

  async function readBlobs(oids: readonly string[]): Promise<void> {
    const wanted = oids.filter((oid) => !cached.has(oid));
    const here = await readObjects(repository, wanted, { ...options, env: { GIT_NO_LAZY_FETCH: '1' } });
    for (const [oid, bytes] of here) cached.set(oid, bytes);
    const missing = wanted.filter((oid) => !cached.has(oid));
    if (missing.length === 0) return;
    const input = missing.map((oid) => `${oid}\n`).join('');
    // If the server knew which commits are here, it would assume that their blobs are, too.
    await fetch(['--filter=blob:none', '--stdin', 'target'], { ...options, input, haves: 'none' });
    for (const [oid, bytes] of await readObjects(repository, missing, options)) cached.set(oid, bytes);
  }

  async function readAll(paths: readonly string[]): Promise<Map<string, TargetFile>> {
    const tree = await entries();
    const found = paths.flatMap((path) => {
      const entry = tree.get(path);
      return entry ? [{ path, ...entry }] : [];
    });
    await readBlobs([...new Set(found.map(({ oid }) => oid))]);
    return new Map(
      found.flatMap(({ path, oid, mode }) => {
        const bytes = cached.get(oid);
        return bytes ? [[path, { bytes, mode }] as const] : [];
      }),
    );
  }

  return {
    head,
    list: async () => [...(await entries()).keys()],
    readAll,
  };
}

/** Reads ledgers with one fetch: by patterns, because a name that doesn't exist would fail it. */
export async function readLedgers(
  repository: GitRepository,
  fetch: Fetch,
  channels: readonly string[],
  options: ReadOptions,
): Promise<LedgerReading[]> {
  const refspecs = channels.flatMap((channel) =>
    LEDGER_PLACES.map((place) => `+${ledgerRef(place, channel)}*:refs/ledgers/${place}/${channel}*`),
  );
  const args = ['--prune', '--depth=1', '--no-filter', 'target', ...refspecs];
  const refs = await fetch(args, options).catch((error: unknown) => {
    // If no pattern matches, a fetch with --depth ends with exit code 1 and without a message.
    if (error instanceof GitFailed && error.kind === 'other' && error.stderr.trim() === '')
      return new Map<string, string>();
    throw error;
  });
  const found = channels.map((channel): LedgerReading => {
    const ref = LEDGER_PLACES.map((place) => ledgerRef(place, channel)).find((name) => refs.has(name));
    return ref === undefined ? { channel } : { channel, ref, oid: refs.get(ref) };
  });
  const file = (oid: string) => `${oid}:${LEDGER_FILE}`;
  const names = found.flatMap(({ oid }) => (oid ? [oid, file(oid)] : []));
  const objects = await readObjects(repository, names, options);
  return found.map((reading) => {
    if (reading.oid === undefined) return reading;
    const commit = objects.get(reading.oid)?.toString('utf8') ?? '';
    const message = commit.slice(commit.indexOf('\n\n') + 2);
    return { ...reading, text: objects.get(file(reading.oid))?.toString('utf8'), message };
  });
}

/** The channels among the refs that the remote lists. @throws GitFailed */
export async function listChannels(repository: GitRepository, options: ReadOptions): Promise<string[]> {
  const patterns = LEDGER_PLACES.map((place) => ledgerRef(place, '*'));
  const { code, stdout, stderr } = await repository.git(['ls-remote', 'target', ...patterns], options);
  if (code !== 0) throw new GitFailed(classifyGitFailure(stderr), stderr);
  const refs = [...stdout.toString('utf8').matchAll(/^[0-9a-f]+\t(.+)$/gm)].map(([, ref = '']) => ref);
  return [...new Set(refs.flatMap((ref) => channelOf(ref) ?? []))];
}

export interface TreeEntry {
  mode: string;
  oid: string;
}

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

/** Reads objects by any name that git knows, missing ones left out; format: git-cat-file(1), "Batch output". */
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

interface NewCommit {
  parent?: string;
  /** `parent`: its tree with `files` written over it; `files`: these alone. */
  tree: 'parent' | 'files';
  files: readonly { path: string; bytes: Uint8Array; mode: string }[];
  message: string;
}

/** Makes the deploy commit, to which no ref points yet; undefined: there is nothing to commit. */
export async function writeDeployCommit(
  repository: GitRepository,
  author: GitPerson,
  { base, files, message }: TargetChange,
): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const [commit] = await writeCommits(repository, author, [{ parent: base, tree: 'parent', files, message }]);
  return commit;
}

export async function writeLedgerCommits(
  repository: GitRepository,
  author: GitPerson,
  moves: readonly LedgerMove[],
  commit: string | undefined,
): Promise<string[]> {
  return writeCommits(
    repository,
    author,
    moves.map(({ before, text, message }) => ({
      parent: before,
      tree: 'files',
      files: [{ path: LEDGER_FILE, bytes: Buffer.from(text), mode: '100644' }],
      message: message(commit),
    })),
  );
}

async function writeCommits(
  repository: GitRepository,
  author: GitPerson,
  commits: readonly NewCommit[],
): Promise<string[]> {
  if (commits.length === 0) return [];
  const args = ['fast-import', '--quiet', '--done', '--force', '--date-format=now'];
  const printed = await expectGit(repository, args, { input: importStream(commits, author) });
  return printed.trim().split('\n');
}

/** In the language of git-fast-import(1), which makes all objects in one process and prints the ids of commits. */
function importStream(commits: readonly NewCommit[], author: GitPerson): Buffer {
  const person = `${ident(author.name)} <${ident(author.email)}> now`;
  const parts: (string | Uint8Array)[] = [];
  commits.forEach((commit, index) => {
    const message = Buffer.from(`${commit.message.trimEnd()}\n`);
    parts.push(
      `commit refs/image-release/made/${index}\nmark :${index + 1}\n`,
      `author ${person}\ncommitter ${person}\ndata ${message.length}\n`,
      message,
      ...(commit.parent ? [`from ${commit.parent}\n`] : []),
      ...(commit.tree === 'files' && commit.parent ? ['deleteall\n'] : []),
    );
    for (const { path, bytes, mode } of commit.files) {
      parts.push(`M ${mode} inline ${quote(path)}\ndata ${bytes.length}\n`, bytes, '\n');
    }
    parts.push(`\nget-mark :${index + 1}\n`);
  });
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** Git leaves these characters out of names and addresses as well. */
const ident = (text: string) => text.replace(/[<>\r\n\0]/g, '').trim();

const quote = (path: string) => `"${path.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
