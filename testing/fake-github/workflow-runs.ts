import type { Caller, ServedRepository } from './repository.js';
import type { WorkflowFile } from './workflow-files.js';

export type RunStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out' | 'neutral';
type RunConclusion = Conclusion | 'startup_failure' | 'action_required';

export interface FakeStep {
  number: number;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
}

export interface FakeAnnotation {
  level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
  path?: string;
  line?: number;
}

export interface FakeJob {
  id: number;
  name: string;
  labels: string[];
  status: RunStatus;
  conclusion: Conclusion | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  steps: FakeStep[];
  annotations: FakeAnnotation[];
  /** Lines as the runner wrote them, each with its time. */
  log: string[];
}

export interface FakeRun {
  id: number;
  number: number;
  workflow: WorkflowFile;
  event: string;
  branch: string;
  sha: string;
  actor: Pick<Caller, 'login' | 'type' | 'id'>;
  /** All that the workflow declares; those that were not given have their defaults. */
  inputs: Record<string, string>;
  status: RunStatus;
  conclusion: RunConclusion | null;
  createdAt: string;
  jobs: FakeJob[];
  /** Environments whose rules hold it up. */
  pending: { environment: string; reviewers: string[]; minutes?: number }[];
  /** Aborted when somebody cancels it. */
  cancel: AbortController;
  /** Requests from before this moment don't see it yet; milliseconds since the epoch. */
  readableAt: number;
  /** Settled when its script has ended. */
  ended: Promise<void>;
}

/** What happens in a run; it has ended when this has. Cancelling aborts `run.cancel`. */
export type RunScript = (run: RunControl) => Promise<void>;

export interface ActionsOptions {
  /** Default: the run ends at once. */
  script?: RunScript;
  /** `unknown-key`: the server is older than `return_run_details`. Default `given`. */
  runDetails?: 'given' | 'unknown-key';
  /** How long a new run can't be read by its id; milliseconds, default 0. */
  readLagMs?: number;
  /** File names of workflows that somebody disabled. */
  disabled?: string[];
}

/** By which a script lets things happen in its run. */
export interface RunControl {
  readonly run: FakeRun;
  readonly signal: AbortSignal;
  begin(): void;
  job(name: string, labels?: string[]): JobControl;
  set(status: RunStatus, conclusion?: RunConclusion): void;
}

export interface JobControl {
  readonly job: FakeJob;
  begin(): void;
  /** A step that goes on until `work` has ended; what it logs is readable once the job has ended. */
  step(name: string, work?: (log: (line: string) => void) => Promise<Conclusion | void>): Promise<Conclusion>;
  log(line: string): void;
  annotate(annotation: FakeAnnotation): void;
  end(conclusion: Conclusion): void;
}

const FIRST_RUN = 7_000_000_001;
const FIRST_JOB = 41_000_000_001;
const seconds = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** Starts a run, as an event does. */
export function startRun(
  repository: ServedRepository,
  order: Pick<FakeRun, 'workflow' | 'event' | 'branch' | 'sha' | 'actor'> & {
    inputs?: Record<string, string>;
    script?: RunScript;
  },
): FakeRun {
  const { workflow, event, branch, sha, actor, inputs = {} } = order;
  const options = repository.actions ?? {};
  const runs = (repository.runs ??= []);
  const now = Date.now();
  const run: FakeRun = {
    id: FIRST_RUN + runs.length,
    number: 1 + runs.filter((other) => other.workflow.path === workflow.path).length,
    ...{ workflow, event, branch, sha, actor, inputs },
    status: 'queued',
    conclusion: null,
    createdAt: seconds(),
    jobs: [],
    pending: [],
    cancel: new AbortController(),
    readableAt: now + (options.readLagMs ?? 0),
    ended: Promise.resolve(),
  };
  runs.push(run);
  const script = order.script ?? options.script ?? (async () => {});
  run.ended = script(controlOf(repository, run)).then(
    () => finish(run),
    (error: unknown) => {
      run.jobs.at(-1)?.log.push(`${new Date().toISOString()} ##[error]${String(error)}`);
      finish(run, 'failure');
    },
  );
  return run;
}

function finish(run: FakeRun, conclusion?: RunConclusion): void {
  if (run.status === 'completed') return;
  for (const job of run.jobs.filter(({ status }) => status !== 'completed'))
    endJob(job, run.cancel.signal.aborted ? 'cancelled' : 'failure');
  const conclusions = run.jobs.map((job) => job.conclusion);
  const worst = (['failure', 'timed_out', 'cancelled'] as const).find((bad) => conclusions.includes(bad));
  const skipped = conclusions.length > 0 && conclusions.every((each) => each === 'skipped');
  run.conclusion = run.cancel.signal.aborted ? 'cancelled' : (conclusion ?? worst ?? (skipped ? 'skipped' : 'success'));
  run.status = 'completed';
}

function endJob(job: FakeJob, conclusion: Conclusion): void {
  for (const step of job.steps.filter(({ status }) => status !== 'completed'))
    Object.assign(step, { status: 'completed', conclusion, completedAt: seconds() });
  Object.assign(job, { status: 'completed', conclusion, completedAt: seconds() });
}

function controlOf(repository: ServedRepository, run: FakeRun): RunControl {
  return {
    run,
    signal: run.cancel.signal,
    begin: () => void (run.status = 'in_progress'),
    set(status, conclusion) {
      run.status = status;
      if (conclusion !== undefined) run.conclusion = conclusion;
    },
    job(name, labels = ['ubuntu-latest']) {
      const all = (repository.runs ?? []).flatMap(({ jobs }) => jobs);
      const job: FakeJob = {
        id: FIRST_JOB + all.length,
        ...{ name, labels, status: 'queued', conclusion: null, createdAt: seconds() },
        ...{ startedAt: null, completedAt: null, steps: [], annotations: [], log: [] },
      };
      run.jobs.push(job);
      return jobControl(job);
    },
  };
}

function jobControl(job: FakeJob): JobControl {
  const log = (line: string) =>
    void job.log.push(...line.split('\n').map((each) => `${new Date().toISOString().replace('Z', '0000Z')} ${each}`));
  return {
    job,
    log,
    begin: () => void Object.assign(job, { status: 'in_progress', startedAt: seconds() }),
    async step(name, work) {
      const step: FakeStep = {
        number: job.steps.length + 1,
        ...{ name, status: 'in_progress', conclusion: null, startedAt: seconds(), completedAt: null },
      };
      job.steps.push(step);
      const conclusion = (await work?.(log)) ?? 'success';
      Object.assign(step, { status: 'completed', conclusion, completedAt: seconds() });
      return conclusion;
    },
    annotate: (annotation) => void job.annotations.push(annotation),
    end: (conclusion) => endJob(job, conclusion),
  };
}
