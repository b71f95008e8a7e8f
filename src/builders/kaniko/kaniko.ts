import type { KanikoSettings } from '../../config/builder-settings.js';
import { Cancelled, ReleaseError, failure, messageOf, warning, type Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Builder, BuildResult, BuiltImage } from '../built.js';
import { createPool, type BuiltTarget, type KanikoBuild, type KanikoPorts, type AttestRequest } from './build.js';
import { prepareTargets, neededLogins, readLogins, accepted, type PreparedTarget } from './prepare.js';
import { removeStagingTags, runExecutor, stagingTag, verifyPushed } from './run-executor.js';
import { parseDockerfile } from '../../dockerfile/parse.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import { mayWriteCache } from '../../plan/cache-entries.js';
import { warningProblem } from '../progress-events.js';
import { cacheRepositoryOf, executorArguments } from './arguments.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import { DEFAULT_EXECUTOR } from './pod-manifest.js';
import { basesIn, contextReferences, manifestAnnotations, podPlatforms, type Target } from './targets.js';

/** Images at once by default. */
const PARALLEL = 2;

/**
 * Builds each image by Kaniko in a pod per platform, and makes of the pushed manifests the same index as BuildKit
 * would. Images that are built on each other wait; all others are built in parallel.
 */
export function createKanikoBuilder(settings: KanikoSettings, ports: KanikoPorts): Builder {
  return async (order) => {
    const targets = await prepareTargets(order, settings, ports);
    const login = await readLogins(neededLogins(order.plan, settings, targets), ports.findLogin);
    const stop = new AbortController();
    const parallel = settings.parallel ?? PARALLEL;
    let number = 0;
    const build: KanikoBuild = {
      ...{ order, settings, ports, targets, parallel },
      pool: createPool(parallel),
      signal: AbortSignal.any([order.signal, stop.signal]),
      nextNumber: () => (number += 1),
      queued: (key, message) => order.onProgress({ type: 'queued', key, message }),
      ...(login && { login }),
      ...{ stagingTags: [], removed: [], warnings: [] },
    };
    try {
      return await buildAll(build, stop);
    } catch (error) {
      sayWhatRemains(build);
      throw error;
    }
  };
}

/** The report of a failed build has no warnings, and after Ctrl-C users ask what happened to the pods. */
function sayWhatRemains({ order, warnings, removed }: KanikoBuild): void {
  for (const { code, message, fix } of warnings) if (code === 'cluster/leftover') order.say(`${message} ${fix}`);
  if (!order.signal.aborted || removed.length === 0) return;
  order.say(`Removed from the cluster: ${removed.map((name) => `pod ${name}`).join(', ')}.`);
}

/** The first target that fails stops the others; all pods are deleted when this ends. */
async function buildAll(build: KanikoBuild, stop: AbortController): Promise<BuildResult> {
  const { order, targets, ports } = build;
  const onAbort = () => order.say('Cancelling: the pods are being removed from the cluster.');
  order.signal.addEventListener('abort', onAbort, { once: true });
  const started = new Map<string, Promise<BuiltTarget>>();
  const builtTarget = (key: string): Promise<BuiltTarget> => {
    const known = started.get(key);
    if (known !== undefined) return known;
    const prepared = targets.find(({ target }) => target.key === key)!;
    const building = buildTarget(prepared, build, builtTarget).catch((error: unknown) => {
      stop.abort();
      throw error;
    });
    started.set(key, building);
    return building;
  };
  const outcomes = await Promise.allSettled(targets.map(({ target }) => builtTarget(target.key)));
  order.signal.removeEventListener('abort', onAbort);
  await removeStagingTags(build.stagingTags, ports, order.say);
  if (order.signal.aborted) throw new Cancelled('building');
  throwFirst(outcomes);
  const built = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const images = order.plan.images.flatMap((image) => {
    const target = built.find(({ key }) => key === image.key);
    return image.status === 'build' && target !== undefined ? [builtImage(image, target)] : [];
  });
  return { images, steps: [], warnings: build.warnings };
}

