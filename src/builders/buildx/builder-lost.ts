import type { Problem } from '../../lib/errors.js';
import type { Adjusted, Adjustment } from './attempts.js';
import type { FailureHint } from './failure-hints.js';

/** It answered when the release began. */
const GONE = 'the builder does not answer any more';

const FIX =
  'The builder was stopped, or killed for want of memory: see its log (`docker logs`, `journalctl -u docker`, `kubectl describe pod`).';

export const BUILDER_LOST_HINTS: readonly FailureHint[] = [
  {
    code: 'build/builder-lost',
    within: 'error',
    pattern:
      /Cannot connect to the Docker daemon|failed to connect to the docker API|Error while dialing|^context deadline exceeded$/m,
    cause: () => GONE,
    fix: FIX,
    shared: true,
  },
  {
    code: 'build/builder-lost',
    within: 'error',
    pattern: /error reading from server|transport is closing|code = Unavailable/,
    cause: () => 'the connection to the builder broke off',
    fix: FIX,
    shared: true,
  },
];

/** @param what sentence without a full stop */
export function builderLost(what: string): Problem {
  return { code: 'build/builder-lost', severity: 'error', message: `Build: ${what}.`, fix: FIX };
}

/**
 * Builds once more when the builder is back: who runs it (systemd, a deployment, buildx for its own containers)
 * starts it again. One that is lost in the middle of the build a second time would be so a third time.
 */
export const onceItIsBack: Adjustment = (images, [problem], times): Adjusted | undefined => {
  const pauseMs = PAUSES_MS[times];
  if (problem === undefined || pauseMs === undefined) return undefined;
  if (times > 0 && !problem.message.includes(GONE)) return undefined;
  return {
    images,
    pauseMs,
    warning: {
      code: 'build/builder-lost',
      severity: 'warning',
      message: 'The builder was lost while it built, so the build is tried again.',
      fix: 'Nothing is to be done; where it happens often, see its log, and give it more memory.',
      detail: [problem.message, problem.detail].filter((line) => line !== undefined).join('\n'),
    },
  };
};

/** The second and third are for one that takes long to start. */
const PAUSES_MS = [3000, 5000, 15_000];
