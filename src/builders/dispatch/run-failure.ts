import { failure, type ReleaseError } from '../../lib/errors.js';
import type { FinishedRun } from './follow.js';
import { FailedRequest, type GitHubRepository, type RunJob } from './github.js';
import { tailOfStep } from './job-log.js';
import { failedStep, isGood } from './run-progress.js';
import { RESULT_PREFIX } from './run-result.js';

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
