import type { ProblemTable } from './table.js';

/** Building by the repository's own workflow on GitHub. */
export const DISPATCH_PROBLEMS = {
  'dispatch/no-repository': {
    exit: 2,
    cause: 'The checkout comes from no repository on GitHub, so there is no workflow to start.',
    fix: 'Set the remote with `git remote set-url origin URL`, or choose another builder.',
  },
  'dispatch/no-token': {
    exit: 2,
    cause: 'There is no token to ask GitHub with.',
    fix: 'Set GITHUB_TOKEN to a token with `actions: write`, or log in with `gh auth login`.',
  },
  'dispatch/no-workflow': {
    exit: 2,
    cause: 'No workflow of the checkout uses this action and can be started by hand.',
    fix: 'Add `workflow_dispatch:` to the `on:` of the workflow that releases, commit and push it.',
  },
  'dispatch/several-workflows': {
    exit: 2,
    cause: 'Several workflows of the checkout use this action and can be started by hand.',
    fix: 'Name the one that is to build: `builder: { type: dispatch, workflow: build-push.yml }`.',
  },
  'dispatch/option-not-taken': {
    exit: 2,
    cause:
      'The release was asked for something that the workflow has no input for, or an input that it does not hand on.',
    fix: 'Add the input to the workflow as the message shows, or leave the option out.',
  },
  'dispatch/required-input': {
    exit: 2,
    cause: 'The workflow demands an input that this release has no value for.',
    fix: 'Give the input a default in the workflow: `reason: { required: true, default: none }`.',
  },
  'dispatch/no-ref': {
    exit: 2,
    cause: 'The checkout is on no branch and no tag, and GitHub starts workflows on nothing else.',
    fix: 'Check out a branch: `git switch BRANCH`.',
  },
  'dispatch/not-pushed': {
    exit: 1,
    cause: 'The commit is not on GitHub, or not under the branch or tag that is checked out.',
    fix: 'Push first: `git push`.',
  },
  'dispatch/behind': {
    exit: 1,
    cause: 'The branch on GitHub is further than the checkout; a run would build another commit.',
    fix: 'Pull first: `git pull`.',
  },
  'dispatch/uncommitted-changes': {
    exit: 1,
    cause:
      'Files that the images are made of are not committed; a run on GitHub would build without the changes.',
    fix: 'Commit and push them, or put them away with `git stash`.',
  },
  'dispatch/not-permitted': {
    exit: 1,
    cause: 'GitHub does not let this token start or read workflow runs.',
    fix: 'Use a token with `actions: write` (classic: `repo`) of somebody who may write to the repository.',
  },
  'dispatch/not-found': {
    exit: 1,
    cause:
      'GitHub knows no such workflow: it is not on the default branch yet, or the token does not see the repository.',
    fix: 'Merge the workflow into the default branch first, or use a token that sees the repository.',
  },
  'dispatch/refused': {
    exit: 1,
    cause:
      'GitHub would not start the workflow: it is disabled, has no `workflow_dispatch` on that branch, or an input is wrong.',
    fix: 'Do what the message says.',
  },
  'dispatch/unreachable': {
    exit: 1,
    cause: 'GitHub could not be reached, or answered with server errors, for five minutes.',
    fix: 'Look at the run’s page; behind a proxy set HTTPS_PROXY. Run again later.',
  },
  'dispatch/rate-limited': {
    exit: 1,
    cause: 'GitHub asks to wait longer than a release waits.',
    fix: 'Wait as long as the message says, or use a token of your own.',
  },
  'dispatch/outcome-unknown': {
    exit: 1,
    cause: 'The connection broke while the workflow was started: whether it runs is not known.',
    fix: 'Look at the page that the message names before you start it again.',
  },
  'dispatch/run-not-found': {
    exit: 1,
    cause: 'GitHub has taken the order, but no run appeared in time.',
    fix: 'Look at the page that the message names, and at https://www.githubstatus.com.',
  },
  'dispatch/ambiguous-run': {
    exit: 1,
    cause: 'Several runs were started at the same moment, and this server does not say which is whose.',
    fix: 'Give the workflow the input `dispatch-id` and show it in `run-name`, as docs/builders.md describes.',
  },
  'dispatch/other-commit': {
    exit: 1,
    cause:
      'Somebody pushed in between, and the run builds another commit than the one ordered. It was cancelled.',
    fix: 'Pull, and run again: `git pull --ff-only`.',
  },
  'dispatch/failed': {
    exit: 1,
    cause: 'The run failed.',
    fix: 'Read the lines of the failed step; the whole log is on the run’s page.',
  },
  'dispatch/cancelled': {
    exit: 1,
    cause: 'Somebody, or a newer run of the same concurrency group, cancelled the run on GitHub.',
    fix: 'Look at the run’s page, and start it again if it is still wanted.',
  },
  'dispatch/timed-out': {
    exit: 1,
    cause: 'A job of the run took longer than its `timeout-minutes`.',
    fix: 'Raise `timeout-minutes` of the job, or find out what hangs.',
  },
  'dispatch/not-started': {
    exit: 1,
    cause:
      'GitHub could not start the run: the workflow file is invalid, a rejected approval, or nothing in it was to be done.',
    fix: 'The run’s page says why.',
  },
  'dispatch/still-running': {
    exit: 1,
    cause: 'The run did not end within the time that a release waits.',
    fix: 'It goes on by itself; `image-release status --watch` waits for it.',
  },
  'dispatch/no-result': {
    exit: 1,
    cause: 'The run succeeded but its logs don’t say what it published.',
    fix: 'Let the workflow use this action in this version or a newer one, and look at the run’s page.',
  },
} as const satisfies ProblemTable;
