import type { ProblemTable } from '../problem-catalogue.js';

/** Building by the repository's own workflow on GitHub. */
export const DISPATCH_PROBLEMS = {
  'dispatch/no-repository': {
    exit: 2,
    cause: 'The checkout has no remote on GitHub.',
    fix: 'Set the remote `origin` to the repository on GitHub (`git remote set-url origin URL`), or choose another builder.',
  },
  'dispatch/no-token': {
    exit: 2,
    cause: 'There is no token for GitHub.',
    fix: 'Set GITHUB_TOKEN to a token with `actions: write`, or log in with `gh auth login`.',
  },
  'dispatch/no-workflow': {
    exit: 2,
    cause: 'There is no single workflow in the checkout that uses this action and has `workflow_dispatch`.',
    fix: 'Add `workflow_dispatch:` to the workflow that releases and push it, or name it: `builder: { type: dispatch, workflow: FILE }`.',
  },
  'dispatch/inputs': {
    exit: 2,
    cause: 'The workflow has no input for an option, or requires an input that this release has no value for.',
    fix: 'Add the input to the workflow as the message shows, or leave the option out.',
  },
  'dispatch/not-pushed': {
    cause: 'The branch or tag on GitHub is not at the commit that is checked out, or changes are not committed.',
    fix: 'Commit and push first, or pull: a run on GitHub builds what is pushed.',
  },
  'dispatch/refused': {
    cause: 'GitHub refuses to start or read the workflow run.',
    fix: "Do what GitHub's message says, and run again.",
  },
  'dispatch/unreachable': {
    cause: "GitHub can't be reached, or answers with server errors.",
    fix: 'Run again later; see https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY.',
  },
  'dispatch/outcome-unknown': {
    cause: 'Whether the run was started, or how it ended, is not known.',
    fix: 'Open the page in the message before you start it again.',
  },
  'dispatch/run-not-found': {
    cause: 'GitHub has no run that releases this commit.',
    fix: 'Check that `on: push` of the workflow includes the branch, or start a run: `image-release release --builder dispatch`.',
  },
  'dispatch/failed': {
    cause: 'The run failed, was cancelled, or was never started.',
    fix: "Read the lines of the failed step; the run's page has the whole log.",
  },
  'dispatch/no-result': {
    cause: "The run succeeded, but its logs don't say what it published.",
    fix: "Let the workflow use this action in this version or a newer one; the run's page shows what was published.",
  },
} as const satisfies ProblemTable;
