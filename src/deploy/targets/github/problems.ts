import { problem, warning, type Problem, type ProblemDraft } from '../../../lib/errors.js';
import type { FailureKind } from '../../../github/failures.js';
import { branchFix } from '../repository-name.js';

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
