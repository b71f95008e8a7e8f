import type { BuildStep } from '../built.js';
import type { JobProgress } from '../progress-events.js';
import type { RunJob, RunStep, WorkflowRun } from './github.js';

export function changesOf(before: readonly RunJob[], now: readonly RunJob[]): string[] {
  return now.flatMap((job) => {
    const known = before.find(({ id }) => id === job.id);
    return [
      ...(known?.status !== job.status && job.status === 'in_progress' ? [beginning(job)] : []),
      ...(job.steps ?? []).flatMap((step) => {
        const was = known?.steps?.find(({ number }) => number === step.number);
        return stepChange(job, step, was);
      }),
      ...(known?.status !== job.status && job.status === 'completed' ? [ending(job)] : []),
    ];
  });
}

function beginning({ name, labels }: RunJob): string {
  return `${name}: started${labels?.length ? ` on ${labels.join(', ')}` : ''}`;
}

function ending(job: RunJob): string {
  return `${job.name}: ${CONCLUSIONS[job.conclusion ?? ''] ?? job.conclusion}${took(job)}`;
}

function stepChange(job: RunJob, step: RunStep, was: RunStep | undefined): string[] {
  if (was?.status === step.status) return [];
  const name = `${job.name} › ${step.name}`;
  if (step.status === 'in_progress') return [`${name} …`];
  if (step.status !== 'completed' || step.conclusion === 'skipped') return [];
  return [`${name}  ${CONCLUSIONS[step.conclusion ?? ''] ?? step.conclusion}${took(step)}`];
}

const CONCLUSIONS: Record<string, string> = {
  success: 'done',
  failure: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
  timed_out: 'timed out',
  neutral: 'done',
};

export function jobProgressOf({ name, status, conclusion, labels, steps, ...times }: RunJob): JobProgress {
  if (status === 'in_progress') {
    const step = steps?.find((each) => each.status === 'in_progress');
    return { name, state: 'working', message: step?.name ?? 'between two steps' };
  }
  if (status !== 'completed') {
    const runner = `waits for a runner${labels?.length ? ` (${labels.join(', ')})` : ''}`;
    return { name, state: 'waiting', message: WAITING[status] ?? runner };
  }
  const ended = { name, seconds: secondsOf(times) };
  const done = (steps ?? []).filter((step) => step.conclusion !== 'skipped').length;
  if (isGood(conclusion)) return { ...ended, state: 'done', message: `${done} ${done === 1 ? 'step' : 'steps'}` };
  if (conclusion === 'skipped') return { name, state: conclusion, message: conclusion };
  if (conclusion === 'cancelled') return { ...ended, state: conclusion, message: conclusion };
  return { ...ended, state: 'failed', message: failedStep({ steps })?.name ?? CONCLUSIONS[conclusion ?? ''] ?? '' };
}

export const isGood = (conclusion: string | null): boolean => ['success', 'neutral'].includes(conclusion ?? '');

export const failedStep = ({ steps }: Pick<RunJob, 'steps'>) =>
  steps?.find(({ conclusion }) => conclusion !== null && conclusion !== 'skipped' && !isGood(conclusion));

const WAITING: Record<string, string> = {
  waiting: 'waits for an approval or another rule',
  pending: 'waits until an earlier run has ended',
};

type Times = Pick<RunStep, 'started_at' | 'completed_at'>;

function took(times: Times): string {
  const seconds = secondsOf(times) ?? 0;
  return seconds >= 1 ? `, ${Math.round(seconds)} s` : '';
}

function secondsOf({ started_at: from, completed_at: to }: Times): number | undefined {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return Number.isFinite(seconds) ? seconds : undefined;
}

export interface RunState {
  run: WorkflowRun;
  jobs: RunJob[];
}

/** A runner of GitHub's starts within some seconds. */
const RUNNER_MS = 45_000;

/** Why nothing moves, a sentence each. @param stillMs how long nothing has changed */
export function waitReasons({ run, jobs }: RunState, stillMs: number): string[] {
  if (run.status === 'waiting') return [`The run waits for an approval or another rule: ${run.html_url}`];
  if (run.status === 'pending') return ['The run waits until an earlier run of its concurrency group has ended.'];
  const queued = jobs.filter(({ status }) => status === 'queued');
  if (jobs.some(({ status }) => status === 'in_progress') || stillMs < RUNNER_MS) return [];
  return queued.map(({ name, labels }) =>
    labels.includes('self-hosted')
      ? `Job ${name} waits for a runner with the labels ${labels.join(', ')}: none is free, or none is online (Settings › Actions › Runners).`
      : `Job ${name} waits for a runner (${labels.join(', ') || 'any'}): all runners of the account are busy, or GitHub is slow (https://www.githubstatus.com).`,
  );
}

/** The steps of a run for the timeline of the report. */
export function timelineOf(jobs: readonly RunJob[]): BuildStep[] {
  return jobs.flatMap(({ name, steps }) =>
    (steps ?? []).flatMap((step) => {
      const [started, completed] = [Date.parse(step.started_at ?? ''), Date.parse(step.completed_at ?? '')];
      if (!Number.isFinite(started) || !Number.isFinite(completed) || step.conclusion === 'skipped') return [];
      return [{ name: `${name} › ${step.name}`, started, completed, cached: false }];
    }),
  );
}
