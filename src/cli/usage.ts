import { failure, type ReleaseError } from '../lib/errors.js';

/** The error of a command line that can't be followed. */
export function usageError(message: string, fix: string): ReleaseError {
  return failure({ code: 'usage/invalid', message, fix });
}
