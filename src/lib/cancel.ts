import { setMaxListeners } from 'node:events';
import { Cancelled } from './errors.js';

/** Every request and process under way listens to it: their number says nothing about a leak. */
export function sharedSignal(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/**
 * Aborts after `ms`, or with `signal`. Node 20 forgets a timeout that nothing but `AbortSignal.any()` knows, and what
 * it was to end goes on forever: https://github.com/nodejs/node/issues/57736. The listener keeps it.
 */
export function timeLimit(ms: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  if (signal === undefined) return timeout;
  timeout.addEventListener('abort', () => {}, { once: true });
  return AbortSignal.any([signal, timeout]);
}

/** A bound on work that must not hold up a release. @param signal of the run */
export function createDeadline(ms: number, signal?: AbortSignal) {
  return {
    /** Aborted when the time is over, or the run is cancelled. */
    signal: sharedSignal(timeLimit(ms, signal)),
    /** Whether something failed because the time was over; false if the run was cancelled. */
    isLate: (error: unknown) => error instanceof Cancelled && !signal?.aborted,
    /** `within 15 s`, for messages. */
    words: `within ${ms / 1000} s`,
  };
}

export type Deadline = ReturnType<typeof createDeadline>;

/**
 * Cancels a run on SIGINT and SIGTERM. Runners kill a step 10 s after the cancel, so cleaning up has to be over before: after `graceMs` the
 * process ends with 130 whatever still hangs, having called `lastWill` (which must be synchronous).
 */
export function cancelOnSignals(lastWill: () => void, graceMs = 9000) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    controller.abort();
    timer ??= setTimeout(() => {
      lastWill();
      process.exit(130);
    }, graceMs);
    timer.unref();
  };
  process.on('SIGINT', cancel);
  process.on('SIGTERM', cancel);
  return {
    signal: sharedSignal(controller.signal),
    /** Stops listening. A cancelled process ends soon after. */
    dispose() {
      clearTimeout(timer);
      process.off('SIGINT', cancel);
      process.off('SIGTERM', cancel);
      // An answer that nobody waits for any more must not hold the process.
      if (controller.signal.aborted) setTimeout(() => process.exit(), 1000).unref();
    },
  };
}
