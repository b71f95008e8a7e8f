import { PROBLEM_CATALOGUE, type ProblemCode } from './problem-catalogue.js';

/** A position in a file that the user wrote. Lines and columns count from 1. */
export interface Place {
  /** Path relative to the repository root, or a name such as `input "config-inline"`. */
  file: string;
  line?: number;
  column?: number;
  /** Of an instruction or a value that ends on a later line. */
  endLine?: number;
}

/** One thing that blocks a release (`error`) or that the user should know (`warning`). */
export interface Problem {
  code: ProblemCode;
  severity: 'error' | 'warning';
  /** What happened, one sentence, no trailing newline. */
  message: string;
  /** What to do next, one sentence. */
  fix: string;
  place?: Place;
  /** Key of the image concerned, where there is one. */
  image?: string;
  /** Further lines to show under the message: a Dockerfile excerpt, a tool's last output. */
  detail?: string;
}

/** The one error class of this project: it carries one or several problems, all with a fix. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';

  constructor(
    readonly problems: readonly [Problem, ...Problem[]],
    options?: { cause?: unknown },
  ) {
    super(problems.map((problem) => problem.message).join('\n'), options);
  }

  get code(): ProblemCode {
    return this.problems[0].code;
  }
}

/** A problem as the code that meets it describes it; without `fix` the catalogue's fix for the code applies. */
export type ProblemDraft = Omit<Problem, 'severity' | 'fix'> & { fix?: string };

/** A problem that stops the run. */
export function problem(draft: ProblemDraft): Problem {
  return { severity: 'error', fix: PROBLEM_CATALOGUE[draft.code].fix, ...draft };
}

/** A problem that the run survives. */
export function warning(draft: ProblemDraft): Problem {
  return { ...problem(draft), severity: 'warning' };
}

/** The error to throw for a single problem. */
export function failure(draft: ProblemDraft, options?: { cause?: unknown }): ReleaseError {
  return new ReleaseError([problem(draft)], options);
}

/** The errors among the problems; undefined: there is none. */
export function errorsIn(problems: readonly Problem[]): [Problem, ...Problem[]] | undefined {
  const [first, ...rest] = problems.filter(({ severity }) => severity === 'error');
  return first && [first, ...rest];
}

/** @throws ReleaseError with all errors among the problems, when there is one */
export function throwProblems(problems: readonly Problem[]): void {
  const errors = errorsIn(problems);
  if (errors) throw new ReleaseError(errors);
}

/** Thrown when the run was cancelled (SIGINT, SIGTERM); exit code 130. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  /** @param outcome `open`: the work that had begun may still finish, so nothing is said about its result */
  constructor(
    readonly during: string,
    readonly outcome: 'none' | 'open' = 'none',
  ) {
    super(`Cancelled while ${during}.`);
  }
}

/** The same failure or cancel with one more sentence (ending in a full stop) on the remaining state. */
export function withRemark(error: unknown, remark: string): unknown {
  if (error instanceof Cancelled) return new Cancelled(`${error.during}. ${remark.slice(0, -1)}`, error.outcome);
  if (!(error instanceof ReleaseError)) return error;
  const [first, ...rest] = error.problems;
  const detail = [first.detail, remark].filter(Boolean).join('\n');
  return new ReleaseError([{ ...first, detail }, ...rest], { cause: error.cause });
}

/** `file:line:column`, leaving out what is not known. */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.line === undefined ? undefined : place.column]
    .filter((part) => part !== undefined)
    .join(':');
}

/** The innermost sentence of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The problems of a failure; anything else is thrown again. */
export function problemsOf(error: unknown): ReleaseError['problems'] {
  if (error instanceof ReleaseError) return error.problems;
  throw error;
}

/** Runs a step, and adds its problems to the others. */
export function collect<T>(problems: Problem[], step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    problems.push(...problemsOf(error));
    return undefined;
  }
}

/** The same for work that is under way. */
export async function collectFrom<T>(problems: Problem[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    problems.push(...problemsOf(error));
    return undefined;
  }
}
