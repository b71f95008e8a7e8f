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
  /** To let pass before. */
  pauseMs?: number;
}

/** By the code of the problem that each answers. */
export type Adjustments = Partial<Record<ProblemCode, Adjustment>>;

export interface Means<T> {
  /** Builds these images, each with all others of the list. */
  build(images: readonly PlannedImage[]): Promise<T>;
  /** A sentence of progress. */
  tell(line: string): void;
  /** @throws Cancelled */
  pause(ms: number): Promise<void>;
}

/** The first of several adjustments that has an answer. */
export function firstOf(...adjustments: readonly Adjustment[]): Adjustment {
  return (...asked) => {
    for (const adjustment of adjustments) {
      const adjusted = adjustment(...asked);
      if (adjusted !== undefined) return adjusted;
    }
    return undefined;
  };
}

/**
 * Builds, and after a failure again as long as there is an adjustment to each of its problems: where one has none,
 * the images would fail again.
 * @throws ReleaseError whatever the last attempt was stopped by
 */
export async function buildInAttempts<T>(
  images: readonly PlannedImage[],
  adjustments: Adjustments,
  means: Means<T>,
): Promise<{ result: T; warnings: Problem[] }> {
  const warnings: Problem[] = [];
  let attempted = images;
  for (;;) {
    try {
      return { result: await means.build(attempted), warnings };
    } catch (error) {
      const problems = error instanceof ReleaseError ? error.problems : [];
      const adjusted = adjust(attempted, problems, adjustments, warnings);
      if (adjusted === undefined) throw error;
      attempted = adjusted.images;
      warnings.push(...adjusted.warnings);
      for (const { message } of adjusted.warnings) means.tell(message);
      if (adjusted.pauseMs > 0) await means.pause(adjusted.pauseMs);
    }
  }
}

function adjust(
  images: readonly PlannedImage[],
  problems: readonly Problem[],
  adjustments: Adjustments,
  earlier: readonly Problem[],
): { images: readonly PlannedImage[]; warnings: Problem[]; pauseMs: number } | undefined {
  const warnings: Problem[] = [];
  let pauseMs = 0;
  let adjusted = images;
  for (const code of new Set(problems.map((problem) => problem.code))) {
    const ofCode = (problem: Problem) => problem.code === code;
    const change = adjustments[code]?.(adjusted, problems.filter(ofCode), earlier.filter(ofCode).length);
    if (change === undefined) return undefined;
    adjusted = change.images;
    warnings.push(change.warning);
    pauseMs = Math.max(pauseMs, change.pauseMs ?? 0);
  }
  return warnings.length === 0 ? undefined : { images: adjusted, warnings, pauseMs };
}
