import { failure, type ReleaseError } from '../../lib/errors.js';
import type { ProgressListener } from '../progress-events.js';
import { FailedRequest, isRun, requestError } from './github.js';
import type { Clock, GitHubRepository, RunJob, WorkflowRun } from './github.js';
import { foldedLog, readLog, tailOfStep, type LogLine } from './job-log.js';
import { changesOf, jobProgressOf, waitReasons, failedStep, isGood, type RunState } from './run-progress.js';
import { RESULT_PREFIX } from './run-result.js';

export interface FollowContext {
  github: GitHubRepository;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
  /** Gets every change: as lines for a log, and all jobs as they are. */
  onProgress: ProgressListener;
  /** `shown`: the log of each job, when it has ended. `kept`: only in the result. */
  logs: 'shown' | 'kept';
}

export interface FinishedRun {
  run: WorkflowRun;
  jobs: RunJob[];
  /** By id of the job; a job that never began has none. */
  logs: ReadonlyMap<number, LogLine[]>;
}

/** Two requests each: a run of an hour takes less than the 1,000 an hour that a job's token has. */
const POLL_MS = 3000;
const SLOW_POLL_MS = 10_000;
const SLOW_AFTER_MS = 3 * 60_000;
/** GitHub may be away for this long before the run is given up. */
const OUTAGE_MS = 5 * 60_000;
/** GitHub's own bound on a job. */
const LONGEST_RUN_MS = 6 * 60 * 60_000;
/** Logs come some seconds after a job has ended. */
const LOG_TRIES = 10;

/**
 * Reports what happens in a run until it has ended.
 * @throws ReleaseError `dispatch/*`; Cancelled
 */
export async function followRun(first: WorkflowRun, context: FollowContext): Promise<FinishedRun> {
  const { github, clock, signal, say, onProgress } = context;
  const log = (line: string) => onProgress({ type: 'log', line });
  const began = clock.now();
  let [changedAt, answeredAt] = [began, began];
  let outage: FailedRequest | undefined;
  let jobs: RunJob[] = [];
  const said = new Set<string>();
  const logs = new Map<number, LogLine[]>();

  for (;;) {
    const state = await readState(github, first.id);
    if (state instanceof FailedRequest) {
      const isOver = clock.now() - answeredAt >= OUTAGE_MS;
      if (state.kind !== 'unreachable' || isOver) throw requestError(state, `follow ${first.html_url}`);
      if (outage === undefined) say(`GitHub doesn't answer (${state.message}). Trying again.`);
      outage = state;
    } else {
      if (outage !== undefined) say('GitHub answers again.');
      outage = undefined;
      answeredAt = clock.now();
      const lines = changesOf(jobs, state.jobs);
      if (lines.length > 0) changedAt = answeredAt;
      ({ jobs } = state);
      lines.forEach(log);
      onProgress({ type: 'jobs', jobs: jobs.map(jobProgressOf) });
      await fetchLogs(jobs, logs, context);
      if (state.run.status === 'completed') {
        // A log that never comes is no reason to wait forever.
        for (let tries = 1; (await fetchLogs(jobs, logs, context)) > 0 && tries < LOG_TRIES; tries++)
          await clock.sleep(POLL_MS, signal);
        return { run: state.run, jobs, logs };
      }
      for (const reason of waitReasons(state, answeredAt - changedAt)) {
        if (!said.has(reason)) say(reason);
        said.add(reason);
      }
    }
    const elapsed = clock.now() - began;
    if (elapsed > LONGEST_RUN_MS)
      throw failure({
        code: 'dispatch/outcome-unknown',
        message: `The run has not ended within 6 hours; it continues: ${first.html_url}`,
        fix: 'Wait for it with `image-release status --watch`.',
      });
    await clock.sleep(elapsed > SLOW_AFTER_MS ? SLOW_POLL_MS : POLL_MS, signal);
  }
}

async function readState(github: GitHubRepository, id: number): Promise<RunState | FailedRequest> {
  const answer = await github.read((rest, at) => rest.actions.getWorkflowRun({ ...at, run_id: id }), isRun);
  if (answer instanceof FailedRequest) return answer;
  const jobs: RunJob[] = [];
  for (let page = 1; ; page++) {
    const listed = await github.read(
      (rest, at) => rest.actions.listJobsForWorkflowRun({ ...at, run_id: id, per_page: 100, page }),
      ({ data }) => Array.isArray(data.jobs),
    );
    if (listed instanceof FailedRequest) return listed;
    jobs.push(...listed.data.jobs);
    if (listed.data.jobs.length === 0 || jobs.length >= listed.data.total_count) break;
  }
  return { run: answer.data, jobs };
}

