import { problem, type Problem } from '../../lib/errors.js';
import { FAILURE_HINTS } from '../buildx/failure-hints.js';
import type { ExecutorRecord } from './executor-log.js';
import { EXECUTOR_HINTS, EXIT_HINT, type ExecutorHint } from './failure-hints.js';
import type { Target } from './targets.js';

export interface FailedBuild {
  target: Pick<Target, 'key' | 'dockerfile' | 'dockerfileInline'>;
  record: ExecutorRecord;
  /** Text of the Dockerfile. */
  text?: string;
  redact: (text: string) => string;
}

const HINTS: readonly ExecutorHint[] = [...EXECUTOR_HINTS, ...FAILURE_HINTS, EXIT_HINT];

/** The problem of an executor that failed, with the line of the Dockerfile. */
export function executorProblem(failed: FailedBuild, exitCode: number): Problem {
  const { target, record, redact } = failed;
  const { last } = record;
  const output = last?.output ?? record.tail;
  const error = record.error ?? output.at(-1) ?? `the executor ended with exit code ${exitCode}`;
  const step = last === undefined ? 'the build' : shorten(last.text);
  const texts = { error, output: [error, ...output].join('\n'), step: `${last?.text ?? ''}\n${error}` };
  const found = HINTS.map((hint) => ({ hint, match: hint.pattern.exec(texts[hint.within]) })).find(
    ({ match }) => match !== null,
  );
  const reason = error.replace(/^error building image: (?:error building stage: )?/, '').split('\n')[0]!;
  const cause = found?.match ? found.hint.cause(found.match, step) : `the build failed: ${reason}`;
  const fix = found === undefined ? "Read Kaniko's message above." : found.hint.fix;
  const detail = [...excerpt(failed, error), ...(cause.includes(reason) ? [] : [`Kaniko's error: ${reason}`])];
  return problem({
    code: found?.hint.code ?? 'build/failed',
    message: redact(`Image ${target.key}: ${cause}.`),
    ...(fix !== undefined && { fix }),
    image: target.key,
    ...placeOf(failed),
    ...(detail.length > 0 && { detail: redact(detail.join('\n')) }),
  });
}

/** The problem of a pod, with the step that ran. */
export function withStep(found: Problem, failed: FailedBuild): Problem {
  const detail = [...(found.detail === undefined ? [] : [found.detail]), ...excerpt(failed)];
  return {
    image: failed.target.key,
    ...placeOf(failed),
    ...found,
    ...(detail.length > 0 && { detail: failed.redact(detail.join('\n')) }),
  };
}

/** The instruction that ran, as BuildKit shows it with two lines on either side, and its last output. */
function excerpt({ record, text }: FailedBuild, error?: string): string[] {
  const range = linesOf(record);
  const lines = text?.split(/\r?\n/) ?? [];
  const shown = lines.flatMap((content, index) => {
    const line = index + 1;
    if (range === undefined || line < range.first - 2 || line > range.last + 2) return [];
    if (line === lines.length && content === '') return [];
    const mark = line >= range.first && line <= range.last ? '>>>' : '   ';
    return [`${String(line).padStart(4)} | ${mark} ${content}`.trimEnd()];
  });
  const printed = record.last?.output.filter((each) => each !== error) ?? [];
  return [...shown, ...(printed.length > 0 ? ['Its last output:', ...printed.map((each) => `  ${each}`)] : [])];
}

function placeOf({ target, record }: FailedBuild): Pick<Problem, 'place'> {
  const range = linesOf(record);
  if (range === undefined || target.dockerfileInline !== undefined) return {};
  return { place: { file: target.dockerfile, line: range.first } };
}

function linesOf({ last, error }: ExecutorRecord): { first: number; last: number } | undefined {
  const instruction = last?.instruction;
  if (instruction) return { first: instruction.line, last: instruction.endLine };
  const line = Number(/dockerfile parse error on line (\d+)/.exec(error ?? '')?.[1]);
  return line > 0 ? { first: line, last: line } : undefined;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
