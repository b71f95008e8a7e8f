import { LEDGER_FILE, type LedgerMove } from '../../ledger/ledger.js';
import type { TargetChange } from '../../target.js';
import type { GitPerson } from './environment.js';
import { expectGit, type GitRepository } from './repository.js';

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
      files: [{ path: LEDGER_FILE, bytes: Buffer.from(text(commit)), mode: '100644' }],
      message,
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
