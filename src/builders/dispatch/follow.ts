import { failure } from '../../lib/errors.js';
import type { ProgressListener } from '../progress-events.js';
import type { Clock, GitHubApi } from './github-api.js';
import { foldedLog, readLog, type LogLine } from './job-log.js';
import { refusalOf } from './refusals.js';
import { changesOf, jobProgressOf, standstillsOf } from './run-progress.js';
import {
  isJobList,
  isRun,
  readJobs,
  readPending,
  readRun,
  type RunJob,
  type WorkflowRun,
} from './workflow-run.js';

export interface FollowPlace {
  api: GitHubApi;
  repository: string;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
  /** Told of every change: as lines for a log, and of all jobs as they are. */
  onProgress: ProgressListener;
  /** `shown`: the log of each job, when it has ended. `kept`: only for who asks afterwards. */
  logs: 'shown' | 'kept';
}

export interface FinishedRun {
  run: WorkflowRun;
  jobs: RunJob[];
  /** By id of the job; a job that never began has none. */
  logs: ReadonlyMap<number, LogLine[]>;
}

const POLL_MS = 2000;
/** After some minutes nobody looks at every second. */
const SLOW_POLL_MS = 5000;
const SLOW_AFTER_MS = 3 * 60_000;
/** GitHub's own bound on a job. */
const LONGEST_RUN_MS = 6 * 60 * 60_000;
/** Logs come some seconds after a job has ended. */
const LOG_TRIES = 10;

/**
 * Tells what happens in a run until it has ended.
 * @throws ReleaseError `dispatch/still-running`, and as GitHubApi.get; Cancelled
 */
export async function followRun(first: WorkflowRun, place: FollowPlace): Promise<FinishedRun> {
  const { api, clock, signal, say, onProgress } = place;
  const log = (line: string) => onProgress({ type: 'log', line });
  const path = `/actions/runs/${first.id}`;
  const began = clock.now();
  let changed = began;
  let jobs: RunJob[] = [];
  const told = new Set<string>();
  const logs = new Map<number, LogLine[]>();

  const fetchLogs = async (): Promise<number> => {
    const ended = jobs.filter(
      ({ id, status, conclusion, steps }) =>
        status === 'completed' && conclusion !== 'skipped' && !!steps?.length && !logs.has(id),
    );
    let missing = 0;
    for (const job of ended) {
      const text = await api.text(`/actions/jobs/${job.id}/logs`);
      if (text === undefined) {
        missing += 1;
        continue;
      }
      const lines = readLog(text);
      logs.set(job.id, lines);
      if (place.logs === 'shown') for (const line of foldedLog(lines)) log(`${job.name}  | ${line}`);
    }
    return missing;
  };

  for (;;) {
    const answer = await api.get(path, isRun);
    const run = answer.status === 200 ? readRun(answer.body) : undefined;
    if (run === undefined)
      throw refusalOf(answer, { doing: `read run ${first.id}`, repository: place.repository });
    const now = await jobsOf(path, place);
    const lines = changesOf(jobs, now);
    if (lines.length > 0) changed = clock.now();
    jobs = now;
    for (const line of lines) log(line);
    onProgress({ type: 'jobs', jobs: jobs.map(jobProgressOf) });
    if (run.status === 'completed') {
      // A log that never comes is no reason to wait for ever: what it would have told is missed then.
      for (let tries = 1; (await fetchLogs()) > 0 && tries < LOG_TRIES; tries++)
        await clock.sleep(POLL_MS, signal);
      return { run, jobs, logs };
    }
    await fetchLogs();
    const pending =
      run.status === 'waiting'
        ? readPending((await api.get(`${path}/pending_deployments`, Array.isArray)).body)
        : [];
    const moment = { run, jobs, pending, still: clock.now() - changed };
    for (const { key, sentence } of standstillsOf(moment)) {
      if (told.has(key)) continue;
      told.add(key);
      say(sentence);
    }
    const elapsed = clock.now() - began;
    if (elapsed > LONGEST_RUN_MS) throw stillRunning(run);
    await clock.sleep(elapsed > SLOW_AFTER_MS ? SLOW_POLL_MS : POLL_MS, signal);
  }
}

async function jobsOf(path: string, { api }: FollowPlace): Promise<RunJob[]> {
  const jobs: RunJob[] = [];
  for (let page = 1; ; page++) {
    const { body } = await api.get(`${path}/jobs?filter=latest&per_page=100&page=${page}`, isJobList);
    const read = readJobs(body);
    jobs.push(...(read?.jobs ?? []));
    if (read === undefined || read.jobs.length === 0 || jobs.length >= read.total) return jobs;
  }
}

function stillRunning({ html_url: url, status }: WorkflowRun) {
  return failure({
    code: 'dispatch/still-running',
    message: `The run has not ended within 6 hours (${status?.replaceAll('_', ' ')}).`,
    fix: `It goes on by itself: ${url}. \`image-release status --watch\` waits for it again.`,
  });
}
