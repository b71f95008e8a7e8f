import { failure } from '../../lib/errors.js';
import type { ProgressListener } from '../progress-events.js';
import {
  FailedRequest,
  isRun,
  requestError,
  type Clock,
  type GitHubRepository,
  type RunJob,
  type WorkflowRun,
} from './github.js';
import { foldedLog, readLog, type LogLine } from './job-log.js';
import { changesOf, jobProgressOf, waitReasons, type RunState } from './run-progress.js';

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
