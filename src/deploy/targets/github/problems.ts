import { problem, warning, failure, type Problem, type ProblemDraft, type ReleaseError } from '../../../lib/errors.js';
import type { FailureKind } from '../../../github/failures.js';
import { branchFix } from '../repository-name.js';
import { isList, onFailure, pagesOf, request } from '../../../github/requests.js';
import type { GitHubRepository, RequestFailed, RequestOptions, Work } from '../../../github/requests.js';
import type { ReadOptions } from '../../target.js';

export interface GitHubPlace {
  repository: string;
  branch: string;
  detail: string;
  branches?: string[];
  rules?: BranchRule[];
}

/** As `GET /repos/{owner}/{repo}/rules/branches/{branch}` lists them. */
export interface BranchRule {
  type: string;
  source?: string;
  ruleset?: number;
}

export type Bypass = 'may-pass' | 'never' | 'unknown';

/** Rules that can refuse a new commit on top of the branch, by their names on the settings page. */
const REFUSING_RULES: Record<string, string> = {
  pull_request: 'Require a pull request before merging',
  required_status_checks: 'Require status checks to pass',
  required_signatures: 'Require signed commits',
  required_deployments: 'Require deployments to succeed',
  merge_queue: 'Require merge queue',
  update: 'Restrict updates',
  workflows: 'Require workflows to pass',
  code_scanning: 'Require code scanning results',
  code_quality: 'Require code quality results',
  commit_message_pattern: 'Restrict commit messages',
  commit_author_email_pattern: 'Restrict author e-mail addresses',
  committer_email_pattern: 'Restrict committer e-mail addresses',
  file_path_restriction: 'Restrict file paths',
  file_extension_restriction: 'Restrict file extensions',
  max_file_path_length: 'Restrict file path length',
  max_file_size: 'Restrict file size',
};

/** Rules that can refuse to create, force-push or delete a branch. */
const BRANCH_RULES: Record<string, string> = {
  ...REFUSING_RULES,
  creation: 'Restrict creations',
  non_fast_forward: 'Block force pushes',
  deletion: 'Restrict deletions',
};

/** The rules among `rules` that may refuse a deploy commit, for people. */
export function nameRules(rules: readonly BranchRule[], titles = REFUSING_RULES): string[] {
  const named = rules.flatMap(({ type, source }) => {
    const title = titles[type];
    return title ? [`${type} ("${title}"${source ? `, ruleset of ${source}` : ''})`] : [];
  });
  return [...new Set(named)];
}

/** Types of the rules that certainly refuse it. */
export const CERTAIN_RULES = ['pull_request', 'merge_queue', 'update', 'required_status_checks'];

/** Rules that a direct commit will meet: an error if the token certainly can't bypass the rule, else a warning. */
export function rulesAhead(place: GitHubPlace, rules: readonly { rule: BranchRule; bypass: Bypass }[]): Problem[] {
  const among = (wanted: Bypass) => rules.flatMap(({ rule, bypass }) => (bypass === wanted ? [rule] : []));
  const [never, unknown] = [among('never'), among('unknown')];
  if (never.length > 0) return [problem(gitHubProblem('rules', { ...place, rules: never }))];
  if (unknown.length === 0) return [];
  return [
    warning({
      code: 'deploy/rules-refuse',
      message: `${subjectOf(nameRules(unknown))} will refuse a direct commit to ${place.branch} of ${place.repository}, unless the token may bypass it.`,
    }),
  ];
}

export type GitHubProblemKind =
  | Exclude<FailureKind, 'stale' | 'missing'>
  | 'branch-missing'
  | 'repository-missing'
  | 'rules-of-proposals';

/** The rules that may be to blame, as the subject of a sentence. */
function subjectOf(names: readonly string[]): string {
  if (names.length === 0) return 'A branch rule';
  return `${names.length > 1 ? 'One of the rules' : 'The rule'} ${names.join(', ')}`;
}

const DRAFTS: Record<GitHubProblemKind, (place: GitHubPlace) => Omit<ProblemDraft, 'detail'>> = {
  rules: ({ repository, branch, rules = [] }) => ({
    code: 'deploy/rules-refuse',
    message: `${subjectOf(nameRules(rules))} refuses a direct commit to ${branch} of ${repository}.`,
  }),
  'rules-of-proposals': ({ repository, branch, rules = [] }) => ({
    code: 'deploy/rules-refuse',
    message: `${subjectOf(nameRules(rules, BRANCH_RULES))} refuses the pull request's own branch ${branch} of ${repository}.`,
    fix: `Exclude ${branch.replace(/[^/]+$/, '*')} from the rule: the app or user behind the token must create, force-push and delete such branches.`,
  }),
  'token-rejected': ({ repository }) => ({
    code: 'deploy/permission-denied',
    message: `GitHub did not accept the token for ${repository}.`,
    fix: 'Give a valid token; it may have expired or been revoked.',
  }),
  'permission-denied': ({ repository, branch }) => ({
    code: 'deploy/permission-denied',
    message: `The token may not commit to ${branch} of ${repository}.`,
  }),
  'repository-empty': ({ repository }) => ({
    code: 'deploy/target-missing',
    message: `${repository} has no commit yet, so there is no Kustomization to edit.`,
    fix: 'Push a first commit that holds the Kustomization.',
  }),
  'repository-missing': ({ repository }) => ({
    code: 'deploy/target-missing',
    message: `GitHub has no repository ${repository} that this token may see.`,
  }),
  'branch-missing': ({ repository, branch, branches }) => ({
    code: 'deploy/target-missing',
    message: `There is no branch "${branch}" in ${repository}.`,
    fix: branchFix(branches),
  }),
  'rate-limited': ({ repository }) => ({
    code: 'deploy/gave-up',
    message: `GitHub's rate limit for ${repository} requires a longer wait than a release can take.`,
  }),
  transient: ({ repository }) => ({
    code: 'deploy/gave-up',
    message: `GitHub failed or did not answer for ${repository} in several tries.`,
  }),
  unsupported: ({ repository }) => ({
    code: 'deploy/push-refused',
    message: `The GitHub server of ${repository} can't move several refs together: it has no \`updateRefs\`.`,
    fix: 'Update GitHub Enterprise Server to 3.13 or newer.',
  }),
  other: ({ repository, branch }) => ({
    code: 'deploy/push-refused',
    message: `GitHub refused a request for ${branch} of ${repository}.`,
  }),
};

export function gitHubProblem(kind: GitHubProblemKind, place: GitHubPlace): ProblemDraft {
  return { ...DRAFTS[kind](place), detail: place.detail.trim() || undefined };
}

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
