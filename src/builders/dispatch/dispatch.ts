import type { DispatchSettings } from '../../config/builder-settings.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import { Cancelled, failure, ReleaseError, throwProblems } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { BuildRequest, BuildResult, BuiltImage } from '../built.js';
import { followRun, runFailure, type FinishedRun } from './follow.js';
import { checkPushed, FailedRequest, isRun, notPushed, requestError } from './github.js';
import type { Clock, GitHubRepository, WorkflowRun } from './github.js';
import { runInputs, type DispatchRequest } from './inputs.js';
import { timelineOf } from './run-progress.js';
import { mergeResults, readResults, type RunResult } from './run-result.js';
import { chooseWorkflow } from './workflow.js';

export interface DispatchContext {
  settings: DispatchSettings;
  github: GitHubRepository;
  /** Like GITHUB_SERVER_URL. */
  serverUrl: string;
  request: DispatchRequest;
  workflows: readonly TextFile[];
  clock: Clock;
  /** Undefined: nobody is at a terminal. */
  askCancel?: AskCancel;
}

type DispatchedBuild = Pick<BuildRequest, 'plan' | 'signal' | 'say' | 'redact' | 'onProgress'>;

/**
 * Starts the repository's own workflow, follows its run, and returns what that published.
 * @throws ReleaseError `dispatch/*`; Cancelled: it says what becomes of the run
 */
export async function dispatchRelease(
  context: DispatchContext,
  build: DispatchedBuild,
): Promise<BuildResult & Required<Pick<BuildResult, 'elsewhere'>>> {
  const { github, clock, serverUrl } = context;
  const { plan, signal, say, redact, onProgress } = build;
  const choice = chooseWorkflow(context.workflows, context.settings);
  if (choice.status === 'impossible') throw new ReleaseError([choice.problem]);
  const { file } = choice.workflow;
  const { inputs, problems } = runInputs(choice.workflow, context.request);
  throwProblems(problems);
  const { commit } = plan.source;
  const ref = await checkPushed(github, plan.source);

  const given = Object.entries(inputs).map(([name, value]) => `${name}=${value}`);
  const suffix = given.length === 0 ? '' : ` with ${given.join(', ')}`;
  say(`Starting ${file} of ${github.name} on ${ref} (${commit.slice(0, 7)})${suffix}.`);
  const page = `${serverUrl}/${github.name}/actions/workflows/${file}`;
  const run = await startRun({ file, ref, inputs, page }, context, signal);
  say(`Run ${run.id}: ${run.html_url}`);
  if (run.head_sha !== commit) {
    await cancelRun(run, github, say);
    const [theirs, ours] = [run.head_sha.slice(0, 7), commit.slice(0, 7)];
    throw notPushed(
      `Somebody pushed to ${run.head_branch} in between: the run builds ${theirs}, not ${ours}. It was cancelled. ${run.html_url}`,
      'Pull, and run again: `git pull --ff-only`.',
    );
  }
  onProgress({ type: 'log', line: 'GitHub returns the log of a job when the job has ended.' });
  const follow = { github, clock, signal, say, onProgress, logs: 'shown' } as const;
  const finished = await followRun(run, follow).catch(async (error: unknown) => {
    throw error instanceof Cancelled ? await stopFollowing(run, github, say, context.askCancel) : error;
  });
  const failed = await runFailure(finished, github, redact);
  if (failed !== undefined) throw failed;
  const { outcome, images, deployments } = resultOf(finished);
  for (const { key, digest, seconds, steps } of images)
    if (digest !== undefined) onProgress({ type: 'built', key, seconds, steps });
  return {
    images: builtImages(plan.images, { outcome, images }, finished.run),
    steps: timelineOf(finished.jobs),
    elsewhere: { url: run.html_url, outcome, published: images, deployments },
  };
}

/** A run can be read some seconds after it was started. */
const APPEAR_MS = 120_000;
const POLL_MS = 2000;

