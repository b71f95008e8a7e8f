import type { Problem } from '../../lib/errors.js';
import type { Adjustment } from './attempts.js';
import type { FailureHint } from './failure-hints.js';

/**
 * Errors of a registry, or of the way to it, that pass: in the words of containerd's, docker's and BuildKit's clients.
 * BuildKit tries again by itself for some seconds and not everywhere; a limit of pulls (Docker Hub's) lasts for hours.
 * That nobody listens (connection refused) or that a name is unknown is mostly a mistake, and no reason to wait.
 */
const PASSING = new RegExp(
  [
    String.raw`unexpected status(?![^\n]*pull rate limit)[^\n]*?: (?:5\d\d|429)\b[^\n]*`,
    String.raw`unexpected HTTP status: (?:5\d\d|429)\b[^\n]*`,
    String.raw`toomanyrequests: (?!You have reached)[^\n]*`,
    String.raw`(?:failed to do request: |error pinging \S+ |httpReadSeeker: |failed to (?:copy|push|fetch|authorize)[^\n]*: )[^\n]*?(?:EOF|connection reset by peer|broken pipe|TLS handshake timeout|i/o timeout|server sent GOAWAY|stream error: [^\n]*|closed network connection)`,
  ].join('|'),
);

export const REGISTRY_HINT: FailureHint = {
  code: 'build/registry-failing',
  within: 'error',
  pattern: PASSING,
  cause: ([text]) => `a registry, or the way to it, fails: ${text}`,
  fix: "See the registry's status page, and what stands between it and the builder (proxy, firewall); then run again.",
};

/**
 * Builds the same once more, after a while: what is built is cached, and what is pushed is there. Of other problems
 * (a scanner that can't be had) only those whose cause passes.
 */
export function afterAWhile(random: () => number): Adjustment {
  return (images, problems, times) => {
    if (times >= PAUSES_MS.length || !problems.every(passes)) return undefined;
    const [first] = problems;
    const pauseMs = Math.round(PAUSES_MS[times]! * (1 + random()));
    return {
      images,
      pauseMs,
      warning: {
        code: first!.code,
        severity: 'warning',
        message: `A registry failed, so the build is tried again (${times + 2} of ${PAUSES_MS.length + 1}).`,
        fix: 'Nothing is to be done; where it happens often, ask who runs the registry.',
        ...(problems.length === 1 && first!.image !== undefined && { image: first!.image }),
        detail: problems.map(({ message }) => message).join('\n'),
      },
    };
  };
}

/** Longer than the blink of a load balancer, shorter than anybody's patience; up to twice as long by chance. */
const PAUSES_MS = [2000, 8000];

function passes({ code, message }: Problem): boolean {
  return code === REGISTRY_HINT.code || PASSING.test(message);
}
