import { Cancelled, ReleaseError, type Problem } from '../../lib/errors.js';
import type { Dockerfile } from '../../inputs/dockerfile/dockerfile.js';
import type { PodEnd } from '../../cluster/run-pod.js';
import type { StepName } from '../progress-events.js';
import { ExecutorLog, type ExecutorRecord } from './executor-log.js';
import { explainPod, withStep, type FailedPod } from './failure.js';
import type { Kitchen } from './kitchen.js';
import { podManifest } from './pod-manifest.js';
import type { ContextOrder } from './ports.js';
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
  /** Name of the secret with its build secrets. */
  buildSecrets?: string;
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
      );
      const digest = /^sha256:[0-9a-f]{64}$/.exec(end.terminationMessage.trim())?.[0];
      return { record, ...(digest !== undefined && { digest }), warnings };
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ReleaseError) || kitchen.signal.aborted) throw error;
      const { code } = error;
      if (code !== CUT && !kitchen.ports.retriable.has(code)) throw error;
      const warning = againWarning(run, error);
      warnings.push(warning);
      kitchen.order.say(warning.message);
    }
  }
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
  const registrySecret = settings.registrySecret ?? kitchen.registrySecret;
  const manifest = podManifest({
    purpose: { run: ports.run, key, platform, task, attempt },
    ...{ settings, args },
    ...(registrySecret !== undefined && { registrySecret }),
    ...(buildSecrets !== undefined && { buildSecrets }),
  });
  const { nextNumber } = kitchen;
  const listener = order.onProgress;
  const log = new ExecutorLog({ key, dockerfile: run.dockerfile, listener, nextNumber, now: Date.now });
  const sending = new Sending(run, kitchen);
  const made = [kitchen.registrySecret, buildSecrets].filter((name) => name !== undefined);
  let end: PodEnd | undefined;
  try {
    end = await ports.runPod({
      manifest,
      secrets: made,
      stdin: () => {
        const { stream, done } = ports.packContext({ ...context, signal });
        sending.watch(done);
        return stream;
      },
      onLine: (line) => log.push(line),
      onProgress: (progress) => {
        if (progress.type === 'running') sending.begin();
        else if (progress.type === 'delivered') sending.end();
        else if (progress.type === 'warning') warnings.push({ image: key, ...progress.problem });
        else if (progress.type !== 'back') order.say(`Image ${key}: ${progress.message}`);
      },
      signal,
    });
  } catch (error) {
    const record = log.end('failed');
    noteStaged(run, record, kitchen);
    // What the context itself says comes before what its end did to the pod.
    if (sending.error !== undefined) throw sending.error;
    if (!(error instanceof ReleaseError)) throw error;
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
  throw sending.error ?? new ReleaseError([problem]);
}

function noteStaged({ destination }: ExecutorRun, { pushing }: ExecutorRecord, { staged }: Kitchen): void {
  if (pushing && destination !== undefined && !staged.includes(destination)) staged.push(destination);
}

/** The step in which the context is sent. */
class Sending {
  error: ReleaseError | undefined;
  readonly #step: StepName;
  readonly #started = Date.now();
  #begun = false;

  constructor(
    { key, task }: ExecutorRun,
    private readonly kitchen: Kitchen,
  ) {
    const name = task === 'build' ? '[internal] load build context' : `[internal] load ${task}`;
    this.#step = { number: kitchen.nextNumber(), key, name };
  }

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.kitchen.order.onProgress({ type: 'started', step: this.#step });
  }

  end(): void {
    if (!this.#begun) return;
    const seconds = (Date.now() - this.#started) / 1000;
    this.kitchen.order.onProgress({ type: 'completed', step: this.#step, seconds });
  }

  /** Remembers why the context could not be sent, where that is for a reason of its own. */
  watch(done: Promise<unknown>): void {
    done.catch((error: unknown) => {
      if (error instanceof ReleaseError) this.error = error;
    });
  }
}
