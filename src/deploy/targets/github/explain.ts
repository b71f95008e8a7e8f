import { failure, type ReleaseError } from '../../../lib/errors.js';
import type { ReadOptions } from '../../target.js';
import { gitHubProblem, type BranchRule, type Bypass, type GitHubPlace } from './problems.js';
import { isList, PAGE_SIZE, pagesOf, request, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';

/** Turns failed requests into errors with a way out; asks GitHub for what they need to say. */
export interface Explainer {
  /** @param branch the branch that the request was about; default: the target's */
  explain(failed: RequestFailed, options?: ReadOptions & { branch?: string }): Promise<ReleaseError>;
  /** Runs a read, which may be repeated, and explains its failure. */
  reading<T>(
    options: ReadOptions,
    work: (call: { signal: AbortSignal }) => Promise<T>,
    isAnswer?: (answer: T) => boolean,
  ): Promise<T>;
  /** Explains the failure of something that makes its requests itself. */
  explaining<T>(options: ReadOptions, work: Promise<T>): Promise<T>;
  /** The active rules of a branch; none when they can't be read. */
  readRules(branch: string): Promise<BranchRule[]>;
  /** Whether this token may pass a rule, which its ruleset tells. */
  readBypass(rule: BranchRule): Promise<Bypass>;
  place(words: string, branch?: string): GitHubPlace;
}

/** https://docs.github.com/rest/repos/rules#get-a-repository-ruleset; a direct commit is no pull request. */
const BYPASSES: Record<string, Bypass> = {
  always: 'may-pass',
  exempt: 'may-pass',
  pull_requests_only: 'never',
  never: 'never',
};

export function createExplainer(spec: GitHubRepository & { branch: string }): Explainer {
  const { octokit, owner, repo, clockwork } = spec;
  const at = { owner, repo };
  const place = (words: string, branch = spec.branch): GitHubPlace => ({
    repository: `${owner}/${repo}`,
    branch,
    words,
  });

  /** What is asked beside the matter: how it failed is not news, and it waits for no rate limit. */
  async function aside<T>(
    work: (call: { signal: AbortSignal }) => Promise<T>,
    isAnswer: (answer: T) => boolean,
    options: ReadOptions = {},
  ): Promise<T | RequestFailed> {
    try {
      return await request(work, clockwork, { ...options, patience: 0, isAnswer });
    } catch (error) {
      if (error instanceof RequestFailed) return error;
      throw error;
    }
  }

  async function readRules(branch: string): Promise<BranchRule[]> {
    const pages = pagesOf(async (page) => {
      const listed = await aside(
        (call) =>
          octokit.rest.repos.getBranchRules({ ...at, branch, per_page: PAGE_SIZE, page, request: call }),
        isList,
      );
      return listed instanceof RequestFailed ? [] : listed.data;
    });
    const rules: BranchRule[] = [];
    for await (const listed of pages) {
      rules.push(
        ...listed.map((rule) => ({
          type: rule.type,
          source: rule.ruleset_source,
          ruleset: rule.ruleset_id,
        })),
      );
    }
    return rules;
  }

  async function readBypass({ ruleset }: BranchRule): Promise<Bypass> {
    if (ruleset === undefined) return 'unknown';
    const asked = await aside(
      (call) => octokit.rest.repos.getRepoRuleset({ ...at, ruleset_id: ruleset, request: call }),
      ({ data }) => data.id === ruleset,
    );
    if (asked instanceof RequestFailed) return 'unknown';
    return BYPASSES[asked.data.current_user_can_bypass ?? ''] ?? 'unknown';
  }

  async function explain(
    failed: RequestFailed,
    { signal, branch = spec.branch }: ReadOptions & { branch?: string } = {},
  ): Promise<ReleaseError> {
    const known = place(failed.message, branch);
    switch (failed.trouble) {
      case 'missing':
        return explainMissing(failed, { signal });
      case 'rules': {
        const kind = branch === spec.branch ? 'rules' : 'rules-of-proposals';
        return failure(gitHubProblem(kind, { ...known, rules: await readRules(branch) }));
      }
      case 'stale':
      case 'unsupported':
        return failure(gitHubProblem('other', known));
      default:
        return failure(gitHubProblem(failed.trouble, known));
    }
  }

  /** Needs a second look at what is missing. */
  async function explainMissing(failed: RequestFailed, options: ReadOptions): Promise<ReleaseError> {
    const branches = await aside(
      (call) => octokit.rest.repos.listBranches({ ...at, per_page: 100, request: call }),
      isList,
      options,
    );
    if (branches instanceof RequestFailed) {
      return failure(gitHubProblem('repository-missing', place(failed.message)));
    }
    const names = branches.data.map((item) => item.name);
    const kind = names.length === 0 ? 'repository-empty' : 'branch-missing';
    return failure(gitHubProblem(kind, { ...place(failed.message), branches: names }));
  }

  async function explaining<T>(options: ReadOptions, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof RequestFailed ? await explain(error, options) : error;
    }
  }

  return {
    explain,
    explaining,
    reading: (options, work, isAnswer) =>
      explaining(options, request(work, clockwork, { ...options, isAnswer })),
    readRules,
    readBypass,
    place,
  };
}
