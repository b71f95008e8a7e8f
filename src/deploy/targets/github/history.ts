import type { Ancestry, Relation } from '../../order.js';
import type { DeployTarget, ReadOptions, TargetCommit } from '../../target.js';
import type { Explainer } from './explain.js';
import { createExplainer } from './explain.js';
import { isOid, PAGE_SIZE, pagesOf, request, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';

const COMMIT_ID = /^[0-9a-f]{7,64}$/;
const RELATIONS: readonly string[] = ['ahead', 'identical', 'behind', 'diverged'] satisfies Relation[];

/** Looks at commits of a repository at GitHub; needs no branch, nor any right but to read. */
export function createGitHubAncestry(repository: GitHubRepository): Ancestry &
  Required<Pick<DeployTarget, 'editedFiles'>> & {
    tipOf(ref: string): Promise<string | undefined>;
  } {
  const explainer = createExplainer({ ...repository, branch: '' });
  return {
    ...ancestryOf(repository, explainer),
    tipOf: (ref) => explainer.explaining({}, readRef(repository, ref)),
    editedFiles: (commit, options = {}) =>
      explainer.explaining(options, listEditedFiles(repository, commit, options)),
  };
}

/** Relations between commits do not change, so each is asked for once. */
export function ancestryOf(repository: GitHubRepository, explainer: Explainer): Ancestry {
  const known = new Map<string, Relation>();
  return {
    async compare(base, head, options = {}) {
      if (!COMMIT_ID.test(base) || !COMMIT_ID.test(head)) return 'unknown';
      if (base === head) return 'identical';
      const pair = `${base}...${head}`;
      const relation =
        known.get(pair) ?? (await explainer.explaining(options, ask(repository, base, head, options)));
      if (relation !== 'unknown') known.set(pair, relation);
      return relation;
    },
  };
}

/**
 * One request, for its second page: the first one carries the diff of up to 300 files
 * (https://docs.github.com/rest/commits/commits#compare-two-commits).
 * @throws RequestFailed
 */
async function ask(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  base: string,
  head: string,
  options: ReadOptions,
): Promise<Relation> {
  try {
    const { data } = await request(
      (call) =>
        octokit.rest.repos.compareCommitsWithBasehead({
          owner,
          repo,
          basehead: `${base}...${head}`,
          per_page: 1,
          page: 2,
          request: call,
        }),
      clockwork,
      { ...options, isAnswer: ({ data }) => isOid(data.base_commit.sha) },
    );
    // What looks like an abbreviated id may be the name of a branch.
    if (!data.base_commit.sha.startsWith(base)) return 'unknown';
    return RELATIONS.includes(data.status) ? data.status : 'unknown';
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (/no common ancestor/i.test(error.message)) return 'diverged';
    // 404: no such commit. 422 and 409: nothing that could be compared.
    if (error.trouble === 'missing' || error.trouble === 'repository-empty') return 'unknown';
    if (error.failure.status === 422) return 'unknown';
    throw error;
  }
}

/** What a ref points to (`heads/main`); undefined when it is not there. @throws RequestFailed */
export async function readRef(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  ref: string,
  options: ReadOptions = {},
): Promise<string | undefined> {
  try {
    const { data } = await request(
      (call) => octokit.rest.git.getRef({ owner, repo, ref, request: call }),
      clockwork,
      { ...options, isAnswer: ({ data }) => isOid(data.object.sha) },
    );
    return data.object.sha;
  } catch (error) {
    if (error instanceof RequestFailed && error.trouble === 'missing') return undefined;
    throw error;
  }
}

/** Commits after `since` up to `head`, newest first. @throws RequestFailed */
export async function listCommitsSince(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  since: string,
  head: string,
  options: ReadOptions,
): Promise<TargetCommit[]> {
  if (head === since) return [];
  const pages = pagesOf(async (page) => {
    const { data } = await request(
      (call) =>
        octokit.rest.repos.compareCommitsWithBasehead({
          owner,
          repo,
          basehead: `${since}...${head}`,
          per_page: PAGE_SIZE,
          page,
          request: call,
        }),
      clockwork,
      { ...options, isAnswer: ({ data }) => data.commits.every(({ sha }) => isOid(sha)) },
    );
    return data.commits;
  });
  const found: TargetCommit[] = [];
  for await (const commits of pages) {
    found.push(
      ...commits.map(({ sha, html_url, commit }) => ({ oid: sha, message: commit.message, url: html_url })),
    );
  }
  return found.reverse();
}

/** An answer holds at most 300 files, and a deploy commit far fewer. @throws RequestFailed */
async function listEditedFiles(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  commit: string,
  options: ReadOptions,
): Promise<string[] | undefined> {
  const { data } = await request(
    (call) => octokit.rest.repos.getCommit({ owner, repo, ref: commit, request: call }),
    clockwork,
    { ...options, isAnswer: ({ data }) => isOid(data.sha) && Array.isArray(data.files) },
  );
  const { parents, files = [] } = data;
  const isEdit =
    parents.length === 1 && files.length < 300 && files.every(({ status }) => status === 'modified');
  return isEdit ? files.map(({ filename }) => filename) : undefined;
}
