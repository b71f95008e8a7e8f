import type { FailureKind } from '../../../github/failures.js';
import { isOid, onFailure, pagesOf, request, RequestFailed } from '../../../github/requests.js';
import type { GitHubRepository, RequestOptions } from '../../../github/requests.js';
import { MOST_LISTED, type Relation, type SourceHistory } from '../../order.js';
import type { ReadOptions, TargetCommit } from '../../target.js';
import { compareInCheckout, commitInCheckout, historyInCheckout } from '../git/graph.js';
import type { GitRepository } from '../git/repository.js';
import { isDeployCommit } from '../../commit-message.js';
import { createExplainer } from './problems.js';

const COMMIT_ID = /^[0-9a-f]{7,64}$/;
const RELATIONS: readonly string[] = ['ahead', 'identical', 'behind', 'diverged'] satisfies Relation[];

/** A repository at GitHub, and the checkout of it that may have its history. */
export type WithCheckout = GitHubRepository & { checkout?: GitRepository };

/** Reads commits of a repository at GitHub; needs no branch, nor any right but to read. */
export function createGitHubAncestry(repository: WithCheckout) {
  const { explaining } = createExplainer({ ...repository, branch: '' });
  return {
    compare: (base: string, head: string, options: ReadOptions = {}) =>
      explaining(options, compareCommits(repository, base, head, options)),
    history: (base: string, head: string, options: ReadOptions = {}) =>
      explaining(options, readHistory(repository, base, head, options)),
    commitOf: async (commit: string, options: ReadOptions = {}) =>
      repository.checkout && commitInCheckout(repository.checkout, commit, options),
    tipOf: (ref: string) => explaining({}, readRef(repository, `refs/${ref}`)),
    editedFiles: (commit: string, options: ReadOptions = {}) =>
      explaining(options, listEditedFiles(repository, commit, options)),
  };
}

/**
 * Asks the checkout, then GitHub: one request, for its second page, because the first one carries the diff of up to 300 files.
 */
export async function compareCommits(
  repository: WithCheckout,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<Relation> {
  if (!COMMIT_ID.test(base) || !COMMIT_ID.test(head)) return 'unknown';
  if (base === head) return 'identical';
  const known = repository.checkout && (await compareInCheckout(repository.checkout, base, head, options));
  if (known !== undefined) return known;
  try {
    const { base_commit, status } = await readComparison(repository, base, head, { per_page: 1, page: 2 }, options);
    // GitHub may read an abbreviated id as the name of a branch.
    if (!base_commit.sha.startsWith(base)) return 'unknown';
    return RELATIONS.includes(status) ? status : 'unknown';
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (/no common ancestor/i.test(error.message)) return 'diverged';
    // 404: no such commit. 422 and 409: nothing that could be compared.
    if (error.kind === 'missing' || error.kind === 'repository-empty') return 'unknown';
    if (error.failure.status === 422) return 'unknown';
    throw error;
  }
}

/** A page of https://docs.github.com/rest/commits/commits#compare-two-commits. @throws RequestFailed */
async function readComparison(
  repository: GitHubRepository,
  base: string,
  head: string,
  page: { page: number; per_page: number },
  options: ReadOptions,
) {
  const basehead = `${base}...${head}`;
  const { data } = await request(
    repository,
    ({ rest, at }) => rest.repos.compareCommitsWithBasehead({ ...at, basehead, ...page }),
    { ...options, isAnswer: ({ data }) => isOid(data.base_commit.sha) && data.commits.every(({ sha }) => isOid(sha)) },
  );
  return data;
}

/** The checkout's, else GitHub's. @throws RequestFailed */
async function readHistory(
  repository: WithCheckout,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<SourceHistory | undefined> {
  const own = repository.checkout && (await historyInCheckout(repository.checkout, base, head, options));
  if (own !== undefined) return own;
  // The second page first: it has no diff.
  const second = { page: 2, per_page: 1 };
  const { status, total_commits: total } = await readComparison(repository, base, head, second, options);
  if (status !== 'ahead') return undefined;
  const last = { page: Math.ceil(total / MOST_LISTED), per_page: MOST_LISTED };
  const read = (await readComparison(repository, base, head, last, options)).commits;
  const source = read.filter(({ commit }) => !isDeployCommit(commit.message));
  const commits = source.map(({ sha, commit: { message, author } }) => ({
    commit: sha,
    author: { name: author?.name ?? '', email: author?.email ?? '' },
    date: author?.date ?? '',
    subject: message.split('\n', 1)[0] ?? '',
  }));
  return { commits: commits.reverse(), total: total - (read.length - source.length) };
}

export async function resolveRef(
  repository: GitHubRepository,
  name: string,
  options: ReadOptions = {},
): Promise<string> {
  const ref = name.slice('refs/'.length);
  const { data } = await request(repository, ({ rest, at }) => rest.git.getRef({ ...at, ref }), {
    ...options,
    isAnswer: ({ data }) => isOid(data.object.sha),
  });
  return data.object.sha;
}

/** The same; undefined if the ref does not exist. @param absent failures that say so */
export function readRef(
  repository: GitHubRepository,
  name: string,
  options?: ReadOptions,
  absent: readonly FailureKind[] = ['missing'],
): Promise<string | undefined> {
  return onFailure(resolveRef(repository, name, options), (failed) => {
    if (absent.includes(failed.kind)) return undefined;
    throw failed;
  });
}

export async function readCommit(
  repository: GitHubRepository,
  oid: string,
  options: Omit<RequestOptions<never>, 'isAnswer'>,
): Promise<TargetCommit & { tree: string }> {
  const { data } = await request(repository, ({ rest, at }) => rest.git.getCommit({ ...at, commit_sha: oid }), {
    ...options,
    isAnswer: ({ data }) => isOid(data.tree.sha),
  });
  return { oid, message: data.message, url: data.html_url, tree: data.tree.sha };
}

/** Commits after `since` up to `head`, newest first. @throws RequestFailed */
export async function listCommitsSince(
  repository: GitHubRepository,
  since: string,
  head: string,
  options: ReadOptions,
): Promise<TargetCommit[]> {
  if (head === since) return [];
  const pages = pagesOf(async (page) => (await readComparison(repository, since, head, page, options)).commits);
  const found: TargetCommit[] = [];
  for await (const commits of pages) {
    found.push(...commits.map(({ sha, html_url, commit }) => ({ oid: sha, message: commit.message, url: html_url })));
  }
  return found.reverse();
}

/** An answer holds at most 300 files, and a deploy commit far fewer. @throws RequestFailed */
async function listEditedFiles(
  repository: GitHubRepository,
  commit: string,
  options: ReadOptions,
): Promise<string[] | undefined> {
  const { data } = await request(repository, ({ rest, at }) => rest.repos.getCommit({ ...at, ref: commit }), {
    ...options,
    isAnswer: ({ data }) => isOid(data.sha) && Array.isArray(data.files),
  });
  const { parents, files = [] } = data;
  const isEdit = parents.length === 1 && files.length < 300 && files.every(({ status }) => status === 'modified');
  return isEdit ? files.map(({ filename }) => filename) : undefined;
}
