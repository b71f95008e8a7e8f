import type { Problem } from '../../lib/errors.js';
import { FAILURE_HINTS } from '../buildx/failure-hints.js';
import type { ExecutorRecord } from './executor-log.js';
import { EXECUTOR_HINTS, EXIT_HINTS } from './failure-hints.js';
import type { KanikoCandidate } from './restrictions.js';

export interface FailedPod {
  image: Pick<KanikoCandidate, 'key' | 'dockerfile' | 'dockerfileInline'>;
  exitCode: number;
  record: ExecutorRecord;
  /** Text of the Dockerfile. */
  text?: string;
  /** Takes secrets out of a text. */
  redact: (text: string) => string;
}

/** Says at which line of its Dockerfile an image failed, why probably, and what to do. */
export function explainPod(failed: FailedPod): Problem {
  const { image, record, exitCode, redact } = failed;
  const { last } = record;
  const output = last?.output ?? record.tail;
  const error = record.error ?? output.at(-1) ?? `the executor ended with exit code ${exitCode}`;
  const step = last === undefined ? 'the build' : shorten(last.text);
  const subjects = { error, output: [error, ...output].join('\n'), step: `${last?.text ?? ''}\n${error}` };
  const found = [...EXECUTOR_HINTS, ...FAILURE_HINTS, ...EXIT_HINTS]
    .map((hint) => ({ hint, match: hint.pattern.exec(subjects[hint.within]) }))
    .find(({ match }) => match !== null);
  const words = error.replace(/^error building image: (?:error building stage: )?/, '').split('\n')[0]!;
  const cause = found?.match ? found.hint.cause(found.match, step) : `the build failed: ${words}`;
  const detail = [...shown(failed, error), ...(cause.includes(words) ? [] : [`Kaniko says: ${words}`])];
  return {
    code: found?.hint.code ?? 'build/failed',
    severity: 'error',
    message: redact(`Image ${image.key}: ${cause}.`),
    fix: found?.hint.fix ?? "Read Kaniko's message above.",
    image: image.key,
    ...placeOf(failed),
    ...(detail.length > 0 && { detail: redact(detail.join('\n')) }),
  };
}

/** What befell a pod while it built, with the step that was under way. */
export function withStep(problem: Problem, failed: Omit<FailedPod, 'exitCode'>): Problem {
  const detail = [...(problem.detail === undefined ? [] : [problem.detail]), ...shown(failed)];
  return {
    image: failed.image.key,
    ...placeOf(failed),
    ...problem,
    ...(detail.length > 0 && { detail: failed.redact(detail.join('\n')) }),
  };
}

/** The instruction that was under way, and what it printed last. */
function shown({ record, text }: Pick<FailedPod, 'record' | 'text'>, error?: string): string[] {
  const line = lineOf(record);
  const printed = record.last?.output.filter((each) => each !== error) ?? [];
  return [
    ...(line && text !== undefined ? excerptOf(text, line) : []),
    ...(printed.length > 0 ? ['Its last output:', ...printed.map((each) => `  ${each}`)] : []),
  ];
}

function placeOf({ image, record }: Pick<FailedPod, 'image' | 'record'>): Pick<Problem, 'place'> {
  const line = lineOf(record);
  if (line === undefined || image.dockerfileInline !== undefined) return {};
  return { place: { file: image.dockerfile, line: line.first } };
}

function lineOf({ last, error }: ExecutorRecord): { first: number; last: number } | undefined {
  const instruction = last?.instruction;
  if (instruction) return { first: instruction.line, last: instruction.endLine };
  const parsed = /dockerfile parse error on line (\d+)/.exec(error ?? '');
  return parsed ? { first: Number(parsed[1]), last: Number(parsed[1]) } : undefined;
}

/** As BuildKit shows it: two lines on either side. */
function excerptOf(text: string, { first, last }: { first: number; last: number }): string[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((content, index) => {
    const line = index + 1;
    if (line < first - 2 || line > last + 2 || (line === lines.length && content === '')) return [];
    const mark = line >= first && line <= last ? '>>>' : '   ';
    return [`${String(line).padStart(4)} | ${mark} ${content}`.trimEnd()];
  });
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
