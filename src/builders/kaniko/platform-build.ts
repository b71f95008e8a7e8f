import type { Problem } from '../../lib/errors.js';
import { mayWriteCache } from '../../plan/cache-entries.js';
import type { BuildStep } from '../built.js';
import type { BuildWarning } from '../progress-events.js';
import { cacheRepositoryOf, executorArguments, type ExecutorOrder } from './arguments.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { Built, Kitchen } from './kitchen.js';
import { runExecutor, type ExecutorRun } from './pod-run.js';
import { invalid, type Prepared } from './prepare.js';
import { confirm, stage } from './pushed.js';
import { contextReferences, manifestAnnotations, type Target } from './targets.js';

interface PlatformBuild {
  prepared: Prepared;
  platform: string;
  bases: ReadonlyMap<string, Built>;
}

interface PlatformResult {
  platform: string;
  digest?: string;
  /** The Dockerfile as it was sent, and what its stages read. */
  text: string;
  reads: string[];
  counts: { total: number; cached: number };
  steps: BuildStep[];
  warnings: Problem[];
}

export async function buildPlatform(
  { prepared, platform, bases }: PlatformBuild,
  kitchen: Kitchen,
): Promise<PlatformResult> {
  const { target, text, bytes, dockerfile, secrets } = prepared;
  const { order, settings, ports } = kitchen;
  const standing = (key: string): string | undefined => {
    const base = bases.get(key);
    const manifest = base?.manifests.find((each) => each.platform === platform) ?? base?.manifests[0];
    // What is published is named by its index, as the record of what went in names it.
    const digest = base?.digest ?? manifest?.digest;
    const repository = kitchen.prepared.find((each) => each.target.key === key)?.target.repository;
    return digest && `${repository}@${digest}`;
  };
  const contexts = contextReferences(target, order.plan.images, standing);
  const reader = ports.dockerfiles;
  const rewritten = rewriteDockerfile({ text, dockerfile, args: target.args, platform, contexts, reader });
  if (rewritten.status === 'refused') throw invalid(target, rewritten.reason, rewritten.line);

  const destination = stage(target, platform, 'build', kitchen);
  const args: ExecutorOrder = {
    target,
    ...(destination && { destination }),
    ...(platform !== '' && { platform }),
    annotations: manifestAnnotations(target, platform),
    cacheRepository: cacheRepositoryOf(target.repository, settings.cacheRepository),
    cache: mayWriteCache(order.plan) ? 'write' : 'read',
    sourceDateEpoch: target.sourceDateEpoch,
    secrets: secrets?.files ?? [],
    reads: rewritten.reads,
  };
  const run: ExecutorRun = {
    key: target.key,
    platform,
    task: 'build',
    args: executorArguments(args),
    // Bytes that are no text would not survive being written anew.
    context: { ...prepared.context, dockerfile: rewritten.text === text ? bytes : rewritten.text },
    file: target,
    text,
    dockerfile,
    ...(destination && { destination }),
    ...(secrets && { buildSecrets: secrets.content }),
  };
  const { record, digest, warnings } = await runExecutor(run, kitchen);
  if (destination) await confirm(target, destination.image, digest, kitchen);
  return {
    platform,
    ...(destination && { digest: digest! }),
    text: rewritten.text,
    reads: rewritten.reads,
    counts: record.counts,
    steps: record.steps,
    warnings: [
      ...warnings,
      ...record.warnings.map((warning) => warningProblem(warning, target, order.redact)),
      ...(record.cacheRefusal === undefined ? [] : [cacheWarning(target, order.redact(record.cacheRefusal))]),
    ],
  };
}

function warningProblem(warning: BuildWarning, target: Target, redact: (text: string) => string): Problem {
  const { dockerfile, dockerfileInline, key } = target;
  return {
    code: 'build/warning',
    severity: 'warning',
    message: redact(warning.message),
    fix: warning.url ? `See ${warning.url}.` : 'The images are not affected.',
    image: key,
    ...(dockerfileInline === undefined && warning.place && { place: { ...warning.place, file: dockerfile } }),
  };
}

function cacheWarning({ key }: Target, words: string): Problem {
  return {
    code: 'build/warning',
    severity: 'warning',
    message: `Image ${key}: the build cache could not be saved: ${words}.`,
    fix: 'Let the login push to the repository of the cache, or name another one in `builder.cache-repository`. The image is not affected.',
    image: key,
  };
}
