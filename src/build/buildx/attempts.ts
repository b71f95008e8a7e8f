import { ReleaseError, type Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { PlannedImage } from '../../plan/plan.js';

/**
 * Another way to build the images after problems of one kind.
 * @param images as they were built in vain
 * @param times how often it was taken before
 * @returns undefined when another attempt has no better chance
 */
export type Adjustment = (
  images: readonly PlannedImage[],
  problems: readonly Problem[],
  times: number,
) => Adjusted | undefined;

export interface Adjusted {
  images: readonly PlannedImage[];
  /** What is different now. Its code is that of the problems. */
  warning: Problem;
}

/** By the code of the problem that each answers. */
export type Adjustments = Partial<Record<ProblemCode, Adjustment>>;

/**
 * Builds, and after a failure again as long as there is an adjustment to each of its problems: where one has none,
 * the images would fail again.
 * @param build builds these images, each with all others of the list
 * @param tell a sentence of progress
 * @throws ReleaseError whatever the last attempt was stopped by
 */
export async function buildInAttempts<T>(
  images: readonly PlannedImage[],
  adjustments: Adjustments,
  build: (images: readonly PlannedImage[]) => Promise<T>,
  tell: (line: string) => void,
): Promise<{ result: T; warnings: Problem[] }> {
  const warnings: Problem[] = [];
  let attempted = images;
  for (;;) {
    try {
      return { result: await build(attempted), warnings };
    } catch (error) {
      const problems = error instanceof ReleaseError ? error.problems : [];
      const adjusted = adjust(attempted, problems, adjustments, warnings);
      if (adjusted === undefined) throw error;
      attempted = adjusted.images;
      warnings.push(...adjusted.warnings);
      for (const { message } of adjusted.warnings) tell(message);
    }
  }
}

function adjust(
  images: readonly PlannedImage[],
  problems: readonly Problem[],
  adjustments: Adjustments,
  earlier: readonly Problem[],
): { images: readonly PlannedImage[]; warnings: Problem[] } | undefined {
  const warnings: Problem[] = [];
  let adjusted = images;
  for (const code of new Set(problems.map((problem) => problem.code))) {
    const ofCode = (problem: Problem) => problem.code === code;
    const change = adjustments[code]?.(adjusted, problems.filter(ofCode), earlier.filter(ofCode).length);
    if (change === undefined) return undefined;
    adjusted = change.images;
    warnings.push(change.warning);
  }
  return warnings.length === 0 ? undefined : { images: adjusted, warnings };
}
