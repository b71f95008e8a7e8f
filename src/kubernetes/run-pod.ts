import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { Cancelled, ReleaseError, type Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { isOutage, kubectlProblem } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { createObject, deleteObjects } from './made-objects.js';
import { claimed, type RunOwner } from './ownership.js';
import type { Manifest, PodManifest } from './pod.js';
import { followLogs, type LogFollower } from './pod-logs.js';
import { POD_LIMITS, watchPod, type PodExit, type PodLimits } from './pod-watch.js';

export interface PodOrder {
  kubectl: Kubectl;
  /** With a name that no other pod has. `restartPolicy: Never`. */
  manifest: PodManifest;
  /** The container that counts; undefined: the first. */
  container?: string;
  owner: RunOwner;
  /** Secrets of this pod alone. They are made after it, as its property, so that the cluster removes them with it. */
  secrets?: readonly Manifest[];
  /** What the container reads; called once, when it runs. The pod needs `stdin` and `stdinOnce`. */
  stdin?: () => Readable;
  /** One whole line that the container printed. */
  onLine: (line: string) => void;
  onProgress?: (progress: PodProgress) => void;
  signal: AbortSignal;
  limits?: Partial<PodLimits>;
}

export type PodProgress =
  /** Why it does not run yet: a sentence. `doubtful`: it may never run. */
  | { type: 'waiting'; message: string; outlook: 'usual' | 'doubtful' }
  /** `remark`: something is amiss with the node. */
  | { type: 'running'; node?: string; remark?: string }
  /** Everything was read of `stdin`. */
  | { type: 'delivered' }
  | { type: 'away'; message: string }
  | { type: 'back' }
  | { type: 'warning'; problem: Problem };

export interface PodEnd {
  /** Of the container; what it means is its caller's to say. */
  exitCode: number;
  terminationMessage: string;
  /**
   * `unsure`: the connection ended before the container did, so a container that complains about the end of its input
   * may be right.
   */
  delivery: 'none' | 'sent' | 'unsure';
}

/** With one of these another pod may well succeed. */
export const RETRIABLE_POD_PROBLEMS: readonly ProblemCode[] = [
  'cluster/stream-cut',
  'cluster/node-lost',
  'cluster/node-refused',
  'cluster/evicted',
  'cluster/preempted',
];

/** Where no deadline is set, so that the cluster itself ends what a killed run leaves behind. */
const DEADLINE_SECONDS = 3600;
/** A runner kills what is not gone 10 s after a cancel. */
const REMOVE_AFTER_ABORT_MS = 5000;
const REMOVE_MS = 30_000;
/** How long after its input the end of a container may be told. */
const SETTLE_MS = 5000;
const LAST_LINES_MS = 15_000;

/**
 * Runs one pod to its end and removes it, whatever happens. A pod, not a Job: a Job adds rights, a second name and a
 * controller that makes pods anew, to gain a deletion after some time that `removeOrphans()` does with more knowledge.
 * @throws ReleaseError `cluster/*` when it did not come to an end of its own
 * @throws Cancelled when the signal was aborted
 */
export async function runPod(order: PodOrder): Promise<PodEnd> {
  const { kubectl, owner, secrets = [], signal } = order;
  const lifetime = order.manifest.spec.activeDeadlineSeconds ?? DEADLINE_SECONDS;
  const manifest = claimed(
    { ...order.manifest, spec: { ...order.manifest.spec, activeDeadlineSeconds: lifetime } },
    { owner, lifetime },
  );
  const { name } = manifest.metadata;
  if (signal.aborted) throw new Cancelled(`the pod ${name} was about to be made`);
  let lost = false;
  try {
    const uid = await createObject(kubectl, manifest, signal);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
    for (const secret of secrets) {
      const metadata = { ...secret.metadata, ownerReferences };
      await createObject(kubectl, claimed({ ...secret, metadata }, { owner, lifetime }), signal);
    }
    return await followToEnd(order, name);
  } catch (error) {
    if (signal.aborted) throw new Cancelled(`the pod ${name} ran`);
    lost = error instanceof ReleaseError && error.code === 'cluster/node-lost';
    throw error;
  } finally {
    const names = secrets.map(({ metadata }) => `secret/${metadata.name}` as const);
    // The pod first: to wait for a secret takes a right that nobody needs.
    const problem = await deleteObjects(kubectl, [`pod/${name}`, ...names], {
      withinMs: signal.aborted ? REMOVE_AFTER_ABORT_MS : REMOVE_MS,
      ...(lost && { force: 'force' }),
    });
    if (problem !== undefined) order.onProgress?.({ type: 'warning', problem });
  }
}

async function followToEnd(order: PodOrder, name: string): Promise<PodEnd> {
  const { kubectl, manifest, onLine } = order;
  const limits = { ...POD_LIMITS, ...order.limits };
  const container = order.container ?? manifest.spec.containers[0]!.name;
  const progress = (one: PodProgress) => order.onProgress?.(one);
  const stop = new AbortController();
  const signal = AbortSignal.any([order.signal, stop.signal]);

  let logs: LogFollower | undefined;
  const readLogs = () =>
    (logs ??= followLogs({
      kubectl,
      pod: name,
      container,
      onLine,
      onProblem: (problem) => progress({ type: 'warning', problem }),
      retryMs: limits.retryMs,
      signal,
    }));

  let delivery: PodEnd['delivery'] = 'none';
  let exit: PodExit | undefined;
  let input: Promise<void> | undefined;
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => {});

  const sendInput = async (source: Readable) => {
    delivery = 'unsure';
    let all = false;
    const { code, stderr } = await kubectl.stream(
      ['attach', name, `--container=${container}`, '--stdin', '--quiet'],
      {
        input: source,
        onInputSent: () => {
          all = true;
          delivery = 'sent';
          progress({ type: 'delivered' });
        },
        signal,
      },
    );
    if (signal.aborted || exit !== undefined) return;
    if (all) {
      // It lasts as long as the container: whoever ends it before has cut it, and what was under way may be lost.
      if (code !== 0) delivery = 'unsure';
      return;
    }
    if (code !== 0 && !isOutage(stderr) && !GONE.test(stderr.toString())) {
      throw new ReleaseError([kubectlProblem(stderr, { doing: `attach to the pod ${name}` })]);
    }
    // An old kubectl calls a cut connection a success, as it does the end of a container that wanted no more.
    if (code === 0 || GONE.test(stderr.toString())) {
      await delay(SETTLE_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted || exit !== undefined) return;
    }
    throw new ReleaseError([streamCut(name, stderr.toString())]);
  };

  const ended = watchPod({
    kubectl,
    name,
    container,
    limits,
    signal,
    onState(state) {
      if (state.status === 'waiting') {
        const outlook = state.doubt === undefined ? 'usual' : 'doubtful';
        return progress({ type: 'waiting', message: state.message, outlook });
      }
      const { node, remark } = state;
      progress({ type: 'running', ...(node && { node }), ...(remark && { remark }) });
      readLogs();
      if (order.stdin !== undefined) input ??= sendInput(order.stdin()).catch(fail);
    },
    onOutage: (state) => progress(state.away ? { type: 'away', message: state.message } : { type: 'back' }),
  });
  let podFailed = false;
  ended.catch(() => (podFailed = true));
  try {
    exit = await Promise.race([ended, failed]);
    await readLogs().finish(LAST_LINES_MS);
    const { exitCode, terminationMessage } = exit;
    return { exitCode, terminationMessage, delivery };
  } catch (error) {
    // What it printed last often tells why.
    if (podFailed && !signal.aborted) await logs?.finish(SETTLE_MS).catch(() => {});
    throw error;
  } finally {
    stop.abort();
    await Promise.allSettled([input, ended]);
  }
}

/** The pod, or its container, is not there to be attached to: the watch tells why. */
const GONE = /\(NotFound\)|not found|completed pod|container (?:\S+ )?(?:is )?not running|current phase is/;

function streamCut(name: string, stderr: string): Problem {
  const said =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^error: /i, '') ?? '';
  return {
    code: 'cluster/stream-cut',
    severity: 'error',
    message: `The connection to the pod ${name} was cut before all of its input was delivered${said === '' ? '.' : ` (${said}).`}`,
    fix: 'Run again. Behind a proxy or load balancer that cuts long connections, raise its idle timeout.',
  };
}
