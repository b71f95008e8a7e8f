import type { Dockerfile } from '../../dockerfile/dockerfile.js';
import type { PodEnd, PodProgress } from '../../kubernetes/run-pod.js';
import { Cancelled, failure, ReleaseError, type Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { Plan } from '../../plan/plan.js';
import type { ContextRequest } from '../context/context.js';
import { packContext } from '../context/pack.js';
import type { ProgressEvent } from '../progress-events.js';
import type { KanikoBuild, KanikoPorts } from './build.js';
import { ExecutorLog, type ExecutorRecord } from './executor-log.js';
import { executorProblem, withStep, type FailedBuild } from './failure.js';
import { podManifest, podName } from './pod-manifest.js';
import { secretManifest, type SecretContent } from './prepare.js';
import type { Target } from './targets.js';

export interface ExecutorRun {
  key: string;
  platform: string;
  /** `build`, or the name of another image that is built for the target. */
  task: string;
  args: readonly string[];
  context: Omit<ContextRequest, 'signal'>;
  /** The Dockerfile for messages, as the user wrote it. */
  source: Pick<FailedBuild, 'target' | 'text'>;
  /** Undefined: no steps are reported. */
  dockerfile?: Dockerfile;
  /** Undefined: nothing is pushed. */
  destination?: StagingTag;
  buildSecrets?: SecretContent;
}

const ATTEMPTS = 2;
/** Problems that another pod may not have. */
const RETRIED: readonly ProblemCode[] = ['cluster/stream-cut', 'cluster/pod-lost', 'cluster/evicted'];

/** @throws ReleaseError, Cancelled; its pods are deleted then */
export async function runExecutor(run: ExecutorRun, build: KanikoBuild) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await build.pool(
        () => runOnce(run, build),
        build.signal,
        () => build.queued(run.key, `Waits for a pod to end: ${build.parallel} may run at once`),
      );
    } catch (error) {
      const again = attempt < ATTEMPTS && !build.signal.aborted && error instanceof ReleaseError;
      if (!again || !RETRIED.includes(error.code)) throw error;
      const warning = retryWarning(run, error);
      build.warnings.push(warning);
      build.order.say(warning.message);
    }
  }
}

function retryWarning({ key }: ExecutorRun, { code, problems }: ReleaseError): Problem {
  return {
    code,
    severity: 'warning',
    message: `Image ${key} is built again in another pod.`,
    fix: 'The image is not affected.',
    image: key,
    detail: problems.map(({ message }) => message).join('\n'),
  };
}

async function runOnce(run: ExecutorRun, build: KanikoBuild) {
  const { order, ports, signal } = build;
  const { key, task, platform } = run;
  if (signal.aborted) throw new Cancelled('building');
  const pod = podOf(run, build);
  const { name } = pod.manifest.metadata;
  let failureReported = false;
  const listener = (event: ProgressEvent) => {
    failureReported ||= event.type === 'failed';
    order.onProgress(event);
  };
  const log = new ExecutorLog({
    ...{ key, dockerfile: run.dockerfile, listener, nextNumber: build.nextNumber },
    ...(build.targets.some(({ target }) => target.key === key && target.platforms.length > 1) && { platform }),
  });
  const waiting = (message: string) => {
    const text = message.replace(` ${name}`, '').replace(/\.$/, '');
    listener({ type: 'waiting', key, message: task === 'build' ? text : `${task}: ${text}` });
  };
  /** The image failed, but none of its steps. */
  const failed = (error: string) => {
    if (failureReported || signal.aborted) return;
    const step = { number: build.nextNumber(), key, name: '[internal] run the pod' };
    listener({ type: 'failed', step, error, output: [] });
  };
  let contextError: unknown;
  let end: PodEnd;
  waiting('The pod is being created');
  try {
    end = await ports.runPod({
      ...pod,
      stdin: () => {
        const { stream, done } = packContext({ ...run.context, signal });
        done.catch((error: unknown) => (contextError = error));
        return stream;
      },
      onLine: (line) => log.push(line),
      onProgress: (progress) => report(progress, key, waiting, build),
      signal,
    });
  } catch (error) {
    const record = log.end(signal.aborted ? 'stopped' : 'failed');
    noteStagingTag(run, record, build);
    if (signal.aborted && !build.warnings.some(({ code }) => code === 'cluster/leftover')) build.removed.push(name);
    // The reason why the context can't be sent, not its effect on the pod.
    if (contextError instanceof ReleaseError) throw contextError;
    if (!(error instanceof ReleaseError)) throw error;
    failed(error.message);
    const [first, ...others] = error.problems;
    const explained = withStep(first, { ...run.source, record, redact: order.redact });
    throw new ReleaseError([explained, ...others], { cause: error });
  }
  const record = log.end(end.exitCode === 0 ? 'done' : 'failed');
  noteStagingTag(run, record, build);
  if (end.exitCode === 0) {
    return { record, digest: /^sha256:[0-9a-f]{64}$/.exec(end.terminationMessage.trim())?.[0] };
  }
  const problem = executorProblem({ ...run.source, record, redact: order.redact }, end.exitCode);
  failed(problem.message);
  throw contextError instanceof ReleaseError ? contextError : new ReleaseError([problem]);
}

