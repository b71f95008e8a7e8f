import type { BuildStep } from '../built.js';
import type { JobProgress } from '../progress-events.js';
import type { RunJob, RunStep, WorkflowRun } from './workflow-run.js';

/** A line for each thing that is another than it was: jobs that began or ended, steps likewise. */
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

/** A job as somebody sees it who waits for the run. */
export function jobProgressOf({ name, status, conclusion, labels, steps, ...times }: RunJob): JobProgress {
  if (status === 'in_progress') {
    const step = steps?.find((each) => each.status === 'in_progress');
    return { name, state: 'working', message: step?.name ?? 'between two steps' };
  }
  if (status !== 'completed') {
    const runner = `waits for a runner${labels?.length ? ` (${labels.join(', ')})` : ''}`;
    return { name, state: 'waiting', message: HELD_UP[status] ?? runner };
  }
  const seconds = secondsOf(times);
  const ended = { name, ...(seconds !== undefined && { seconds }) };
  const done = (steps ?? []).filter((step) => step.conclusion !== 'skipped').length;
  switch (conclusion) {
    case 'success':
    case 'neutral':
      return { ...ended, state: 'done', message: `${done} ${done === 1 ? 'step' : 'steps'}` };
    case 'skipped':
      return { name, state: 'skipped', message: 'skipped' };
    case 'cancelled':
      return { ...ended, state: 'cancelled', message: 'cancelled' };
    default: {
      const step = steps?.find((each) => !['success', 'skipped', 'neutral'].includes(each.conclusion ?? ''));
      return { ...ended, state: 'failed', message: step?.name ?? CONCLUSIONS[conclusion ?? ''] ?? '' };
    }
  }
}

const HELD_UP: Record<string, string> = {
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

/** Why nothing moves: each reason is told once. */
export interface Standstill {
  /** Two with the same key are the same. */
  key: string;
  sentence: string;
}

export interface Moment {
  run: WorkflowRun;
  jobs: readonly RunJob[];
  /** Environments whose protection rules hold the run up. */
  pending: readonly { environment: string; minutes: number; reviewers: string[] }[];
  /** How long nothing has changed, milliseconds. */
  still: number;
}

/** A runner of GitHub's comes within some seconds. */
const RUNNER_MS = 45_000;

export function standstillsOf({ run, jobs, pending, still }: Moment): Standstill[] {
  if (pending.length > 0) {
    return pending.map(({ environment, minutes, reviewers }) => ({
      key: `environment ${environment}`,
      sentence:
        reviewers.length > 0
          ? `The run waits for an approval of environment ${environment} by ${reviewers.join(' or ')}: ${run.html_url}`
          : minutes > 0
            ? `The run waits ${minutes} min, as the rules of environment ${environment} say: ${run.html_url}`
            : `The run waits for the rules of environment ${environment}: ${run.html_url}`,
    }));
  }
  if (run.status === 'waiting') {
    return [{ key: 'waiting', sentence: `The run waits for an approval or another rule: ${run.html_url}` }];
  }
  if (run.status === 'pending') {
    return [
      {
        key: 'pending',
        sentence: 'The run waits until an earlier run of its concurrency group has ended.',
      },
    ];
  }
  const queued = jobs.filter(({ status }) => status === 'queued');
  if (queued.length === 0 || jobs.some(({ status }) => status === 'in_progress') || still < RUNNER_MS)
    return [];
  return queued.map(({ name, labels }) => {
    const wanted = labels?.join(', ') || 'any';
    const own = labels?.includes('self-hosted');
    return {
      key: `queued ${name}`,
      sentence: own
        ? `Job ${name} waits for a runner with the labels ${wanted}: none is free, or none is online (Settings › Actions › Runners).`
        : `Job ${name} waits for a runner (${wanted}): all that the account may use at once are busy, or GitHub is slow (https://www.githubstatus.com).`,
    };
  });
}

/** The steps of a run for the timeline of the report. */
export function timelineOf(jobs: readonly RunJob[]): BuildStep[] {
  return jobs.flatMap(({ name, steps }) =>
    (steps ?? []).flatMap((step) => {
      const [started, completed] = [Date.parse(step.started_at ?? ''), Date.parse(step.completed_at ?? '')];
      if (!Number.isFinite(started) || !Number.isFinite(completed) || step.conclusion === 'skipped')
        return [];
      return [{ name: `${name} › ${step.name}`, started, completed, cached: false }];
    }),
  );
}
