import type { TextFile } from '../../facts/build-files-checkout.js';
import type { Source } from '../../facts/source.js';
import { failure, type ReleaseError } from '../../lib/errors.js';
import type { HttpClient } from '../../lib/http.js';
import type { Secret } from '../../lib/secret.js';
import type { ProgressListener } from '../progress-events.js';
import { followRun } from './follow.js';
import { createGitHubApi, has, type Clock, type GitHubApi } from './github-api.js';
import { refusalOf } from './refusals.js';
import { failureOf } from './run-failure.js';
import { releaseWorkflows } from './workflow-choice.js';
import { isRunList, readRuns, type WorkflowRun } from './workflow-run.js';

/** A release on GitHub that somebody waits for. */
export interface WatchSetting {
  source: Source;
  /** Like GITHUB_API_URL. */
  apiUrl: string;
  token?: Secret;
  /** Of the checkout, `.github/workflows`. */
  workflows: readonly TextFile[];
  http: HttpClient;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
  redact(text: string): string;
}

/** A push is followed by its run within seconds. */
const APPEAR_MS = 60_000;
const POLL_MS = 3000;

/**
 * Waits until the run that releases this commit has succeeded, and tells its jobs meanwhile.
 * @throws ReleaseError `dispatch/*`: it failed, there is none, or GitHub can't be asked; Cancelled
 */
export async function watchRelease(setting: WatchSetting): Promise<void> {
  const { source, token, apiUrl, http, clock, signal, say, redact } = setting;
  const { repository, commit } = source;
  if (repository === undefined) {
    throw failure({
      code: 'dispatch/no-repository',
      message: 'The checkout comes from no repository on GitHub, so there is no run to wait for.',
      fix: 'Leave --watch out: `image-release status` asks the branch and the registry alone.',
    });
  }
  if (token === undefined) {
    throw failure({
      code: 'dispatch/no-token',
      message: 'There is no token to ask GitHub for runs with.',
      fix: 'Set GITHUB_TOKEN to a token with `actions: read`, or log in with `gh auth login`.',
    });
  }
  const paths = releaseWorkflows(setting.workflows).map(({ path }) => path);
  if (paths.length === 0) {
    throw failure({
      code: 'dispatch/no-workflow',
      message: 'No workflow in .github/workflows uses this action, so no run of one releases this commit.',
      fix: 'Leave --watch out: `image-release status` shows what is deployed.',
    });
  }
  const api = createGitHubApi({ http, apiUrl, repository, token, clock, signal, say, redact });
  await checkKnown(api, commit, repository);
  const run = await findReleaseRun(api, { paths, commit, repository }, setting);
  say(`Run ${run.id} (${run.event}): ${run.html_url}`);
  const onProgress: ProgressListener = (event) => event.type === 'log' && say(event.line);
  const finished = await followRun(run, { api, repository, clock, signal, say, onProgress, logs: 'kept' });
  const failed = await failureOf(finished, api, redact);
  if (failed !== undefined) throw failed;
}

async function checkKnown(api: GitHubApi, commit: string, repository: string): Promise<void> {
  const answer = await api.get(`/commits/${commit}`, has('sha', 'string'));
  if (answer.status === 200) return;
  if (answer.status !== 404 && answer.status !== 422)
    throw refusalOf(answer, { doing: 'read the commit', repository });
  const own = await api.get('');
  if (own.status !== 200) throw refusalOf(own, { doing: 'read the repository', repository });
  throw failure({
    code: 'dispatch/not-pushed',
    message: `Commit ${commit.slice(0, 7)} is not on GitHub (${repository}), so nothing releases it.`,
    fix: 'Push first: `git push`.',
  });
}

interface Wanted {
  paths: readonly string[];
  commit: string;
  repository: string;
}

/** Of several runs of the commit one that still goes on, else the newest. */
async function findReleaseRun(
  api: GitHubApi,
  { paths, commit, repository }: Wanted,
  { clock, signal, say }: WatchSetting,
): Promise<WorkflowRun> {
  const began = clock.now();
  for (let first = true; ; first = false) {
    const answer = await api.get(`/actions/runs?head_sha=${commit}&per_page=100`, isRunList);
    if (answer.status !== 200) throw refusalOf(answer, { doing: 'read its runs', repository });
    const runs = readRuns(answer.body)
      // A path may carry the ref behind an @.
      .filter(({ path }) => paths.includes((path ?? '').replace(/@.*$/, '')))
      .sort((a, b) => b.id - a.id);
    const run = runs.find(({ status }) => status !== 'completed') ?? runs[0];
    if (run !== undefined) return run;
    if (clock.now() - began >= APPEAR_MS) throw noRun(paths, commit);
    if (first) say(`Waiting for a run that releases ${commit.slice(0, 7)}.`);
    await clock.sleep(POLL_MS, signal);
  }
}

function noRun(paths: readonly string[], commit: string): ReleaseError {
  const files = paths.map((path) => path.split('/').at(-1)).join(' or ');
  return failure({
    code: 'dispatch/run-not-found',
    message: `No run of ${files} for commit ${commit.slice(0, 7)} appeared within ${APPEAR_MS / 1000} s.`,
    fix: 'Is the branch one that `on: push` of the workflow names? Start it by hand: `image-release release --builder dispatch`.',
  });
}
