import type { RequestFailed } from '../../../github/requests.js';
import { warning, type Problem, type ProblemDraft } from '../../../lib/errors.js';
import { gitHubProblem, type GitHubPlace } from './problems.js';

export function existsAlready({ failure }: RequestFailed): boolean {
  return failure.status === 422 && /pull request already exists/i.test(failure.message);
}

/**
 * Whether a refused creation may succeed in a moment: the branch was written a second ago, and reads may lag
 * (`head` invalid, no commits between).
 */
export function mayLag({ failure }: RequestFailed): boolean {
  return failure.status === 422 && /no commits between|"field":\s*"head"/i.test(failure.message);
}

export function pullRequestProblem(failed: RequestFailed, place: GitHubPlace): ProblemDraft {
  const { kind, message: detail } = failed;
  const { repository, branch } = place;
  const code = 'deploy/pull-request-refused';
  if (/not permitted to create or approve pull requests/i.test(failed.failure.message)) {
    return {
      code,
      message: `The settings of ${repository} forbid GITHUB_TOKEN to create pull requests.`,
      fix: 'Turn on "Allow GitHub Actions to create and approve pull requests" (Settings, Actions, General; an organization may turn it off), or give a GitHub App token (input `deploy-token`), whose pull requests also start workflows.',
      detail,
    };
  }
  switch (kind) {
    case 'rate-limited':
    case 'transient':
    case 'token-rejected':
    case 'repository-empty':
      return gitHubProblem(kind, { ...place, detail });
    case 'permission-denied':
    case 'missing':
      return { code, message: `The token may not open pull requests in ${repository}.`, detail };
    case 'stale':
    case 'rules':
    case 'unsupported':
    case 'other':
      return {
        code,
        message: `GitHub refused the pull request into ${branch} of ${repository}.`,
        fix: "Do what GitHub's message below asks for, then run again: the branch of the pull request exists already.",
        detail,
      };
  }
}

export function labelsRefused(url: string, labels: readonly string[], failed: RequestFailed): Problem {
  return warning({
    code: 'deploy/pull-request-incomplete',
    message: `Can't label the pull request ${url} with ${labels.map((label) => `"${label}"`).join(', ')}.`,
    fix: 'Correct deploy.labels, or give the token `pull-requests: write` and `issues: write`.',
    detail: failed.message,
  });
}
