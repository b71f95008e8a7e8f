import type { DispatchSettings } from '../../config/builder-settings.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { Cancelled, failure, ReleaseError, throwProblems } from '../../lib/errors.js';
import type { HttpClient } from '../../lib/http.js';
import type { Secret } from '../../lib/secret.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Builder, BuildOrder } from '../builder.js';
import type { BuildResult, BuiltImage } from '../built.js';
import { cancelRun, stopFollowing, type AskCancel } from './cancel-run.js';
import { followRun, type FinishedRun } from './follow.js';
import { createGitHubApi, type Clock, type GitHubApi } from './github-api.js';
import { runInputs, type DispatchRequest } from './inputs.js';
import { failureOf } from './run-failure.js';
import { timelineOf } from './run-progress.js';
import {
  mergeResults,
  readResults,
  type RunDeployment,
  type RunImage,
  type RunResult,
} from './run-result.js';
import { checkPushed, dispatchRefOf, uncommittedProblems } from './source-ref.js';
import { startRun } from './start.js';
import { chooseWorkflow, type StartableWorkflow } from './workflow-choice.js';
import type { WorkflowRun } from './workflow-run.js';

/** Where and how the repository's workflow is started. */
export interface DispatchSetting {
  settings: DispatchSettings;
  /** `owner/name`; undefined: the checkout comes from no forge. */
  repository?: string;
  /** Like GITHUB_API_URL and GITHUB_SERVER_URL. */
  apiUrl: string;
  serverUrl: string;
  token?: Secret;
  request: DispatchRequest;
  /** Of the checkout, `.github/workflows`. */
  workflows: readonly TextFile[];
  /** Paths that the commit doesn't hold as they are. */
  uncommitted: readonly string[];
  http: HttpClient;
  clock: Clock;
  /** Random, in letters and digits: names the run. */
  newId(): string;
  /** Undefined: nobody is at a terminal. */
  askCancel?: AskCancel;
}

type DispatchOrder = Pick<BuildOrder, 'plan' | 'signal' | 'say' | 'redact' | 'onProgress'>;

/** A release that a run on GitHub made. */
export interface DispatchedRelease {
  /** As of every other builder: what was to be built, and its digests. */
  result: BuildResult;
  run: { id: string; url: string };
  /** As the run's own report has it: `released`, `rolled-out`, `built`, `planned` or `nothing`. */
  outcome: string;
  /** All images of the run, also those that it did not build. */
  published: RunImage[];
  deployments: RunDeployment[];
}

/** Starts the repository's own workflow, follows its run, and returns what that made. */
export function createDispatchBuilder(setting: DispatchSetting): Builder {
  return async (order) => (await dispatchRelease(setting, order)).result;
}

/**
 * @throws ReleaseError `dispatch/*`; Cancelled: what became of the run is in it
 */
export async function dispatchRelease(
  setting: DispatchSetting,
  order: DispatchOrder,
): Promise<DispatchedRelease> {
  const prepared = prepare(setting, order);
  const { workflow, repository, api, ref, inputs, id } = prepared;
  const { clock, serverUrl } = setting;
  const { source } = order.plan;
  const { signal, say, onProgress } = order;
  await checkPushed(api, source, ref, repository);

  say(
    `Starting ${workflow.file} of ${repository} on ${ref.name} (${source.commit.slice(0, 7)})${asked(inputs, id)}.`,
  );
  const page = `${serverUrl}/${repository}/actions/workflows/${workflow.file}`;
  const run = await startRun(
    { repository, workflow: workflow.file, ref, commit: source.commit, inputs, page, ...(id && { id }) },
    { api, clock, signal, say },
  );
  say(`Run ${run.id}: ${run.html_url}`);
  if (run.head_sha !== source.commit) {
    await cancelRun(run, { api, say, redact: order.redact });
    throw otherCommit(run, source.commit);
  }
  const line = 'GitHub gives the log of a job when the job has ended; until then its steps are shown.';
  onProgress({ type: 'log', line });
  const finished = await following(run, setting, order, api, repository);
  const failed = await failureOf(finished, api, order.redact);
  if (failed !== undefined) throw failed;
  const told = resultOf(finished);
  for (const { key, digest, seconds, steps } of told.images)
    if (digest !== undefined)
      onProgress({ type: 'built', key, ...(seconds !== undefined && { seconds }), ...(steps && { steps }) });
  return {
    result: {
      images: builtImages(order.plan.images, told, finished.run),
      steps: timelineOf(finished.jobs),
    },
    run: { id: String(run.id), url: run.html_url },
    outcome: told.outcome,
    published: told.images,
    deployments: told.deployments,
  };
}

