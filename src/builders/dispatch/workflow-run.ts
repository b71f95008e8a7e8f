import * as z from 'zod';

const time = z.string().nullish();

const runSchema = z.object({
  id: z.number(),
  run_attempt: z.number().nullish(),
  event: z.string(),
  path: z.string().nullish(),
  display_title: z.string().nullish(),
  status: z.string().nullable(),
  conclusion: z.string().nullish(),
  html_url: z.string(),
  head_sha: z.string(),
  head_branch: z.string().nullish(),
  created_at: z.string(),
  actor: z.object({ login: z.string() }).nullish(),
});

const stepSchema = z.object({
  number: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  started_at: time,
  completed_at: time,
});

const jobSchema = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  html_url: z.string().nullish(),
  started_at: time,
  completed_at: time,
  check_run_url: z.string().nullish(),
  labels: z.array(z.string()).nullish(),
  runner_name: z.string().nullish(),
  steps: z.array(stepSchema).nullish(),
});

/** What is read of a run, as GitHub's API has it. */
export type WorkflowRun = z.infer<typeof runSchema>;
export type RunJob = z.infer<typeof jobSchema>;
export type RunStep = z.infer<typeof stepSchema>;

/** A message beside a job: errors and warnings of its steps, and what GitHub itself has to say of it. */
export interface RunAnnotation {
  level: string;
  title?: string;
  message: string;
  place?: { file: string; line: number };
}

const annotationsSchema = z.array(
  z.object({
    path: z.string().nullish(),
    start_line: z.number().nullish(),
    annotation_level: z.string().nullish(),
    title: z.string().nullish(),
    message: z.string().nullish(),
  }),
);

export function readRun(body: unknown): WorkflowRun | undefined {
  return runSchema.safeParse(body).data;
}

const runListSchema = z.object({ workflow_runs: z.array(runSchema) });

export function readRuns(body: unknown): WorkflowRun[] {
  return runListSchema.safeParse(body).data?.workflow_runs ?? [];
}

export function readJobs(body: unknown): { jobs: RunJob[]; total: number } | undefined {
  const { data } = z.object({ total_count: z.number(), jobs: z.array(jobSchema) }).safeParse(body);
  return data && { jobs: data.jobs, total: data.total_count };
}

/** Whether a body is what GitHub answers to such a question. */
export const isRun = (body: unknown): boolean => readRun(body) !== undefined;
export const isRunList = (body: unknown): boolean => runListSchema.safeParse(body).success;
export const isJobList = (body: unknown): boolean => readJobs(body) !== undefined;

export function readAnnotations(body: unknown): RunAnnotation[] {
  return (annotationsSchema.safeParse(body).data ?? []).map((annotation) => {
    const { path, start_line: line, annotation_level: level, title, message } = annotation;
    // What belongs to no file is told with the folder `.github`.
    const place = path && path !== '.github' && line ? { file: path, line } : undefined;
    return {
      level: level ?? 'notice',
      ...(title && { title }),
      message: message ?? '',
      ...(place && { place }),
    };
  });
}

const pendingSchema = z.array(
  z.object({
    environment: z.object({ name: z.string().nullish() }),
    wait_timer: z.number().nullish(),
    reviewers: z
      .array(
        z.object({
          reviewer: z.object({ login: z.string().nullish(), name: z.string().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
);

/** Environments that a run waits for, and who may let it go on. */
export function readPending(body: unknown): { environment: string; minutes: number; reviewers: string[] }[] {
  return (pendingSchema.safeParse(body).data ?? []).map((pending) => ({
    environment: pending.environment.name ?? '?',
    minutes: pending.wait_timer ?? 0,
    reviewers: (pending.reviewers ?? []).flatMap(({ reviewer }) => reviewer?.login ?? reviewer?.name ?? []),
  }));
}