/** Starts the workflow once. GitHub returns the id of the run. @param page of the workflow's runs */
async function startRun(
  { file, ref, inputs, page }: { file: string; ref: string; inputs: Record<string, string>; page: string },
  { github, clock }: DispatchContext,
  signal: AbortSignal,
): Promise<WorkflowRun> {
  const unknown = (reason: string) =>
    failure({
      code: 'dispatch/outcome-unknown',
      message: `Can't tell which run of ${file} was started, or whether one was: ${reason}.`,
      fix: `Look at ${page} before you start it again.`,
    });
  try {
    const started = await github.write((rest, at) =>
      rest.actions.createWorkflowDispatch({
        ...at,
        workflow_id: file,
        ref,
        inputs,
        return_run_details: true,
      }),
    );
    if (started instanceof FailedRequest)
      throw started.kind === 'unreachable' ? unknown(started.message) : requestError(started, `start ${file}`);
    const id = (started.data as { workflow_run_id?: number } | undefined)?.workflow_run_id;
    if (id === undefined) throw unknown('GitHub Enterprise Server before 3.21 does not return the run');
    for (const until = clock.now() + APPEAR_MS; ; await clock.sleep(POLL_MS, signal)) {
      const answer = await github.read((rest, at) => rest.actions.getWorkflowRun({ ...at, run_id: id }), isRun);
      if (!(answer instanceof FailedRequest)) return answer.data;
      if (answer.status !== 404 && answer.kind !== 'unreachable') throw requestError(answer, `read run ${id}`);
      if (clock.now() >= until) throw unknown(`run ${id} did not appear within ${APPEAR_MS / 1000} s`);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw new Cancelled(`starting a run; ${page} shows whether it was started`, 'open');
  }
}

function resultOf({ run, jobs, logs }: FinishedRun): RunResult {
  const result = mergeResults(jobs.flatMap(({ id }) => readResults(logs.get(id) ?? [], String(run.id))));
  if (result !== undefined) return result;
  throw failure({
    code: 'dispatch/no-result',
    message: `The run succeeded, but its logs don't say what it published. ${run.html_url}`,
  });
}

function builtImages(
  planned: readonly PlannedImage[],
  { outcome, images }: Pick<RunResult, 'outcome' | 'images'>,
  { html_url: url }: WorkflowRun,
): BuiltImage[] {
  const wanted = planned.filter(({ status }) => status === 'build');
  const missing = wanted.filter(({ key }) => !images.some((image) => image.key === key));
  if (missing.length > 0) {
    throw failure({
      code: 'dispatch/no-result',
      message: `The run did not build ${missing.map(({ key }) => key).join(', ')} (it ended as “${outcome}”). ${url}`,
      fix: 'Read its summary; the configuration on GitHub may have other images than this checkout.',
    });
  }
  return wanted.map(({ key, image, releaseTag }) => {
    const made = images.find((candidate) => candidate.key === key)!;
    const { seconds = 0, steps = { total: 0, cached: 0 } } = made;
    if (made.digest === undefined) return { key, image, pushed: 'no', seconds, steps };
    const pushed = made.tags.includes(releaseTag) ? 'under-release-tag' : 'by-digest';
    return { key, image, digest: made.digest, pushed, seconds, steps };
  });
}

/** Asks the person at the terminal whether to cancel the run too; no answer within some seconds is a no. */
export type AskCancel = (question: string) => Promise<'yes' | 'no'>;

/** How long the question waits for an answer. */
export const ANSWER_MS = 5000;
/** The process ends 9 s after Ctrl-C in any case; the question takes its part of that. */
const CANCEL_MS = 2500;

/**
 * What follows when the person who waits for a run stops waiting.
 * @returns the error to throw: it says what becomes of the run
 */
async function stopFollowing(
  run: WorkflowRun,
  github: GitHubRepository,
  say: (line: string) => void,
  ask: AskCancel | undefined,
): Promise<Cancelled> {
  const question = `Cancel the run on GitHub too? y or Ctrl-C again within ${ANSWER_MS / 1000} s; otherwise it continues.`;
  const answer = ask === undefined ? 'no' : await ask(question);
  const outcome = answer === 'no' ? 'which continues' : await cancelRun(run, github, say);
  return new Cancelled(`following a run, ${outcome}: ${run.html_url}`, 'open');
}

/** @returns a clause on the outcome */
export async function cancelRun(
  { id }: WorkflowRun,
  github: GitHubRepository,
  say: (line: string) => void,
): Promise<string> {
  const answer = await github
    .write((rest, at) => rest.actions.cancelWorkflowRun({ ...at, run_id: id }), AbortSignal.timeout(CANCEL_MS))
    .catch(() => new FailedRequest('unreachable', 0, 'no answer in time'));
  if (!(answer instanceof FailedRequest)) return 'which is being cancelled';
  // https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run
  if (answer.status === 409) return 'which has ended already';
  say(`Can't cancel the run: ${answer.message}.`);
  return 'which continues';
}
