import { setTimeout as delay } from 'node:timers/promises';
import { timeLimit } from '../lib/cancel.js';
import type { Problem } from '../lib/errors.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { logLines } from './log-lines.js';

export interface LogOrder {
  kubectl: Kubectl;
  pod: string;
  container: string;
  onLine: (line: string) => void;
  /** The log can't be read at all. */
  onProblem: (problem: Problem) => void;
  /** How long after a cut it is asked for again. */
  retryMs: number;
  signal: AbortSignal;
}

export interface LogFollower {
  /** The container has ended: reads what is left of its log. */
  finish(withinMs: number): Promise<void>;
}

/**
 * Tells the log line by line, each once, through cuts and restarts of the API server. Not from `kubectl attach`:
 * what was printed before it attached, or while it was cut off, would be lost.
 */
export function followLogs(order: LogOrder): LogFollower {
  const { kubectl, pod, container, signal } = order;
  const lines = logLines(order.onLine);
  const stop = new AbortController();
  let ended = false;
  let refused = false;

  const read = async (follow: boolean, until: AbortSignal) => {
    const since = lines.since();
    return kubectl.stream(
      [
        'logs',
        pod,
        `--container=${container}`,
        '--timestamps',
        ...(follow ? ['--follow'] : []),
        ...(since === undefined ? [] : [`--since-time=${since}`]),
      ],
      { onStdout: (chunk) => lines.push(chunk), signal: until },
    );
  };

  const following = (async () => {
    const until = AbortSignal.any([signal, stop.signal]);
    while (!ended && !until.aborted) {
      const { code, stderr } = await read(true, until);
      lines.cut();
      if (ended || until.aborted) return;
      if (code !== 0 && !isOutage(stderr) && !WAIT.test(stderr.toString())) {
        refused = true;
        return order.onProblem(kubectlProblem(stderr, { doing: `read the log of the pod ${pod}` }));
      }
      await delay(order.retryMs, undefined, { signal: until }).catch(() => {});
    }
  })();
  // Its failure is told by finish().
  following.catch(() => {});

  return {
    async finish(withinMs) {
      ended = true;
      const until = timeLimit(withinMs, signal);
      const late = setTimeout(() => stop.abort(), withinMs / 2);
      await following.finally(() => clearTimeout(late));
      // A stream that ends without an error may have been cut all the same: the last second is asked for again.
      while (!refused && !until.aborted) {
        const { code, stderr } = await read(false, until);
        if (code === 0) return lines.end();
        lines.cut();
        if (!isOutage(stderr)) return;
        await delay(order.retryMs, undefined, { signal: until }).catch(() => {});
      }
    },
  };
}

/** Answers of a kubelet that has not made the container yet, and of one whose pod is gone: the watch tells more. */
const WAIT = /waiting to start|\(NotFound\)|is not available|ContainerCreating|PodInitializing/;
