import type { ProblemDraft } from '../../../lib/errors.js';
import { branchFix } from '../repository-name.js';
import type { GitFailure } from './output.js';

export interface GitPlace {
  url: string;
  branch: string;
  detail: string;
  branches?: string[];
}

type GitProblemKind = GitFailure | 'repository-empty' | 'rules' | 'refused';

const DRAFTS: Record<GitProblemKind, (place: GitPlace) => Omit<ProblemDraft, 'detail'>> = {
  'branch-missing': ({ url, branch, branches }) => ({
    code: 'deploy/target-missing',
    message: `There is no branch "${branch}" in ${url}.`,
    fix: branchFix(branches),
  }),
  'repository-empty': ({ url }) => ({
    code: 'deploy/target-missing',
    message: `${url} has no commit yet, so there is no Kustomization to edit.`,
    fix: 'Push a first commit that holds the Kustomization.',
  }),
  'repository-missing': ({ url }) => ({
    code: 'deploy/target-missing',
    message: `There is no git repository at ${url}, or the credentials may not see it.`,
    fix: `Try \`git ls-remote ${url}\`; correct the address or the access of the credentials.`,
  }),
  'token-rejected': ({ url }) => ({
    code: 'deploy/permission-denied',
    message: `${url} did not accept the credentials, or git has none for it.`,
    fix: `Make \`git ls-remote ${url}\` work without a prompt (credential helper, ssh agent), or give a token.`,
  }),
  'permission-denied': ({ url, branch }) => ({
    code: 'deploy/permission-denied',
    message: `The credentials may not push to branch ${branch} of ${url}.`,
    fix: 'Use a user, token or deploy key with write access (in GitHub Actions: `contents: write` in the `permissions` of the job).',
  }),
  'host-key': ({ url }) => ({
    code: 'deploy/git-failed',
    message: `ssh does not know the host key of ${url}.`,
    fix: "Add the server's published key to known_hosts (ssh-keyscan shows what it presents; compare it first).",
  }),
  transient: ({ url }) => ({ code: 'deploy/gave-up', message: `${url} could not be reached in several tries.` }),
  'not-atomic': ({ url }) => ({ code: 'deploy/git-failed', message: `${url} can't move several refs together.` }),
  other: ({ url }) => ({
    code: 'deploy/git-failed',
    message: `git could not work with ${url}.`,
    fix: `Read its message below; \`git ls-remote ${url}\` must work from here.`,
  }),
  rules: ({ url, branch }) => ({
    code: 'deploy/rules-refuse',
    message: `A branch rule refuses the deploy commit on ${branch} of ${url}.`,
    fix: 'Allow the pushing user or app to bypass the rule, or set deploy.branch to a branch without it.',
  }),
  refused: ({ url, branch }) => ({
    code: 'deploy/push-refused',
    message: `The server refused the deploy commit on ${branch} of ${url}.`,
  }),
};

export function gitProblem(kind: GitProblemKind, place: GitPlace): ProblemDraft {
  return { ...DRAFTS[kind](place), detail: place.detail || undefined };
}
