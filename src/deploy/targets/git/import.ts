import type { GitPerson } from './environment.js';

/** A commit to be made. */
export interface NewCommit {
  /** Undefined: it has no parent. */
  parent?: string;
  /** `parent`: its tree with `files` put over it; `files`: these alone. */
  tree: 'parent' | 'files';
  files: readonly { path: string; bytes: Uint8Array; mode: string }[];
  message: string;
}

/**
 * Writes commits in the language of git-fast-import(1), which makes blobs, trees and commits in one process.
 * The stream answers with the ids of the commits, a line each, in their order.
 */
export function importStream(commits: readonly NewCommit[], author: GitPerson): Buffer {
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

export const IMPORT_ARGS = ['fast-import', '--quiet', '--done', '--force', '--date-format=now'] as const;

/** Git leaves these characters out of names and addresses as well. */
const ident = (text: string) => text.replace(/[<>\r\n\0]/g, '').trim();

const quote = (path: string) => `"${path.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
