import { failure, type ReleaseError } from '../../lib/errors.js';
import type { FinishedRun } from './follow.js';
import type { GitHubApi } from './github-api.js';
import { tailOfStep } from './job-log.js';
import { RESULT_WORD } from './run-result.js';
import { readAnnotations, type RunAnnotation, type RunJob } from './workflow-run.js';

/** What became of a job that did not succeed. */
export interface FailedJob {
  job: RunJob;
  annotations: RunAnnotation[];
  /** Name of the step that failed, and its last lines. */
  step?: string;
  tail: string[];
}

const TAIL_LINES = 30;
const SHOWN_JOBS = 3;
const SHOWN_ANNOTATIONS = 6;
const BAD = ['failure', 'cancelled', 'timed_out', 'action_required', 'startup_failure', 'stale'];

/** Undefined: the run succeeded. */
export async function failureOf(
  finished: FinishedRun,
  api: GitHubApi,
  redact: (text: string) => string,
): Promise<ReleaseError | undefined> {
  if (finished.run.conclusion === 'success' || finished.run.conclusion === 'neutral') return undefined;
  const bad = finished.jobs.filter(({ conclusion }) => BAD.includes(conclusion ?? ''));
  // What failed comes before what was cancelled because of that.
  bad.sort((a, b) => Number(a.conclusion !== 'failure') - Number(b.conclusion !== 'failure'));
  const failed = await Promise.all(bad.slice(0, SHOWN_JOBS).map((job) => explainJob(job, finished, api)));
  return describeFailure(finished, failed, redact);
}

async function explainJob(job: RunJob, { logs }: FinishedRun, api: GitHubApi): Promise<FailedJob> {
  const check = /\/check-runs\/(\d+)$/.exec(job.check_run_url ?? '')?.[1] ?? String(job.id);
  const answer = await api.get(`/check-runs/${check}/annotations?per_page=50`, Array.isArray);
  const annotations = answer.status === 200 ? readAnnotations(answer.body) : [];
  const step = job.steps?.find(({ conclusion }) => BAD.includes(conclusion ?? ''));
  const log = logs.get(job.id);
  const tail = step !== undefined && log !== undefined ? tailOfStep(log, step, TAIL_LINES) : [];
  return { job, annotations, tail, ...(step && { step: step.name }) };
}

function describeFailure(
  { run }: FinishedRun,
  failed: readonly FailedJob[],
  redact: (text: string) => string,
): ReleaseError {
  const url = run.html_url;
  const messages = failed.flatMap(({ annotations }) => annotations.map(({ message }) => message));
  const detail = redact(failed.flatMap(detailOf).join('\n'));
  const more = detail === '' ? {} : { detail };
  if (
    run.conclusion === 'timed_out' ||
    messages.some((text) => /exceeded the maximum execution time/i.test(text))
  ) {
    return failure({
      code: 'dispatch/timed-out',
      message: `The run took longer than it may: ${namesOf(failed, 'a job')}. ${url}`,
      fix: 'Find out what hangs, or raise `timeout-minutes` of the job.',
      ...more,
    });
  }
  if (run.conclusion === 'cancelled') {
    const newer = messages.some((text) => /higher priority waiting request/i.test(text));
    const by = messages.flatMap((text) => /cancell?ed by (@\S+?)[.\s]*$/i.exec(text)?.[1] ?? [])[0];
    return failure({
      code: 'dispatch/cancelled',
      message: newer
        ? `A newer run of the same concurrency group has cancelled the run. ${url}`
        : `The run was cancelled on GitHub${by === undefined ? '' : ` by ${by}`}. ${url}`,
      fix: newer
        ? 'The newer run releases what is newest; `image-release status --watch` shows it.'
        : 'Start it again if it is still wanted.',
      ...more,
    });
  }
  if (run.conclusion === 'failure') {
    const [first] = failed;
    const step = first?.step === undefined ? '' : `, step “${first.step}”`;
    return failure({
      code: 'dispatch/failed',
      message:
        first === undefined
          ? `The run failed. ${url}`
          : `The run failed: job ${first.job.name}${step}. ${url}`,
      fix: `The whole log: ${first?.job.html_url ?? url}`,
      ...more,
    });
  }
  return failure({
    code: 'dispatch/not-started',
    message: `${NOT_STARTED[run.conclusion ?? ''] ?? `The run ended as ${run.conclusion}`}. ${url}`,
    fix: 'The run’s page says why; correct that, and run again.',
    ...more,
  });
}

const NOT_STARTED: Record<string, string> = {
  startup_failure:
    'GitHub could not start the run: the workflow file is invalid, or calls one that it may not',
  action_required: 'The run waits for an approval on GitHub before anything of it starts',
  skipped: 'All jobs of the run were skipped, by their `if:`: nothing was released',
  stale: 'GitHub gave the run up, because it had not begun for too long',
};

function namesOf(failed: readonly FailedJob[], absent: string): string {
  const names = failed.map(({ job }) => job.name);
  return names.length === 0 ? absent : `job${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function detailOf({ job, annotations, step, tail }: FailedJob): string[] {
  // The runner's own "Process completed with exit code 1." tells nothing.
  const worth = annotations.filter(
    ({ level, message }) => level === 'failure' && !/^Process completed with exit code/.test(message),
  );
  return [
    `${job.name}${step === undefined ? '' : ` › ${step}`}:`,
    ...worth.slice(0, SHOWN_ANNOTATIONS).map(({ title, message, place }) => {
      const where = [place && `${place.file}:${place.line}`, title].filter(Boolean).join(' ');
      return `  ${where}${where && ': '}${message.replaceAll('\n', '\n  ')}`;
    }),
    ...tail.filter((line) => isNews(line, worth)).map((line) => `  | ${line}`),
  ];
}

/** The log repeats what the annotations say, and has lines for programs and the runner's own last word. */
function isNews(line: string, annotations: readonly RunAnnotation[]): boolean {
  if (line.startsWith(`${RESULT_WORD} {`) || /^error: Process completed with exit code/.test(line))
    return false;
  const words = line.replace(/^error: /, '').trim();
  return !annotations.some(({ message }) => message.split('\n').some((each) => each.trim() === words));
}
