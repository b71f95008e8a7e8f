import { Cancelled, failure, ReleaseError, type Problem } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import type { KanikoSettings } from '../../config/builder-settings.js';
import type { BuildOrder } from '../builder.js';
import type { BuildStep } from '../built.js';
import type { BuildWarning } from '../progress-events.js';
import { cacheRepositoryOf, executorArguments, type ExecutorOrder } from './arguments.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import { DEFAULT_EXECUTOR } from './pod-manifest.js';
import { runExecutor, type ExecutorRun } from './pod-run.js';
import type { KanikoPorts } from './ports.js';
import { invalid, type Prepared } from './prepare.js';
import { stagingTag } from './staging-tag.js';
import type { Staged } from './staging-tags.js';
import { basesIn, contextReferences, manifestAnnotations, type Target } from './targets.js';

/** What all builds of a run share. */
export interface Kitchen {
  order: BuildOrder;
  settings: KanikoSettings;
  ports: KanikoPorts;
  prepared: readonly Prepared[];
  pool: ReturnType<KanikoPorts['createPool']>;
  /** Also aborted when another image has failed. */
  signal: AbortSignal;
  nextNumber(): number;
  /** Name of the secret with the registries' logins that was made for the run. */
  registrySecret?: string;
  /** What was pushed, as far as it is known; collected, as the others. */
  staged: Staged[];
  warnings: Problem[];
  steps: BuildStep[];
  emptyFolder: string;
}

/** What has come of a target. */
export interface Built {
  key: string;
  /** What the pods pushed; empty: nothing was pushed. */
  manifests: { platform: string; digest: string }[];
  /** Of the index; undefined for what is not published. */
  digest?: string;
  /** References of the images that went in. */
  reads: string[];
  seconds: number;
  counts: { total: number; cached: number };
}

/** @param base what has come of another target, once it has */
export async function buildInPods(
  prepared: Prepared,
  kitchen: Kitchen,
  base: (key: string) => Promise<Built>,
): Promise<Built> {
  const { target } = prepared;
  const { order, ports, prepared: all } = kitchen;
  const keys = basesIn(
    target,
    all.map((each) => each.target),
  );
  const bases = new Map(await Promise.all(keys.map(async (key) => [key, await base(key)] as const)));
  const startedAt = Date.now();
  const pods = await Promise.all(
    target.platforms.map((platform) => buildPlatform({ prepared, platform, bases }, kitchen)),
  );
  const manifests = pods.flatMap(({ platform, digest }) =>
    digest === undefined ? [] : [{ platform, digest }],
  );
  for (const { warnings, steps } of pods) {
    kitchen.warnings.push(...warnings);
    kitchen.steps.push(...steps);
  }
  const fromHelpers = [...bases.values()].filter((built) => built.digest === undefined);
  const ownReads = pods.flatMap(({ reads }) => reads).filter((read) => !isHelper(read, fromHelpers));
  const reads = [...new Set([...ownReads, ...fromHelpers.flatMap((helper) => helper.reads)])];
  let digest: string | undefined;
  if (target.planned !== undefined && manifests.length > 0) {
    const attested = await ports.attest({
      image: target.planned,
      source: order.plan.source,
      manifests,
      builder: { type: 'kaniko', executor: kitchen.settings.image ?? DEFAULT_EXECUTOR },
      startedAt,
      finishedAt: Date.now(),
      bases: order.bases,
      reads,
      dockerfile: pods[0]!.text,
      signal: kitchen.signal,
      say: order.say,
      buildFile: (file) => buildFile(target, file, kitchen),
    });
    kitchen.warnings.push(...attested.warnings);
    digest = attested.digest;
  }
  return {
    key: target.key,
    manifests,
    ...(digest !== undefined && { digest }),
    reads,
    seconds: (Date.now() - startedAt) / 1000,
    counts: {
      total: sum(pods.map(({ counts }) => counts.total)),
      cached: sum(pods.map(({ counts }) => counts.cached)),
    },
  };
}

const isHelper = (reference: string, helpers: readonly Built[]): boolean =>
  helpers.some(({ manifests }) => manifests.some(({ digest }) => reference.endsWith(`@${digest}`)));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

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

