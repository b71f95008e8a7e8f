import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../src/lib/errors.js';

/** What an error looked like when a test met it (`__tests__/errors`); what differs from run to run is replaced. */
export interface ErrorSample extends Pick<Problem, 'code' | 'severity' | 'message' | 'fix' | 'detail'> {
  /** `file:line:column` */
  place?: string;
}

/** Folder of the samples, a file for each list of errors. */
export const ERROR_SAMPLES = 'scripts/generate/error-samples';

/** By code. */
export function readErrorSamples(root: string): Map<string, ErrorSample> {
  const folder = join(root, ERROR_SAMPLES);
  return new Map(
    readdirSync(folder).flatMap((file) =>
      Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, ErrorSample>),
    ),
  );
}
