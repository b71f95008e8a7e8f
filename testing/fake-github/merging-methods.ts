import { listCommits, mergeTrees, readCommit, writeCommit } from './commits.js';
import type { MergeMethod, PullRequest } from './pull-requests.js';
import { personOf } from './repository.js';
import type { Caller, FakeRepository, ServedRepository } from './repository.js';

export interface MergeWish {
  method: MergeMethod;
  title?: string;
  message?: string;
}

/** The methods that the settings allow. */
export function methodsOf({ mergeMethods }: Pick<FakeRepository, 'mergeMethods'>): MergeMethod[] {
  return mergeMethods ?? ['merge', 'squash', 'rebase'];
}

/** As the REST API words it; the GraphQL API has sentences of its own. */
export const METHOD_REFUSALS: Record<MergeMethod, { rest: string; graphql: string }> = {
  merge: {
    rest: 'Merge commits are not allowed on this repository.',
    graphql: 'Merge method merge commits are not allowed on this repository',
  },
  squash: {
    rest: 'Squash merges are not allowed on this repository.',
    graphql: 'Merge method squash merging is not allowed on this repository',
  },
  rebase: {
    rest: 'Rebase merges are not allowed on this repository.',
    graphql: 'Merge method rebase merging is not allowed on this repository',
  },
};

/** Writes what the base branch gets. `tree`: of the merged result. */
export async function writeMerge(
  repository: ServedRepository,
  pull: PullRequest,
  clean: { tree: string; base: string; head: string },
  caller: Caller,
  wish: MergeWish,
): Promise<string> {
  const { dir, owner } = repository;
  const author = personOf(caller);
  const committer = { name: 'GitHub', email: 'noreply@github.com', date: author.date };
  const commits = (await listCommits(dir, clean.base, clean.head)).reverse();
  if (wish.method === 'rebase') return rebase(dir, commits, clean.base, committer);
  const [single] = commits.length === 1 ? [(await readCommit(dir, commits[0] ?? '')).message] : [];
  const [subject = '', ...body] = (single ?? pull.title).trim().split('\n');
  const texts = {
    // The default of the settings: a single commit speaks for itself.
    squash: { title: `${single ? subject : pull.title} (#${pull.number})`, message: body.join('\n').trim() },
    merge: { title: `Merge pull request #${pull.number} from ${owner}/${pull.head}`, message: pull.title },
  }[wish.method];
  const message = [wish.title ?? texts.title, wish.message ?? texts.message].filter(Boolean).join('\n\n');
  return writeCommit(dir, {
    tree: clean.tree,
    parents: wish.method === 'squash' ? [clean.base] : [clean.base, clean.head],
    author,
    committer,
    message: `${message}\n`,
    signed: 'github',
  });
}

type Person = Parameters<typeof writeCommit>[1]['author'];

async function rebase(dir: string, commits: string[], base: string, committer: Person): Promise<string> {
  let onto = base;
  for (const oid of commits) {
    const { message, author, parents } = await readCommit(dir, oid);
    const tree = await mergeTrees(dir, onto, oid, parents[0]);
    if (tree === undefined) throw new Error(`${oid} conflicts with ${onto}.`);
    onto = await writeCommit(dir, {
      tree,
      parents: [onto],
      author,
      committer,
      message,
    });
  }
  return onto;
}
