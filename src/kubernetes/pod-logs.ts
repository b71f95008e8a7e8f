import { setTimeout as delay } from 'node:timers/promises';
import { timeLimit } from '../lib/cancel.js';
import { warning, type Problem } from '../lib/errors.js';
import { splitLines } from '../lib/split-lines.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';

/**
 * Reads a log line by line, each line once, across cuts and restarts of the API server. `kubectl attach` would lose
 * what was printed before it attached or while it was cut off.
 */
export function followLogs(options: {
  kubectl: Kubectl;
  pod: string;
  container: string;
  onLine: (line: string) => void;
  onProblem: (problem: Problem) => void;
  onEnd: () => void;
  retryMs: number;
  signal: AbortSignal;
}) {
  const { kubectl, pod, container, signal, retryMs } = options;
  const lines = logLines(options.onLine);
  const stop = new AbortController();
  let ended = false;
  let refused = false;

  const read = (until: AbortSignal, ...follow: string[]) => {
    const since = lines.since();
    const from = since === undefined ? [] : [`--since-time=${since}`];
    const args = ['logs', pod, `--container=${container}`, '--timestamps', ...follow, ...from];
    return kubectl.stream(args, { onStdout: (chunk) => lines.push(chunk), signal: until });
  };

  const following = (async () => {
    const until = AbortSignal.any([signal, stop.signal]);
    while (!ended && !until.aborted) {
      const { code, stderr } = await read(until, '--follow');
      lines.cut();
      if (ended || until.aborted) return;
      options.onEnd();
      if (code !== 0 && !isOutage(stderr) && !NO_LOG_YET.test(stderr.toString())) {
        refused = true;
        return options.onProblem(warning(kubectlProblem(stderr, `read the log of the pod ${pod}`)));
      }
      await delay(retryMs, undefined, { signal: until }).catch(() => {});
    }
  })();
  // finish() throws its error.
  following.catch(() => {});

  return {
    /** The container has ended: reads the rest of its log. */
    async finish(withinMs: number) {
      ended = true;
      const until = timeLimit(withinMs, signal);
      const late = setTimeout(() => stop.abort(), withinMs / 2);
      await following.finally(() => clearTimeout(late));
      // A stream that was cut can end without an error: the last second is read again.
      while (!refused && !until.aborted) {
        const { code, stderr } = await read(until);
        if (code === 0) return lines.end();
        lines.cut();
        if (!isOutage(stderr)) return;
        await delay(retryMs, undefined, { signal: until }).catch(() => {});
      }
    },
  };
}

/** From a kubelet that has not created the container yet or has deleted its pod: the status of the pod says more. */
const NO_LOG_YET = /waiting to start|\(NotFound\)|is not available|ContainerCreating|PodInitializing/;

/** `2026-03-01T10:00:01.000000002Z`: kubelets print all nine digits, so stamps of one log compare as text. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\S+) ?/;

/**
 * Splits the output of `kubectl logs --timestamps` into lines. `--since-time` has whole seconds, so the last second is
 * read twice: older lines are dropped, and as many lines with the last timestamp as were already read.
 */
export function logLines(onLine: (line: string) => void) {
  let last: string | undefined;
  /** Lines read with the timestamp `last`. */
  let count = 0;
  /** After a cut: lines with the timestamp `last` that are still to be dropped. */
  let repeated: number | undefined;

  const take = (line: string) => {
    const [prefix = '', stamp] = STAMP.exec(line) ?? [];
    if (stamp === undefined) {
      if (repeated === undefined) onLine(line);
      return;
    }
    if (repeated !== undefined && last !== undefined) {
      if (stamp < last || (stamp === last && repeated-- > 0)) return;
      if (stamp > last) repeated = undefined;
    }
    count = stamp === last ? count + 1 : 1;
    last = stamp;
    onLine(line.slice(prefix.length));
  };
  let split = splitLines(take);

  return {
    push: (chunk: Uint8Array) => split.push(chunk),
    /** The stream was cut: the next one begins at `since()`, and repeats an unfinished line. */
    cut() {
      split = splitLines(take);
      if (last !== undefined) repeated = count;
    },
    end: () => split.end(),
    since: () => last,
  };
}
