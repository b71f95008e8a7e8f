import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { expectSample } from './samples.js';

/** Errors and warnings that a run reported. */
export type Told = readonly Problem[];

interface Provoked {
  code: ProblemCode;
  provoke(): Told | Promise<Told>;
  /** Another cause of the same code, with another fix. docs/errors/README.md shows the entry without `variant`. */
  variant?: string;
  /** Replaces what varies between runs in the sample for docs/errors/README.md, in addition to `samples.ts`. */
  steady?(text: string): string;
  /** The detail is varying output of another program: the sample is only compared for having one. */
  foreignDetail?: true;
}

/** An error that a test provokes, and whose fix the test follows literally. */
export interface FollowedFix extends Provoked {
  /** Follows the fix, and returns the problems reported afterwards. They must not include the code. */
  follow(problem: Problem): Told | Promise<Told>;
}

/** An error that a test provokes, but whose fix no test can follow. */
export interface OutOfReach extends Provoked {
  /** Who has to act, or why there is nothing to do. */
  outOfReach: string;
}

/** A code that another test proves. */
export interface ProvenElsewhere {
  code: ProblemCode;
  /** `__tests__/x.test.ts › title`: the test provokes the error, and follows the fix unless `followedBy` is set. */
  provenBy: string;
  /** The test that follows the fix, in the same format. */
  followedBy?: string;
  /** Why no test can follow the fix. */
  outOfReach?: string;
}

/** Problems of the `ReleaseError` that `run` throws; empty if it succeeds. Other errors are rethrown. */
export async function told(run: () => unknown): Promise<Told> {
  try {
    await run();
    return [];
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
}

/** The text between backticks in a fix such as "Did you mean `web`?". */
export function suggestionOf({ fix }: Pick<Problem, 'fix'>): string {
  const [, offered] = /`([^`]+)`/.exec(fix) ?? [];
  if (offered === undefined) throw new Error(`No suggestion in: ${fix}`);
  return offered;
}

/**
 * One test per error: provokes the error, compares it with the sample in docs/errors/README.md, follows its fix, and
 * expects the error to be gone.
 */
export function followFixes(area: string, fixes: readonly (FollowedFix | OutOfReach)[]): void {
  test.each(fixes.map((fix) => [[fix.code, fix.variant].filter(Boolean).join(': '), fix] as const))(
    'reports %s, and following the fix (if a test can) resolves it',
    async (_, fix) => {
      const { code } = fix;
      const problems = await fix.provoke();
      const problem = problems.find((one) => one.code === code);
      expect(problems.map((one) => one.code)).toContain(code);
      if (fix.variant === undefined) expectSample(area, problem!, fix);
      if ('follow' in fix) expect((await fix.follow(problem!)).map((one) => one.code)).not.toContain(code);
    },
  );
}
