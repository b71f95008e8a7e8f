import { failure, type ReleaseError } from '../../../lib/errors.js';
import { isList, onFailure, pagesOf, request } from '../../../github/requests.js';
import type { GitHubRepository, RequestFailed, RequestOptions, Work } from '../../../github/requests.js';
import type { ReadOptions } from '../../target.js';
import { gitHubProblem, type BranchRule, type Bypass, type GitHubPlace } from './problems.js';

/** Turns failed requests into errors with a fix; reads from GitHub what they need to say. */
export type Explainer = ReturnType<typeof createExplainer>;

/** https://docs.github.com/rest/repos/rules#get-a-repository-ruleset; a direct commit is no pull request. */
const BYPASSES: Record<string, Bypass> = {
  always: 'may-pass',
  exempt: 'may-pass',
  pull_requests_only: 'never',
  never: 'never',
};

export function createExplainer(spec: GitHubRepository & { branch: string }) {
  const repository = `${spec.owner}/${spec.repo}`;
  const place = (detail: string, branch = spec.branch): GitHubPlace => ({ repository, branch, detail });

  /** Reads what only makes a message better: its failure isn't reported, and it waits for no rate limit. */
  const tryToRead = <T>(work: Work<T>, options: RequestOptions<T>) =>
    onFailure(request(spec, work, { ...options, longestWaitMs: 0 }), () => undefined);

  /** The active rules of a branch; none if they can't be read. */
  async function readRules(branch: string): Promise<BranchRule[]> {
    const pages = pagesOf(async (page) => {
      const listed = await tryToRead(({ rest, at }) => rest.repos.getBranchRules({ ...at, branch, ...page }), {
        isAnswer: isList,
      });
      return listed?.data ?? [];
    });
    const rules: BranchRule[] = [];
    for await (const listed of pages) {
      for (const { type, ruleset_source, ruleset_id } of listed)
        rules.push({ type, source: ruleset_source, ruleset: ruleset_id });
    }
    return rules;
  }

  async function readBypass({ ruleset }: BranchRule): Promise<Bypass> {
    if (ruleset === undefined) return 'unknown';
    const read = await tryToRead(({ rest, at }) => rest.repos.getRepoRuleset({ ...at, ruleset_id: ruleset }), {
      isAnswer: ({ data }) => data.id === ruleset,
    });
    return BYPASSES[read?.data.current_user_can_bypass ?? ''] ?? 'unknown';
  }

  /** @param branch the branch that the request was about; default: the target's */
  async function explain(
    failed: RequestFailed,
    { signal, branch = spec.branch }: ReadOptions & { branch?: string } = {},
  ): Promise<ReleaseError> {
    const known = place(failed.message, branch);
    switch (failed.kind) {
      case 'missing':
        return failure(await explainMissing(known, signal));
      case 'rules': {
        const kind = branch === spec.branch ? 'rules' : 'rules-of-proposals';
        return failure(gitHubProblem(kind, { ...known, rules: await readRules(branch) }));
      }
      default:
        return failure(gitHubProblem(failed.kind === 'stale' ? 'other' : failed.kind, known));
    }
  }

  async function explainMissing(known: GitHubPlace, signal: AbortSignal | undefined) {
    const listed = await tryToRead(({ rest, at }) => rest.repos.listBranches({ ...at, per_page: 100 }), {
      isAnswer: isList,
      signal,
    });
    if (!listed) return gitHubProblem('repository-missing', known);
    const branches = listed.data.map(({ name }) => name);
    return gitHubProblem(branches.length === 0 ? 'repository-empty' : 'branch-missing', { ...known, branches });
  }

  const explaining = <T>(options: ReadOptions, work: Promise<T>): Promise<T> =>
    onFailure(work, async (failed): Promise<never> => {
      throw await explain(failed, options);
    });

  return { explain, explaining, readRules, readBypass, place };
}
