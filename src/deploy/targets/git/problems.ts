import type { Problem } from '../../../lib/errors.js';
import type { GitTrouble } from './answers.js';

export interface GitPlace {
  url: string;
  branch: string;
  /** The server's or git's own words. */
  words: string;
  /** Branches that the remote has, where that was asked. */
  branches?: string[];
}

type GitProblemKind = GitTrouble | 'repository-empty' | 'rules' | 'refused';
type Explanation = Pick<Problem, 'code' | 'message' | 'fix'>;

const EXPLANATIONS: Record<GitProblemKind, (place: GitPlace) => Explanation> = {
  'branch-missing': ({ url, branch, branches = [] }) => ({
    code: 'deploy/branch-missing',
    message: `There is no branch "${branch}" in ${url}.`,
    fix:
      branches.length > 0
        ? `Set deploy.branch to one that is there: ${branches.slice(0, 10).join(', ')}.`
        : 'Correct deploy.branch, or create the branch.',
  }),
  'repository-empty': ({ url }) => ({
    code: 'deploy/repository-empty',
    message: `${url} has no commit yet, so there is no Kustomization to edit.`,
    fix: 'Push a first commit that holds the Kustomization.',
  }),
  'repository-missing': ({ url }) => ({
    code: 'deploy/repository-missing',
    message: `There is no git repository at ${url}, or the credentials may not see it.`,
    fix: `Try \`git ls-remote ${url}\`; correct the address or the access of the credentials.`,
  }),
  'token-rejected': ({ url }) => ({
    code: 'deploy/token-rejected',
    message: `${url} did not accept the credentials, or git has none for it.`,
    fix: `Make \`git ls-remote ${url}\` work without a question (credential helper, ssh agent), or give a token.`,
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
  transient: ({ url }) => ({
    code: 'deploy/no-answer',
    message: `${url} could not be reached in several tries.`,
    fix: 'Check the network and the status of the server, then run again.',
  }),
  'not-atomic': ({ url }) => ({
    code: 'deploy/git-failed',
    message: `${url} can not move several refs together.`,
    fix: 'Report this: each ref should have been pushed by itself.',
  }),
  other: ({ url }) => ({
    code: 'deploy/git-failed',
    message: `git could not work with ${url}.`,
    fix: `Read its message below; \`git ls-remote ${url}\` has to work from here.`,
  }),
  rules: ({ url, branch }) => ({
    code: 'deploy/rules-refuse',
    message: `A branch rule refuses the deploy commit on ${branch} of ${url}.`,
    fix: 'Allow the pushing user or app to bypass the rule, or set deploy.branch to a branch without it.',
  }),
  refused: ({ url, branch }) => ({
    code: 'deploy/push-refused',
    message: `The server refused the deploy commit on ${branch} of ${url}.`,
    fix: "Do what the server's message below asks for; nothing was committed.",
  }),
};

/** Says what a failed git command means for the deploy, with the server's words as detail. */
export function gitProblem(kind: GitProblemKind, place: GitPlace): Omit<Problem, 'severity'> {
  return { ...EXPLANATIONS[kind](place), detail: place.words || undefined };
}