/** Targets that were stopped because of another one explain nothing. */
function throwFirst(outcomes: readonly PromiseSettledResult<BuiltTarget>[]): void {
  const errors = outcomes.flatMap((outcome): Error[] =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const unexpected = errors.find((error) => !(error instanceof ReleaseError) && !(error instanceof Cancelled));
  if (unexpected !== undefined) throw unexpected;
  // A target that is built on a failed one fails by the same problem.
  const [first, ...others] = new Set(errors.flatMap((error) => (error instanceof ReleaseError ? error.problems : [])));
  if (first !== undefined) throw new ReleaseError([first, ...others]);
  if (errors[0] !== undefined) throw errors[0];
}

function builtImage(image: PlannedImage, { digest, seconds, counts }: BuiltTarget): BuiltImage {
  const { key, image: name } = image;
  const pushed = digest === undefined ? { pushed: 'no' as const } : { digest, pushed: 'by-digest' as const };
  return { key, image: name, ...pushed, seconds, steps: counts };
}

/** @param builtBase waits for another target that this one is built on */
async function buildTarget(
  prepared: PreparedTarget,
  build: KanikoBuild,
  builtBase: (key: string) => Promise<BuiltTarget>,
): Promise<BuiltTarget> {
  const { target } = prepared;
  const all = build.targets.map((each) => each.target);
  const keys = basesIn(target, all);
  if (keys.length > 0) build.queued(target.key, `Waits for ${keys.join(' and ')}, which it is built on`);
  const bases = await Promise.all(keys.map(builtBase));
  const startedAt = Date.now();
  const platforms = await Promise.all(
    podPlatforms(target).map((platform) => buildPlatform(prepared, platform, bases, build)),
  );
  const manifests = platforms.flatMap(({ platform, digest }) => (digest === undefined ? [] : [{ platform, digest }]));
  const helpers = bases.filter(({ digest }) => digest === undefined);
  const ownReads = platforms.flatMap(({ reads }) => reads).filter((read) => !isHelper(read, helpers));
  const reads = [...new Set([...ownReads, ...helpers.flatMap((helper) => helper.reads)])];
  const { planned } = target;
  const digest =
    planned === undefined || manifests.length === 0
      ? undefined
      : await attest(planned, { target, manifests, startedAt, reads, dockerfile: platforms[0]!.text }, build);
  const counts = {
    total: sum(platforms.map((each) => each.counts.total)),
    cached: sum(platforms.map((each) => each.counts.cached)),
  };
  build.order.onProgress({ type: 'built', key: target.key, steps: counts });
  const seconds = (Date.now() - startedAt) / 1000;
  return { key: target.key, manifests, ...(digest !== undefined && { digest }), reads, seconds, counts };
}

async function buildPlatform(
  prepared: PreparedTarget,
  platform: string,
  bases: readonly BuiltTarget[],
  build: KanikoBuild,
) {
  const { target, text, bytes, dockerfile, secrets } = prepared;
  const { order, settings, ports, signal, warnings } = build;
  const contexts = contextReferences(target, order.plan.images, (key) => {
    const base = bases.find((each) => each.key === key);
    const manifest = base?.manifests.find((each) => each.platform === platform) ?? base?.manifests[0];
    // A published image by its index, as the record of the image's inputs has it.
    const digest = base?.digest ?? manifest?.digest;
    const repository = build.targets.find((each) => each.target.key === key)?.target.repository;
    return digest && `${repository}@${digest}`;
  });
  const request = { text, dockerfile, args: target.args, platform, contexts };
  const sent = accepted(target, rewriteDockerfile(request));
  const task = 'build';
  const destination = stagingTag(target, { platform, task, run: ports.run }, order.plan.publish);
  const { record, digest } = await runExecutor(
    {
      ...{ key: target.key, platform, task, source: { target, text }, dockerfile },
      args: executorArguments({
        ...{ target, platform, reads: sent.reads, sourceDateEpoch: target.sourceDateEpoch },
        ...(destination && { destination }),
        annotations: manifestAnnotations(target, platform),
        cacheRepository: cacheRepositoryOf(target.repository, settings.cacheRepository),
        cache: mayWriteCache(order.plan) ? 'write' : 'read',
        secrets: secrets?.files ?? [],
      }),
      // Unchanged bytes, because they may be no valid text.
      context: { ...prepared.context, dockerfile: sent.text === text ? bytes : sent.text },
      ...(destination && { destination }),
      ...(secrets && { buildSecrets: secrets.content }),
    },
    build,
  );
  warnings.push(...record.warnings.map((each) => warningProblem(each, target, order.redact)));
  if (record.cacheRefusal !== undefined) warnings.push(cacheWarning(target, order.redact(record.cacheRefusal)));
  const pushed = destination && (await verifyPushed(target.key, { image: destination.image, digest }, ports, signal));
  return { platform, text: sent.text, reads: sent.reads, counts: record.counts, digest: pushed };
}

function cacheWarning({ key }: Target, reason: string): Problem {
  return warning({
    code: 'build/warning',
    message: `Image ${key}: the build cache can't be saved: ${reason}.`,
    fix: 'Let the login push to the repository of the cache, or name another one in `builder.cache-repository`. The image is not affected.',
    image: key,
  });
}

type PushedTarget = Pick<AttestRequest, 'manifests' | 'startedAt' | 'reads' | 'dockerfile'> & { target: Target };

/** @returns the digest of the index */
async function attest(image: PlannedImage, { target, ...pushed }: PushedTarget, build: KanikoBuild): Promise<string> {
  const { order, ports, signal, settings } = build;
  const step = { number: build.nextNumber(), key: image.key, name: `[internal] ${attestWords(image)}` };
  const started = Date.now();
  order.onProgress({ type: 'started', step });
  try {
    const { digest, warnings } = await ports.attest({
      ...{ image, ...pushed, signal },
      source: order.plan.source,
      builder: { type: 'kaniko', executor: settings.image ?? DEFAULT_EXECUTOR },
      finishedAt: started,
      bases: order.bases,
      say: order.say,
      buildFile: (file) => buildScanner(target, file, build),
    });
    build.warnings.push(...warnings);
    order.onProgress({ type: 'completed', step, seconds: (Date.now() - started) / 1000 });
    return digest;
  } catch (error) {
    if (!signal.aborted) order.onProgress({ type: 'failed', step, error: messageOf(error), output: [] });
    throw error;
  }
}

function attestWords({ attest: { sbom, provenance } }: PlannedImage): string {
  if (sbom === 'off') return provenance === 'off' ? 'write the index' : 'attach the provenance';
  return `attach the SBOM${provenance === 'off' ? '' : ' and the provenance'}`;
}

const isHelper = (reference: string, helpers: readonly BuiltTarget[]): boolean =>
  helpers.some(({ manifests }) => manifests.some(({ digest }) => reference.endsWith(`@${digest}`)));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Builds a Dockerfile over an empty context: the scan that makes the SBOM of a target. */
async function buildScanner(
  target: Target,
  { platform, dockerfile: text, name }: Parameters<AttestRequest['buildFile']>[0],
  build: KanikoBuild,
): Promise<{ digest: string }> {
  const { settings, ports, order, signal } = build;
  const { key, repository, sourceDateEpoch } = target;
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) throw new Error(`The Dockerfile of ${name} is invalid.`);
  const request = { text, dockerfile, args: {}, platform, contexts: {} };
  const { reads } = accepted(target, rewriteDockerfile(request));
  const destination = stagingTag(target, { platform, task: name, run: ports.run }, order.plan.publish)!;
  const args = executorArguments({
    ...{ destination, platform, reads, sourceDateEpoch },
    target: { args: {}, labels: {}, noCache: true },
    annotations: {},
    cacheRepository: cacheRepositoryOf(repository, settings.cacheRepository),
    cache: 'read',
    secrets: [],
  });
  const rules = { ignores: () => true, prunes: () => true };
  const context = { image: key, name: '(empty)', folder: order.root, rules, dockerfile: text };
  const source = { target: { key, dockerfile: '', dockerfileInline: text } };
  const { digest } = await runExecutor({ key, platform, task: name, args, context, source, destination }, build).catch(
    (error: unknown) => {
      throw scannerError(error, reads[0] ?? '', key);
    },
  );
  return { digest: await verifyPushed(key, { image: destination.image, digest }, ports, signal) };
}

/** The scanner is missing, not failing: with `best-effort` the image is published without an SBOM. */
const MISSING: readonly ProblemCode[] = ['build/base-image-missing', 'build/registry-denied', 'build/network'];

function scannerError(error: unknown, scanner: string, key: string): unknown {
  if (!(error instanceof ReleaseError) || !MISSING.includes(error.code)) return error;
  const reason = error.message.replace(`Image ${key}: `, '');
  return failure(
    {
      code: 'build/sbom-scanner',
      image: key,
      message: `Image ${key}: the SBOM scanner ${scanner} can't be pulled: ${reason}`,
      fix: 'Name a copy that pods can pull in `attest.scanner`, or give them a login for its registry; with `attest.sbom: best-effort` images are published without an SBOM if the scanner is missing, with `off` always.',
    },
    { cause: error },
  );
}
