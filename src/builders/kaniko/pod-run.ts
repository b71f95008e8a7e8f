import { Cancelled, ReleaseError, type Problem } from '../../lib/errors.js';
import type { Dockerfile } from '../../dockerfile/dockerfile.js';
import type { PodEnd, PodProgress } from '../../kubernetes/run-pod.js';
import type { ProgressEvent } from '../progress-events.js';
import { Arrival } from './arrival.js';
import { ExecutorLog, type ExecutorRecord } from './executor-log.js';
import { explainPod, withStep, type FailedPod } from './failure.js';
import type { Kitchen } from './kitchen.js';
import { podManifest } from './pod-manifest.js';
import { podName } from './pod-names.js';
import type { ContextOrder } from './ports.js';
import { secretManifest, type SecretContent } from './secrets.js';
import type { Staged } from './staging-tags.js';

/** One run of the executor, in as many pods as it takes: at most two. */
export interface ExecutorRun {
  key: string;
  platform: string;
  task: string;
  args: readonly string[];
  context: Omit<ContextOrder, 'signal'>;
  /** Whose Dockerfile it is, for messages. */
  file: FailedPod['image'];
  /** As the user wrote it. */
  text?: string;
  /** Undefined: what is built is not told step by step. */
  dockerfile?: Dockerfile;
  /** Where it pushes to. */
  destination?: Staged;
  buildSecrets?: SecretContent;
}

export interface ExecutorResult {
  record: ExecutorRecord;
  /** As the executor left it; undefined: it left none. */
  digest?: string;
  warnings: Problem[];
}

const ATTEMPTS = 2;
/** Codes of failed builds after which another pod may do, beside those of pods. */
const CUT = 'kaniko/context-cut';

/** @throws ReleaseError why it failed, Cancelled; the pods are gone then */
export async function runExecutor(run: ExecutorRun, kitchen: Kitchen): Promise<ExecutorResult> {
  const warnings: Problem[] = [];
  for (let attempt = 1; ; attempt++) {
    try {
      const { record, end } = await kitchen.pool(
        () => runOnce(run, attempt, kitchen, warnings),
        kitchen.signal,
        () => kitchen.queued(run.key, `Waits for a pod to end: ${kitchen.places} may run at once`),
      );
      const digest = /^sha256:[0-9a-f]{64}$/.exec(end.terminationMessage.trim())?.[0];
      return { record, ...(digest !== undefined && { digest }), warnings };
    } catch (error) {
      if (!mayBuildAgain(error, attempt, kitchen)) {
        kitchen.warnings.push(...warnings);
        throw error;
      }
      const warning = againWarning(run, error);
      warnings.push(warning);
      kitchen.order.say(warning.message);
    }
  }
}

function mayBuildAgain(error: unknown, attempt: number, { signal, ports }: Kitchen): error is ReleaseError {
  if (attempt === ATTEMPTS || !(error instanceof ReleaseError) || signal.aborted) return false;
  return error.code === CUT || ports.retriable.has(error.code);
}

function againWarning({ key }: ExecutorRun, error: ReleaseError): Problem {
  return {
    code: 'kaniko/build-again',
    severity: 'warning',
    message: `Image ${key} is built again in another pod.`,
    fix: 'The image is not affected.',
    image: key,
    detail: error.problems.map(({ message }) => message).join('\n'),
  };
}

async function runOnce(
  run: ExecutorRun,
  attempt: number,
  kitchen: Kitchen,
  warnings: Problem[],
): Promise<{ record: ExecutorRecord; end: PodEnd }> {
  const { order, settings, ports, signal } = kitchen;
  const { key, platform, task, args, context, buildSecrets } = run;
  if (signal.aborted) throw new Cancelled('building');
  const purpose = { run: ports.run, key, platform, task, attempt };
  const name = podName(purpose);
  const place = { run: ports.run, namespace: settings.namespace };
  const { login } = kitchen;
  const made = login?.type === 'made' ? secretManifest(`${name}-login`, login.content, place) : undefined;
  const given = buildSecrets && secretManifest(`${name}-secrets`, buildSecrets, place);
  const registrySecret = login?.type === 'named' ? login.secret : made?.metadata.name;
  const manifest = podManifest({
    ...{ purpose, settings, args },
    ...(registrySecret !== undefined && { registrySecret }),
    ...(given && { buildSecrets: given.metadata.name }),
  });
  const { nextNumber } = kitchen;
  let failedStep: 'told' | 'untold' = 'untold';
  const listener = (event: ProgressEvent) => {
    if (event.type === 'failed') failedStep = 'told';
    order.onProgress(event);
  };
  const { dockerfile } = run;
  const isOne = kitchen.prepared.every(({ target }) => target.key !== key || target.platforms.length < 2);
  const log = new ExecutorLog({
    ...{ key, dockerfile, listener, nextNumber, now: Date.now },
    ...(!isOne && { platform }),
  });
  const arrival = new Arrival({ key, task, pod: name, number: nextNumber() }, listener);
  const follow = (progress: PodProgress) => {
    switch (progress.type) {
      case 'waiting':
        arrival.wait(progress.message);
        if (progress.outlook === 'doubtful') return order.say(`Image ${key}: ${progress.message}`);
        return listener({ type: 'log', line: `Image ${key}: ${progress.message}` });
      case 'running':
        arrival.begin();
        if (progress.remark !== undefined) order.say(`Image ${key}: ${progress.remark}`);
        return;
      case 'delivered':
        return arrival.end();
      case 'warning':
        return void warnings.push({ image: key, ...progress.problem });
      case 'away':
        return order.say(`Image ${key}: ${progress.message}`);
      case 'back':
        return;
    }
  };
  arrival.wait('The pod is being made');
  let end: PodEnd | undefined;
  try {
    end = await ports.runPod({
      manifest,
      secrets: [made, given].filter((secret) => secret !== undefined),
      stdin: () => {
        const { stream, done } = ports.packContext({ ...context, signal });
        arrival.watch(done);
        return stream;
      },
      onLine: (line) => log.push(line),
      onProgress: follow,
      signal,
    });
  } catch (error) {
    const record = log.end(signal.aborted ? 'broken-off' : 'failed');
    noteStaged(run, record, kitchen);
    if (signal.aborted && !warnings.some(({ code }) => code === 'cluster/leftover'))
      kitchen.removed.push(name);
    // What the context itself says comes before what its end did to the pod.
    if (arrival.error !== undefined) throw arrival.error;
    if (!(error instanceof ReleaseError)) throw error;
    if (failedStep === 'untold' && !signal.aborted) arrival.fail(error.message);
    const [first, ...others] = error.problems;
    const { redact } = order;
    const { text, file: image } = run;
    const told = withStep(first, { image, record, redact, ...(text !== undefined && { text }) });
    throw new ReleaseError([told, ...others], { cause: error });
  }
  const record = log.end(end.exitCode === 0 ? 'done' : 'failed');
  noteStaged(run, record, kitchen);
  if (end.exitCode === 0) return { record, end };
  const { text, file: image } = run;
  const problem = explainPod({
    ...{ image, record, exitCode: end.exitCode, redact: order.redact },
    ...(text !== undefined && { text }),
  });
  if (failedStep === 'untold') arrival.fail(problem.message);
  throw arrival.error ?? new ReleaseError([problem]);
}

function noteStaged({ destination }: ExecutorRun, { pushing }: ExecutorRecord, { staged }: Kitchen): void {
  if (pushing && destination !== undefined && !staged.includes(destination)) staged.push(destination);
}
