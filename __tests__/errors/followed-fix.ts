import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { expectSample } from './samples.js';

/** What a run told: errors and warnings alike. */
export type Told = readonly Problem[];

interface Provoked {
  code: ProblemCode;
  provoke(): Told | Promise<Told>;
  /** Another way to meet the same code, with a fix of its own. docs/errors/README.md shows the one that has none. */
  variant?: string;
  /** Makes the sample in docs/errors/README.md the same each time, beyond what `samples.ts` does for all. */
  steady?(text: string): string;
  /** The detail is in the words of a program that does not always say the same; that there is one is compared. */
  foreignDetail?: true;
}

/** An error that is provoked, and the fix that it names, followed to the letter. */
export interface FollowedFix extends Provoked {
  /** Does what the fix says; what is reported then must not hold the code any more. */
  follow(problem: Problem): Told | Promise<Told>;
}

/** An error that is provoked, and whose fix no test can follow. */
export interface OutOfReach extends Provoked {
  /** Who has to act, or why there is nothing to do. */
  outOfReach: string;
}

/** A code whose proof stands in another test. */
export interface ProvenElsewhere {
  code: ProblemCode;
  /** `__tests__/x.test.ts › name of the test`: it provokes the error, and follows the fix unless another does. */
  provenBy: string;
  /** The test, named in the same way, in which the fix is followed. */
  followedBy?: string;
  /** Why no test can follow the fix: it lies in the hands of others. */
  outOfReach?: string;
}

/** What the errors of `run` tell; nothing where there is none. What no error class of ours says is thrown on. */
export async function told(run: () => unknown): Promise<Told> {
  try {
    await run();
    return [];
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
}

/** What a fix offers between backticks: "Did you mean `web`?". */
export function suggestionOf({ fix }: Pick<Problem, 'fix'>): string {
  const [, offered] = /`([^`]+)`/.exec(fix) ?? [];
  if (offered === undefined) throw new Error(`No suggestion in: ${fix}`);
  return offered;
}

/**
 * One test per error: it is provoked, what it looks like is compared with the sample that docs/errors/README.md prints,
 * its fix is followed, and the error is gone.
 */
export function followFixes(area: string, fixes: readonly (FollowedFix | OutOfReach)[]): void {
  test.each(fixes.map((fix) => [[fix.code, fix.variant].filter(Boolean).join(': '), fix] as const))(
    '%s is reported, and is gone when its fix is followed',
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
