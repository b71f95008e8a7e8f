import type { Problem } from '../../../lib/errors.js';
import { gitHubProblem, type GitHubPlace } from './problems.js';
import type { RequestFailed } from './requests.js';

/** What GitHub's words about a merge ask for. */
export type MergeVerdict =
  /** Nothing to wait for: auto-merge is refused, and an ordinary merge is the way. */
  | { do: 'merge-now' }
  /** Something moved, or is still being computed. */
  | { do: 'look-again' }
  | { do: 'wait'; because: 'enabled' }
  | { do: 'give-up'; fix: string };

interface Saying {
  words: RegExp;
  verdict: MergeVerdict;
}

/**
 * GitHub documents none of these sentences; they are as people report them:
 * https://github.com/peter-evans/enable-pull-request-automerge/issues/343 (clean), /issues/355 (unstable: checks
 * that are not required are running or have failed).
 */
const SAYINGS: readonly Saying[] = [
  {
    words: /is in (clean|unstable|has_hooks) status|protected branch rules not configured/i,
    verdict: { do: 'merge-now' },
  },
  {
    words: /auto.?merge is already enabled|already (in|added to) the merge queue/i,
    verdict: { do: 'wait', because: 'enabled' },
  },
  {
    words: /is in unknown status|(base|head) (branch|sha) (was modified|did)|merge already in progress/i,
    verdict: { do: 'look-again' },
  },
  {
    words: /auto.?merge is not allowed/i,
    verdict: {
      do: 'give-up',
      fix: 'Turn on "Allow auto-merge" in the settings of the repository (General, Pull Requests), or remove deploy.auto-merge.',
    },
  },
  {
    words: /is in dirty status|not mergeable/i,
    verdict: {
      do: 'give-up',
      fix: 'It conflicts with its branch: close it and run again, which makes it anew on top of the branch.',
    },
  },
  {
    words: /is in draft status|still a draft/i,
    verdict: { do: 'give-up', fix: 'Somebody has made it a draft: mark it as ready for review.' },
  },
  {
    words: /resource not accessible|must have push access|not authorized/i,
    verdict: {
      do: 'give-up',
      fix: 'Add `contents: write` and `pull-requests: write` to the `permissions` of the job, or merge it by hand.',
    },
  },
];

const METHOD_REFUSED =
  /(merge method|merge commits|squash merg\w+|rebase merg\w+|\w+ merges).* (is|are) not allowed/i;

/** @param allowed methods that the repository allows, as far as it is known */
export function mergeVerdict(words: string, allowed: readonly string[]): MergeVerdict {
  if (METHOD_REFUSED.test(words)) return { do: 'give-up', fix: methodFix(allowed) };
  const saying = SAYINGS.find((candidate) => candidate.words.test(words));
  return (
    saying?.verdict ?? { do: 'give-up', fix: "Do what GitHub's message below asks for, or merge it by hand." }
  );
}

function methodFix(allowed: readonly string[]): string {
  return allowed.length > 0
    ? `Set deploy.auto-merge to a method that the repository allows: ${allowed.join(', ')}.`
    : 'Set deploy.auto-merge to a method that the repository allows.';
}

/** Whether a refused creation says that the branch has its pull request already. */
export function existsAlready({ failure }: RequestFailed): boolean {
  return failure.status === 422 && /pull request already exists/i.test(failure.message);
}

/**
 * Whether a refused creation may be a matter of moments: the branch was written a second ago, and reads may lag
 * (`head` invalid, no commits between).
 */
export function mayLag({ failure }: RequestFailed): boolean {
  return failure.status === 422 && /no commits between|"field":\s*"head"/i.test(failure.message);
}

const OTHER_TOKEN =
  'give a GitHub App token or a fine-grained personal access token instead (input deploy-token), whose pull requests also start workflows';

/** Why a pull request could not be opened or changed. */
export function pullRequestProblem(failed: RequestFailed, place: GitHubPlace): Omit<Problem, 'severity'> {
  const { trouble, failure } = failed;
  const known = { ...place, words: failed.message };
  const refused = (message: string, fix: string) => ({
    code: 'deploy/pull-request-refused' as const,
    message,
    fix,
    detail: failed.message,
  });
  if (/not permitted to create or approve pull requests/i.test(failure.message)) {
    return refused(
      `The settings of ${place.repository} forbid GITHUB_TOKEN to create pull requests.`,
      `Turn on "Allow GitHub Actions to create and approve pull requests" (Settings, Actions, General; an organization may hold it off), or ${OTHER_TOKEN}.`,
    );
  }
  switch (trouble) {
    case 'later':
    case 'transient':
    case 'token-rejected':
    case 'single-sign-on':
    case 'archived':
    case 'repository-empty':
      return gitHubProblem(trouble, known);
    case 'permission-denied':
    case 'missing':
      return refused(
        `The token may not open pull requests in ${place.repository}.`,
        `Add \`pull-requests: write\` to the \`permissions\` of the job, or ${OTHER_TOKEN}.`,
      );
    case 'stale':
    case 'rules':
    case 'unsupported':
    case 'other':
      return refused(
        `GitHub refused the pull request into ${place.branch} of ${place.repository}.`,
        "Do what GitHub's message below asks for, then run again: the branch of the pull request stands already.",
      );
  }
}

/** A warning: the pull request stands, its labels do not. */
export function labelsProblem(url: string, labels: readonly string[], failed: RequestFailed): Problem {
  return {
    code: 'deploy/labels-refused',
    severity: 'warning',
    message: `The pull request ${url} could not be labelled ${labels.map((label) => `"${label}"`).join(', ')}.`,
    fix: 'Correct deploy.labels, or give the token `pull-requests: write` and `issues: write`.',
    detail: failed.message,
  };
}
