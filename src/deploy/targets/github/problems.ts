import type { Problem } from '../../../lib/errors.js';
import type { GitHubTrouble } from './answers.js';

export interface GitHubPlace {
  /** `owner/name`. */
  repository: string;
  branch: string;
  /** GitHub's own words. */
  words: string;
  /** Branches that are there, for a missing one. */
  branches?: string[];
  rules?: BranchRule[];
}

/** As `GET /repos/{owner}/{repo}/rules/branches/{branch}` lists them. */
export interface BranchRule {
  type: string;
  source?: string;
  ruleset?: number;
}

/** What a ruleset lets the token do: pass it, not pass it, or nobody says. */
export type Bypass = 'may-pass' | 'never' | 'unknown';

/** Rules that can refuse a new commit on top of the branch, by the names that the settings page uses. */
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

/** Rules that can refuse a branch that is created, set by force and deleted, by the same names. */
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

const CERTAIN_RULES = ['pull_request', 'merge_queue', 'update', 'required_status_checks'];

/** Rules that no direct commit satisfies, whatever it holds. */
export function certainRules(rules: readonly BranchRule[]): BranchRule[] {
  return rules.filter(({ type }) => CERTAIN_RULES.includes(type));
}

/** What a direct commit will run into: an error where the token may certainly not pass, else a warning. */
export function rulesAhead(
  place: GitHubPlace,
  rules: readonly { rule: BranchRule; bypass: Bypass }[],
): Problem[] {
  const among = (wanted: Bypass) => rules.flatMap(({ rule, bypass }) => (bypass === wanted ? [rule] : []));
  const [never, unknown] = [among('never'), among('unknown')];
  if (never.length > 0) return [{ severity: 'error', ...gitHubProblem('rules', { ...place, rules: never }) }];
  if (unknown.length === 0) return [];
  return [
    {
      code: 'deploy/rules-ahead',
      severity: 'warning',
      message: `${subjectOf(nameRules(unknown))} will refuse a direct commit to ${place.branch} of ${place.repository}, unless the token may bypass it.`,
      fix: 'Set `mode: pull-request` under `deploy`; or use the token of a GitHub App that is on the bypass list.',
    },
  ];
}

export type GitHubProblemKind =
  | Exclude<GitHubTrouble, 'stale' | 'missing' | 'unsupported'>
  | 'branch-missing'
  | 'repository-missing'
  | 'rules-of-proposals'
  | 'unsafe-write';
type Explanation = Pick<Problem, 'code' | 'message' | 'fix'>;

/** The rules that may be to blame, as the subject of a sentence. */
function subjectOf(names: readonly string[]): string {
  if (names.length === 0) return 'A branch rule';
  return `${names.length > 1 ? 'One of the rules' : 'The rule'} ${names.join(', ')}`;
}

const EXPLANATIONS: Record<GitHubProblemKind, (place: GitHubPlace) => Explanation> = {
  rules: ({ repository, branch, rules = [] }) => ({
    code: 'deploy/rules-refuse',
    message: `${subjectOf(nameRules(rules))} refuses a direct commit to ${branch} of ${repository}.`,
    fix:
      'Set `mode: pull-request` under `deploy`, so that a release opens a pull request; or add the app or user ' +
      'behind the token to the bypass list of the rule (GITHUB_TOKEN can not be on it: use a GitHub App token).',
  }),
  'rules-of-proposals': ({ repository, branch, rules = [] }) => ({
    code: 'deploy/rules-refuse',
    message: `${subjectOf(nameRules(rules, BRANCH_RULES))} refuses the pull request's own branch ${branch} of ${repository}.`,
    fix:
      `Exclude ${branch.replace(/[^/]+$/, '*')} from the rule: the app or user behind the token has to create, ` +
      'force-push and delete such branches.',
  }),
  'token-rejected': ({ repository }) => ({
    code: 'deploy/token-rejected',
    message: `GitHub did not accept the token for ${repository}.`,
    fix: 'Give a valid token; it may have expired or been revoked.',
  }),
  'single-sign-on': ({ repository }) => ({
    code: 'deploy/permission-denied',
    message: `The organization of ${repository} demands single sign-on for this token.`,
    fix: 'Authorize the token for the organization (Settings, Personal access tokens, Configure SSO).',
  }),
  archived: ({ repository }) => ({
    code: 'deploy/permission-denied',
    message: `${repository} is archived and takes no commits.`,
    fix: 'Unarchive it, or set deploy to another repository.',
  }),
  'permission-denied': ({ repository, branch }) => ({
    code: 'deploy/permission-denied',
    message: `The token may not commit to ${branch} of ${repository}.`,
    fix:
      'Add `contents: write` to the `permissions` of the job; for another repository give the input deploy-token, ' +
      'a token that may write there.',
  }),
  'repository-empty': ({ repository }) => ({
    code: 'deploy/repository-empty',
    message: `${repository} has no commit yet, so there is no Kustomization to edit.`,
    fix: 'Push a first commit that holds the Kustomization.',
  }),
  'repository-missing': ({ repository }) => ({
    code: 'deploy/repository-missing',
    message: `GitHub has no repository ${repository} that this token may see.`,
    fix:
      "Check the name. GITHUB_TOKEN reaches the workflow's own repository only: for another one give the input " +
      'deploy-token, such as the token of a GitHub App that is installed there.',
  }),
  'branch-missing': ({ repository, branch, branches = [] }) => ({
    code: 'deploy/branch-missing',
    message: `There is no branch "${branch}" in ${repository}.`,
    fix:
      branches.length > 0
        ? `Set deploy.branch to one that is there: ${branches.slice(0, 10).join(', ')}.`
        : 'Correct deploy.branch, or create the branch.',
  }),
  later: ({ repository }) => ({
    code: 'deploy/rate-limited',
    message: `GitHub's rate limit for ${repository} asks for a longer wait than a release can take.`,
    fix: 'Run again later; published images stand, and a deploy that has landed is recognised.',
  }),
  transient: ({ repository }) => ({
    code: 'deploy/no-answer',
    message: `GitHub failed or did not answer for ${repository} in several tries.`,
    fix: 'Look at githubstatus.com, then run again.',
  }),
  'unsafe-write': ({ repository }) => ({
    code: 'deploy/unsafe-write',
    message: `The GitHub server of ${repository} has no way to write an executable file that is safe against commits which land meanwhile.`,
    fix: 'Clear the executable bit of the Kustomization (`git update-index --chmod=-x FILE`) and push, or deploy through plain git.',
  }),
  other: ({ repository, branch }) => ({
    code: 'deploy/push-refused',
    message: `GitHub refused a request for ${branch} of ${repository}.`,
    fix: "Do what GitHub's message below asks for; nothing was committed.",
  }),
};

/** Says what a failed request means for the deploy, with GitHub's words as detail. */
export function gitHubProblem(kind: GitHubProblemKind, place: GitHubPlace): Omit<Problem, 'severity'> {
  return { ...EXPLANATIONS[kind](place), detail: place.words.trim() || undefined };
}