async function buildPlatform(
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
    ...(secrets && { buildSecrets: secrets.manifest.metadata.name }),
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

/** Builds a Dockerfile over nothing, for whoever attests the image. */
async function buildFile(
  target: Target,
  { platform, dockerfile: text, name }: { platform: string; dockerfile: string; name: string },
  kitchen: Kitchen,
): Promise<{ digest: string }> {
  const { settings, ports } = kitchen;
  const reader = ports.dockerfiles;
  const dockerfile = reader.parse(text);
  if ('unreadable' in dockerfile) throw new Error(`The Dockerfile of ${name} is invalid.`);
  const rewritten = rewriteDockerfile({ text, dockerfile, args: {}, platform, contexts: {}, reader });
  if (rewritten.status === 'refused') throw new Error(`The Dockerfile of ${name}: ${rewritten.reason}.`);
  const destination = stage(target, platform, name, kitchen)!;
  const args = executorArguments({
    target: { key: target.key, args: {}, labels: {}, noCache: true },
    destination,
    ...(platform !== '' && { platform }),
    annotations: {},
    cacheRepository: cacheRepositoryOf(target.repository, settings.cacheRepository),
    sourceDateEpoch: target.sourceDateEpoch,
    secrets: [],
    reads: rewritten.reads,
  });
  const nothing = { ignores: () => false, prunes: () => false };
  const folder = { image: target.key, name: '(nothing)', folder: kitchen.emptyFolder, rules: nothing };
  const run: ExecutorRun = {
    ...{ key: target.key, platform, task: name, args },
    context: { ...folder, dockerfile: text },
    file: { key: target.key, dockerfile: '', dockerfileInline: text },
    destination,
  };
  const { digest } = await runExecutor(run, kitchen).catch((error: unknown) => {
    throw scannerProblem(error, rewritten.reads[0] ?? '', target);
  });
  await confirm(target, destination.image, digest, kitchen);
  return { digest: digest! };
}

/** What is wrong with a base where the base is a scanner. */
const NOT_TO_BE_HAD: readonly ProblemCode[] = [
  'build/base-image-missing',
  'build/registry-unauthorized',
  'build/registry-denied',
  'build/network',
];

/** A scanner that runs and fails has failed; one that can't be had may be done without. */
function scannerProblem(error: unknown, scanner: string, { key }: Target): unknown {
  if (!(error instanceof ReleaseError) || !NOT_TO_BE_HAD.includes(error.code)) return error;
  return failure(
    {
      code: 'build/sbom-scanner',
      image: key,
      message: `Image ${key}: the SBOM scanner ${scanner} can't be had: ${withoutImage(error.message, key)}`,
      fix: 'Name a copy that pods can pull in `attest.scanner`, or give them a login for its registry; with `attest.sbom: best-effort` images are published without an SBOM where the scanner can not be had, with `off` always.',
    },
    { cause: error },
  );
}

const withoutImage = (message: string, key: string): string => message.replace(`Image ${key}: `, '');

function stage(target: Target, platform: string, task: string, kitchen: Kitchen): Staged | undefined {
  const { order, ports } = kitchen;
  if (order.plan.publish.mode !== 'push') return undefined;
  return { image: target.repository, tag: stagingTag(target.tag, ports.run, platform, task) };
}

/** The digest is written before the push: only the registry knows that it stands there. */
async function confirm(
  { key }: Target,
  image: string,
  digest: string | undefined,
  { ports, signal }: Kitchen,
): Promise<void> {
  if (signal.aborted) throw new Cancelled('building');
  if (digest === undefined)
    throw failure({
      code: 'kaniko/no-digest',
      image: key,
      message: `Image ${key}: its pod ended well, and named no digest.`,
      fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
    });
  if ((await ports.resolve(image, digest)) === digest) return;
  throw failure({
    code: 'kaniko/not-pushed',
    image: key,
    message: `Image ${key}: Kaniko reported ${digest}, which the registry of ${image} does not serve.`,
    fix: 'Run again; check that pods and this machine reach the same registry under that name.',
  });
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
