import type { TextFile } from '../../facts/build-files-checkout.js';
import { failure } from '../../lib/errors.js';
import type { ProgressListener } from '../progress-events.js';
import { followRun, runFailure, type FollowContext } from './follow.js';
import { FailedRequest, notPushed, readCommit, requestError, type WorkflowRun } from './github.js';
import { releaseWorkflows } from './workflow.js';

export interface WatchContext extends Pick<FollowContext, 'github' | 'clock' | 'signal' | 'say'> {
  commit: string;
  workflows: readonly TextFile[];
  redact(text: string): string;
}

/** A push is followed by its run within seconds. */
const APPEAR_MS = 60_000;
const POLL_MS = 3000;

/**
 * Waits until the run that releases this commit has succeeded, and reports its jobs meanwhile.
 * @throws ReleaseError `dispatch/*`: it failed, there is none, or GitHub can't be reached; Cancelled
 */
export async function watchRelease(context: WatchContext): Promise<void> {
  const { github, commit, clock, signal, say, redact } = context;
  const paths = releaseWorkflows(context.workflows).map(({ path }) => path);
  if (paths.length === 0) {
    throw failure({
      code: 'dispatch/no-workflow',
      message: 'No workflow in .github/workflows uses this action, so there is no run to wait for.',
      fix: 'Leave --watch out: `image-release status` shows what is deployed.',
    });
  }
  if ((await readCommit(github, commit)) === undefined)
    throw notPushed(`Commit ${commit.slice(0, 7)} is not on GitHub (${github.name}).`, 'Push first: `git push`.');
  const run = await findReleaseRun(paths, context);
  say(`Run ${run.id} (${run.event}): ${run.html_url}`);
  const onProgress: ProgressListener = (event) => event.type === 'log' && say(event.line);
  const finished = await followRun(run, { github, clock, signal, say, onProgress, logs: 'kept' });
  const failed = await runFailure(finished, github, redact);
  if (failed !== undefined) throw failed;
}

/** Of several runs of the commit one that still goes on, else the newest. */
async function findReleaseRun(
  paths: readonly string[],
  { github, commit, clock, signal, say }: WatchContext,
): Promise<WorkflowRun> {
  const began = clock.now();
  for (let first = true; ; first = false) {
    const answer = await github.read(
      (rest, at) => rest.actions.listWorkflowRunsForRepo({ ...at, head_sha: commit, per_page: 100 }),
      ({ data }) => Array.isArray(data.workflow_runs),
    );
    if (answer instanceof FailedRequest) throw requestError(answer, `list the runs of ${github.name}`);
    const runs = answer.data.workflow_runs
      // A path may carry the ref behind an @.
      .filter(({ path }) => paths.includes(path.replace(/@.*$/, '')))
      .sort((a, b) => b.id - a.id);
    const run = runs.find(({ status }) => status !== 'completed') ?? runs[0];
    if (run !== undefined) return run;
    if (clock.now() - began >= APPEAR_MS) {
      const files = paths.map((path) => path.split('/').at(-1)).join(' or ');
      throw failure({
        code: 'dispatch/run-not-found',
        message: `No run of ${files} for commit ${commit.slice(0, 7)} appeared within ${APPEAR_MS / 1000} s.`,
      });
    }
    if (first) say(`Waiting for a run that releases ${commit.slice(0, 7)}.`);
    await clock.sleep(POLL_MS, signal);
  }
}
