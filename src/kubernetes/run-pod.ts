import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { Cancelled, failure, ReleaseError, type Problem } from '../lib/errors.js';
import { lastWords } from '../lib/last-words.js';
import { isOutage, kubectlError } from './kubectl-problems.js';
import type { Kubectl } from './kubectl.js';
import { createObject, deleteObjects } from './objects.js';
import { withOwner, type RunOwner } from './ownership.js';
import type { Manifest, PodManifest } from './pod.js';
import { followLogs } from './pod-logs.js';
import { POD_LIMITS, watchPod, type PodExit, type PodLimits } from './pod-watch.js';

export interface PodRequest {
  kubectl: Kubectl;
  /** Its name is unique, its `restartPolicy` is `Never`. The first container counts. */
  manifest: PodManifest;
  owner: RunOwner;
  /** Secrets of this pod alone. The pod owns them, so the cluster deletes them with it. */
  secrets?: readonly Manifest[];
  /** Input of the container; called once, when it runs. The pod needs `stdin` and `stdinOnce`. */
  stdin?: () => Readable;
  onLine: (line: string) => void;
  onProgress?: (progress: PodProgress) => void;
  signal: AbortSignal;
  limits?: Partial<PodLimits>;
}

export type PodProgress =
  /** `trouble`: it may never start. */
  | { type: 'waiting'; message: string; outlook: 'normal' | 'trouble' }
  | { type: 'running' }
  | { type: 'delivered' }
  | { type: 'outage'; message: string }
  | { type: 'warning'; problem: Problem };

export type PodEnd = Omit<PodExit, 'status'>;

/** Default deadline, so that the cluster itself ends what a killed run leaves behind. */
const DEADLINE_SECONDS = 3600;
/** A runner kills a step 10 s after the cancel. */
const DELETE_AFTER_ABORT_MS = 5000;
const DELETE_MS = 30_000;
/** For which the end of a container may lag behind that of its input. */
const SETTLE_MS = 5000;
const LAST_LINES_MS = 15_000;

/**
 * Runs one pod to its end and deletes it in any case. A pod, not a Job: a Job needs more rights, a second name, and a
 * controller that restarts pods.
 * @throws ReleaseError `cluster/*` if it didn't end by itself
 * @throws Cancelled if the signal was aborted
 */
export async function runPod(request: PodRequest): Promise<PodEnd> {
  const { kubectl, owner, secrets = [], signal } = request;
  const { spec } = request.manifest;
  const lifetime = spec.activeDeadlineSeconds ?? DEADLINE_SECONDS;
  const ownership = { owner, lifetime };
  const pod = withOwner({ ...request.manifest, spec: { ...spec, activeDeadlineSeconds: lifetime } }, ownership);
  const { name } = pod.metadata;
  if (signal.aborted) throw new Cancelled(`the pod ${name} was about to be created`);
  let lost = false;
  try {
    const uid = await createObject(kubectl, pod, signal);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
    for (const secret of secrets) {
      const metadata = { ...secret.metadata, ownerReferences };
      await createObject(kubectl, withOwner({ ...secret, metadata }, ownership), signal);
    }
    return await followToEnd(request, name);
  } catch (error) {
    if (signal.aborted) throw new Cancelled(`the pod ${name} ran`);
    lost = error instanceof ReleaseError && error.code === 'cluster/pod-lost';
    throw error;
  } finally {
    const names = secrets.map(({ metadata }) => `secret/${metadata.name}` as const);
    const withinMs = signal.aborted ? DELETE_AFTER_ABORT_MS : DELETE_MS;
    // A node that is lost confirms nothing. The pod first: to wait for a secret needs one more right.
    const problem = await deleteObjects(kubectl, [`pod/${name}`, ...names], { withinMs, force: lost });
    if (problem !== undefined) request.onProgress?.({ type: 'warning', problem });
  }
}

async function followToEnd(request: PodRequest, name: string): Promise<PodEnd> {
  const { kubectl, manifest, onLine } = request;
  const limits = { ...POD_LIMITS, ...request.limits };
  const container = manifest.spec.containers[0]!.name;
  const progress = (one: PodProgress) => request.onProgress?.(one);
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);

  let logs: ReturnType<typeof followLogs> | undefined;
  const readLogs = () =>
    (logs ??= followLogs({
      ...{ kubectl, pod: name, container, onLine, retryMs: limits.retryMs, signal },
      onProblem: (problem) => progress({ type: 'warning', problem }),
      onEnd: () => watch.readNow(),
    }));

  let exit: PodExit | undefined;
  let input: Promise<void> | undefined;
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => {});

  const sendInput = async (source: Readable) => {
    let sent = false;
    const onInputSent = () => {
      sent = true;
      progress({ type: 'delivered' });
    };
    const attach = ['attach', name, `--container=${container}`, '--stdin', '--quiet'];
    const { code, stderr } = await kubectl.stream(attach, { input: source, onInputSent, signal });
    if (signal.aborted || exit !== undefined) return;
    watch.readNow();
    // It lasts as long as the container.
    if (sent) return;
    const ended = code === 0 || CONTAINER_ENDED.test(stderr.toString());
    if (!ended && !isOutage(stderr)) throw kubectlError(stderr, `attach to the pod ${name}`);
    // An old kubectl reports a cut connection as a success, like the end of a container that wanted no more.
    if (ended) await delay(SETTLE_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted || exit !== undefined) return;
    throw streamCut(name, stderr.toString());
  };

  const watch = watchPod({
    ...{ kubectl, name, container, limits, signal },
    onState(state) {
      if (state.status === 'waiting') {
        const outlook = state.trouble === undefined ? 'normal' : 'trouble';
        return progress({ type: 'waiting', message: state.message, outlook });
      }
      progress({ type: 'running' });
      readLogs();
      if (request.stdin !== undefined) input ??= sendInput(request.stdin()).catch(fail);
    },
    onOutage: (message) => progress({ type: 'outage', message }),
  });
  let podFailed = false;
  watch.ended.catch(() => (podFailed = true));
  try {
    exit = await Promise.race([watch.ended, failed]);
    await readLogs().finish(LAST_LINES_MS);
    const { exitCode, terminationMessage } = exit;
    return { exitCode, terminationMessage };
  } catch (error) {
    // Its last lines often say why.
    if (podFailed && !signal.aborted) await logs?.finish(SETTLE_MS).catch(() => {});
    throw error;
  } finally {
    stop.abort();
    await Promise.allSettled([input, watch.ended]);
  }
}

/** The pod, or its container, no longer exists: its status says why. */
const CONTAINER_ENDED = /\(NotFound\)|not found|completed pod|container (?:\S+ )?(?:is )?not running|current phase is/;

function streamCut(name: string, stderr: string): ReleaseError {
  const reason = lastWords(stderr);
  const message = `The connection to the pod ${name} was cut before all of its input was sent${reason === '' ? '' : ` (${reason})`}.`;
  return failure({ code: 'cluster/stream-cut', message });
}