/** Fetches the logs of jobs that have ended. @returns how many are not there yet */
async function fetchLogs(
  jobs: readonly RunJob[],
  logs: Map<number, LogLine[]>,
  { github, onProgress, logs: use }: FollowContext,
): Promise<number> {
  const ended = jobs.filter(
    ({ id, status, conclusion, steps }) =>
      status === 'completed' && conclusion !== 'skipped' && !!steps?.length && !logs.has(id),
  );
  let missing = 0;
  for (const { id, name } of ended) {
    const answer = await github.read(
      async (rest, at) => ({
        log: (await rest.actions.downloadJobLogsForWorkflowRun({ ...at, job_id: id })).data,
      }),
      ({ log }) => typeof log === 'string',
    );
    if (answer instanceof FailedRequest) {
      missing += 1;
      continue;
    }
    const lines = readLog(answer.log as string);
    logs.set(id, lines);
    if (use === 'shown') for (const line of foldedLog(lines)) onProgress({ type: 'log', line: `${name}  | ${line}` });
  }
  return missing;
}

const TAIL_LINES = 30;
const SHOWN_JOBS = 3;
const SHOWN_ANNOTATIONS = 6;

/** @returns undefined if the run succeeded */
export async function runFailure(
  { run, jobs, logs }: FinishedRun,
  github: GitHubRepository,
  redact: (text: string) => string,
): Promise<ReleaseError | undefined> {
  if (isGood(run.conclusion)) return undefined;
  const bad = jobs.filter(({ conclusion }) => conclusion !== 'skipped' && !isGood(conclusion));
  // Failures come before the cancellations that they caused.
  bad.sort((a, b) => Number(a.conclusion !== 'failure') - Number(b.conclusion !== 'failure'));
  const shown = bad.slice(0, SHOWN_JOBS);
  const details = await Promise.all(shown.map(async (job) => detailOf(job, logs, await readAnnotations(job, github))));
  const detail = redact(details.flat().join('\n'));
  return failure({
    code: 'dispatch/failed',
    message: `${sentence(run.conclusion, bad[0])}. ${run.html_url}`,
    ...(detail !== '' && { detail }),
  });
}

function sentence(conclusion: string | null, job: RunJob | undefined): string {
  const known = CONCLUSIONS[conclusion ?? ''];
  if (known !== undefined) return known;
  const step = job && failedStep(job);
  const where = job === undefined ? '' : `: job ${job.name}${step === undefined ? '' : `, step “${step.name}”`}`;
  return `The run ${conclusion === 'failure' ? 'failed' : `ended as ${conclusion}`}${where}`;
}

/** https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository */
const CONCLUSIONS: Record<string, string> = {
  cancelled: 'The run was cancelled on GitHub',
  startup_failure: 'GitHub could not start the run: the workflow file is invalid, or calls one that it must not',
  action_required: 'The run waits for an approval on GitHub before it starts',
  skipped: 'The `if:` conditions skipped all jobs of the run, so it released nothing',
  stale: 'GitHub gave the run up, because it had not begun for too long',
};

/** Errors that the steps reported. The runner's own "Process completed with exit code 1." adds nothing. */
async function readAnnotations(job: RunJob, github: GitHubRepository) {
  const check = Number(/\/check-runs\/(\d+)$/.exec(job.check_run_url)?.[1] ?? job.id);
  const answer = await github.read(
    (rest, at) => rest.checks.listAnnotations({ ...at, check_run_id: check, per_page: 50 }),
    ({ data }) => Array.isArray(data),
  );
  if (answer instanceof FailedRequest) return [];
  return answer.data
    .filter(
      ({ annotation_level: level, message }) =>
        level === 'failure' && !/^Process completed with exit code/.test(message ?? ''),
    )
    .map(({ path, start_line: line, title, message }) => ({
      // GitHub gives what belongs to no file the path `.github`.
      where: [path !== '.github' && line ? `${path}:${line}` : '', title].filter(Boolean).join(' '),
      message: message ?? '',
    }));
}

function detailOf(
  job: RunJob,
  logs: FinishedRun['logs'],
  annotations: Awaited<ReturnType<typeof readAnnotations>>,
): string[] {
  const step = failedStep(job);
  const tail = step === undefined ? [] : tailOfStep(logs.get(job.id) ?? [], step, TAIL_LINES);
  const reported = new Set(annotations.flatMap(({ message }) => message.split('\n').map((line) => line.trim())));
  return [
    `${job.name}${step === undefined ? '' : ` › ${step.name}`}:`,
    ...annotations
      .slice(0, SHOWN_ANNOTATIONS)
      .map(({ where, message }) => `  ${where}${where && ': '}${message.replaceAll('\n', '\n  ')}`),
    ...tail
      .filter(
        (line) =>
          !line.startsWith(`${RESULT_PREFIX} {`) &&
          !/^error: Process completed with exit code/.test(line) &&
          !reported.has(line.replace(/^error: /, '').trim()),
      )
      .map((line) => `  | ${line}`),
  ];
}