interface Prepared {
  workflow: StartableWorkflow;
  repository: string;
  api: GitHubApi;
  ref: ReturnType<typeof dispatchRefOf>;
  inputs: Record<string, string>;
  /** Undefined: the workflow shows no id. */
  id?: string;
}

/**
 * Everything that can be known before GitHub is asked.
 * @throws ReleaseError with all problems at once
 */
function prepare(setting: DispatchSetting, { plan, signal, say, redact }: DispatchOrder): Prepared {
  const { repository, token, http, apiUrl, clock } = setting;
  if (repository === undefined) {
    throw failure({
      code: 'dispatch/no-repository',
      message: 'The checkout comes from no repository on GitHub, so there is no workflow to start.',
      fix: 'Set the remote `origin` to the repository on GitHub (`git remote set-url origin URL`), or choose another builder.',
    });
  }
  if (token === undefined) {
    throw failure({
      code: 'dispatch/no-token',
      message: 'There is no token to start a workflow with.',
      fix: 'Set GITHUB_TOKEN to a token with `actions: write`, or log in with `gh auth login`.',
    });
  }
  const choice = chooseWorkflow(setting.workflows, setting.settings);
  if (choice.status === 'impossible') throw new ReleaseError([choice.problem]);
  const { workflow } = choice;
  const newId = setting.newId();
  const asked = runInputs(workflow, setting.request, newId);
  throwProblems([
    ...('problems' in asked ? asked.problems : []),
    ...uncommittedProblems(setting.uncommitted, plan, workflow.path),
  ]);
  if ('problems' in asked) throw new ReleaseError(asked.problems);
  const ref = dispatchRefOf(plan.source);
  const api = createGitHubApi({ http, apiUrl, repository, token, clock, signal, say, redact });
  const id = asked.correlation === undefined ? {} : { id: newId };
  return { workflow, repository, api, ref, inputs: asked.inputs, ...id };
}

function asked(inputs: Record<string, string>, id: string | undefined): string {
  const told = Object.entries(inputs).filter(([, value]) => value !== id);
  return told.length === 0 ? '' : ` with ${told.map(([name, value]) => `${name}=${value}`).join(', ')}`;
}

async function following(
  run: WorkflowRun,
  { clock, askCancel }: DispatchSetting,
  { signal, say, redact, onProgress }: DispatchOrder,
  api: GitHubApi,
  repository: string,
): Promise<FinishedRun> {
  try {
    return await followRun(run, { api, repository, clock, signal, say, onProgress, logs: 'shown' });
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw await stopFollowing(run, { api, say, redact, ...(askCancel && { ask: askCancel }) });
  }
}

/** @throws ReleaseError `dispatch/no-result` */
function resultOf({ run, jobs, logs }: FinishedRun): RunResult {
  const told = mergeResults(jobs.flatMap(({ id }) => readResults(logs.get(id) ?? [], String(run.id))));
  if (told !== undefined) return told;
  throw failure({
    code: 'dispatch/no-result',
    message: `The run succeeded, but its logs don’t say what it published. ${run.html_url}`,
    fix: 'Let the workflow use this action in this version or a newer one; what was published is on the run’s page.',
  });
}

/** @throws ReleaseError `dispatch/no-result` */
function builtImages(planned: readonly PlannedImage[], told: RunResult, run: WorkflowRun): BuiltImage[] {
  const wanted = planned.filter(({ status }) => status === 'build');
  const missing = wanted.filter(({ key }) => !told.images.some((image) => image.key === key));
  if (missing.length > 0) {
    throw failure({
      code: 'dispatch/no-result',
      message: `The run did not build ${missing.map(({ key }) => key).join(', ')} (it ended as “${told.outcome}”). ${run.html_url}`,
      fix: 'Its summary says why; the configuration on GitHub may have other images than this checkout.',
    });
  }
  return wanted.map(({ key, image, releaseTag }) => {
    const made = told.images.find((candidate) => candidate.key === key)!;
    const { seconds = 0, steps = { total: 0, cached: 0 } } = made;
    if (made.digest === undefined) return { key, image, pushed: 'no', seconds, steps };
    const pushed = made.tags.includes(releaseTag) ? 'under-release-tag' : 'by-digest';
    return { key, image, digest: made.digest, pushed, seconds, steps };
  });
}

function otherCommit({ head_sha: sha, html_url: url, head_branch: branch }: WorkflowRun, commit: string) {
  return failure({
    code: 'dispatch/other-commit',
    message: `Somebody pushed to ${branch} in between: the run builds ${sha.slice(0, 7)}, not ${commit.slice(0, 7)}. It was cancelled. ${url}`,
    fix: 'Pull, and run again: `git pull --ff-only`.',
  });
}
