import { failure, messageOf, ReleaseError, type Problem } from '../lib/errors.js';
import { exitCodeFor } from '../lib/problem-catalogue.js';
import { emptyReport, problemsIn, supersededKeys, type Report } from './report.js';

/** Nothing was rolled out, because what is deployed is newer: for scripts that go on after a rollout. */
export const SUPERSEDED = 3;

/** 0 done, 1 failed, 2 usage or configuration, 3 superseded or refused by order, 130 cancelled. */
export function exitCodeOf(report: Report): number {
  const { outcome } = report;
  switch (outcome.status) {
    case 'failed':
      return exitCodeFor(outcome.problems.map(({ code }) => code));
    case 'cancelled':
      return 130;
    case 'released':
    case 'rolled-out':
      if (problemsIn(report).length > 0) return exitCodeFor(problemsIn(report).map(({ code }) => code));
      return report.deployments.some(({ status }) => status !== 'skipped' && status !== 'superseded') ||
        supersededKeys(report).length === 0
        ? 0
        : SUPERSEDED;
    default:
      return 0;
  }
}

/** What went wrong, as problems; what nobody foresaw becomes one with its stack. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ReleaseError) return error.problems;
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return failure({
      code: 'build/no-space',
      message: `The disk is full${path === undefined ? '' : `: ${path} can't be written`}.`,
      fix: 'Free space in the temporary folder (TMPDIR), or point it to another disk.',
    }).problems;
  return failure({
    code: 'internal/unexpected',
    message: `This program failed in a way that nobody foresaw: ${messageOf(error)}`,
    fix: 'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with these lines.',
    detail: error instanceof Error ? error.stack : undefined,
  }).problems;
}

/** The report of a run that ended before there was a plan. */
export function failedReport(error: unknown): Report {
  return emptyReport({ status: 'failed', stage: 'plan', problems: problemsOf(error) });
}
