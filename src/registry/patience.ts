import { sharedSignal, timeLimit } from '../lib/cancel.js';
import { Cancelled } from '../lib/errors.js';

/** A bound on what must not hold up a release. */
export interface Patience {
  /** Aborted when the time is over, or the run is cancelled. */
  signal: AbortSignal;
  /** Whether something failed because the time was over; a run that was cancelled is another matter. */
  isLate(error: unknown): boolean;
  /** `within 15 s`, for messages. */
  readonly words: string;
}

/** @param signal of the run */
export function createPatience(ms: number, signal?: AbortSignal): Patience {
  return {
    signal: sharedSignal(timeLimit(ms, signal)),
    isLate: (error) => error instanceof Cancelled && !signal?.aborted,
    words: `within ${ms / 1000} s`,
  };
}
