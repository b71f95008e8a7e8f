import { type Problem, ReleaseError } from '../lib/errors.js';

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