function podOf(run: ExecutorRun, { settings, ports, login, nextNumber }: KanikoBuild) {
  const { key, platform, args, buildSecrets } = run;
  const purpose = { run: ports.run, number: nextNumber(), key, platform };
  const secretOf = (suffix: string, content: SecretContent | undefined) =>
    content && secretManifest(`${podName(purpose)}-${suffix}`, content, settings.namespace);
  const created = secretOf('login', login?.type === 'created' ? login.content : undefined);
  const given = secretOf('secrets', buildSecrets);
  const registrySecret = login?.type === 'named' ? login.secret : created?.metadata.name;
  const manifest = podManifest({
    ...{ purpose, settings, args },
    ...(registrySecret !== undefined && { registrySecret }),
    ...(given && { buildSecrets: given.metadata.name }),
  });
  return { manifest, secrets: [created, given].filter((secret) => secret !== undefined) };
}

function report(
  progress: PodProgress,
  key: string,
  waiting: (message: string) => void,
  { order, warnings }: KanikoBuild,
): void {
  const say = (message: string) => order.say(`Image ${key}: ${message}`);
  switch (progress.type) {
    case 'waiting': {
      waiting(progress.message);
      if (progress.outlook === 'trouble') return say(progress.message);
      return order.onProgress({ type: 'log', line: `Image ${key}: ${progress.message}` });
    }
    case 'running':
      return waiting('The build context is being sent');
    case 'delivered':
      return waiting('The executor starts');
    case 'warning':
      return void warnings.push({ image: key, ...progress.problem });
    case 'outage':
      return say(progress.message);
  }
}

function noteStagingTag({ destination }: ExecutorRun, { pushing }: ExecutorRecord, build: KanikoBuild) {
  if (pushing && destination !== undefined && !build.stagingTags.includes(destination))
    build.stagingTags.push(destination);
}

/** A tag that a pod pushes to, and that is deleted afterwards. */
export interface StagingTag {
  image: string;
  tag: string;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const LONGEST = 128;

/**
 * The executor can't push by digest alone. The tag is unique to the run, so no run overwrites another's image, and
 * registries with immutable tags accept it.
 * @param task `build`, or the name of another image that is built for the target
 * @returns undefined if nothing is published
 */
export function stagingTag(
  { repository, tag }: Pick<Target, 'repository' | 'tag'>,
  { platform, task, run }: { platform: string; task: string; run: string },
  { mode }: Plan['publish'],
): StagingTag | undefined {
  if (mode === 'build-only') return undefined;
  const [, ...parts] = platform.split('/');
  const end = ['', task, run, ...parts].join('-');
  const start = tag.replace(/[^\w.-]/g, '-').replace(/^[.-]+/, '');
  return { image: repository, tag: start.slice(0, LONGEST - end.length) + end };
}

/** The executor writes the digest before it pushes: only the registry knows whether the image is there. */
export async function verifyPushed(
  key: string,
  { image, digest }: { image: string; digest: string | undefined },
  { resolve }: Pick<KanikoPorts, 'resolve'>,
  signal: AbortSignal,
): Promise<string> {
  if (signal.aborted) throw new Cancelled('building');
  if (digest === undefined)
    throw failure({
      code: 'kaniko/executor',
      image: key,
      message: `Image ${key} can't be verified: the executor wrote no digest.`,
    });
  if ((await resolve(image, digest)) === digest) return digest;
  throw failure({
    code: 'kaniko/not-pushed',
    image: key,
    message: `Image ${key}: Kaniko pushed ${digest}, but the registry of ${image} does not have it.`,
  });
}

/** Nothing depends on them, and many registries delete no tags. */
export async function removeStagingTags(
  tags: readonly StagingTag[],
  { deleteTag }: Pick<KanikoPorts, 'deleteTag'>,
  say: (line: string) => void,
): Promise<void> {
  const left = await Promise.all(
    tags.map(async ({ image, tag }) => {
      const deleted = await deleteTag(image, tag).catch(() => false);
      return deleted ? [] : [`${image}:${tag}`];
    }),
  );
  const names = left.flat();
  if (names.length > 0) say(`The registry deletes no tags, so these unused tags stay: ${names.join(', ')}.`);
}
