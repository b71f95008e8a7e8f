import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import { Cancelled, ReleaseError, type Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { BuildRequest, Builder } from '../builder.js';
import type { BuildResult, BuildStep, BuiltImage } from '../built.js';
import { buildInPods } from './image-build.js';
import type { Built, Kitchen } from './kitchen.js';
import type { KanikoPorts } from './ports.js';
import { prepare, type Prepared } from './prepare.js';
import { podLogins, registrySecret, type PodLogin } from './secrets.js';
import { removeStagingTags } from './staging-tags.js';
import { targetsOf } from './targets.js';

/** Images at once where nothing is configured. */
const PARALLEL = 2;

/**
 * Builds each image by Kaniko in a pod of its own, one per platform, and makes of what they push the same index as
 * BuildKit would. Images that stand on each other wait; all others are built side by side.
 */
export function createKanikoBuilder(settings: KanikoSettings, ports: KanikoPorts): Builder {
  return async (order) => {
    const { plan, root, env, signal } = order;
    const prepared = await prepare(targetsOf(plan.images), { plan, root, env, settings, ports, signal });
    const login = await loginOf(prepared, order, settings, ports);
    const stop = new AbortController();
    const stopped = AbortSignal.any([signal, stop.signal]);
    const places = settings.parallel ?? PARALLEL;
    let number = 0;
    const kitchen: Kitchen = {
      ...{ order, settings, ports, prepared, places },
      pool: ports.createPool(places),
      signal: stopped,
      nextNumber: () => (number += 1),
      queued: (key, message) => order.onProgress({ type: 'queued', key, message }),
      ...(login && { login }),
      staged: [],
      removed: [],
      warnings: [],
      steps: [],
      emptyFolder: await mkdtemp(join(order.temp, 'image-release-empty-')),
    };
    try {
      return await buildAll(kitchen, stop);
    } catch (error) {
      tellRemains(kitchen);
      throw error;
    } finally {
      await rm(kitchen.emptyFolder, { recursive: true, force: true });
    }
  };
}

/** No report has the warnings of a build that failed, and who pressed Ctrl-C asks what became of the pods. */
function tellRemains({ order, warnings, removed }: Kitchen): void {
  for (const { code, message, fix } of warnings)
    if (code === 'cluster/leftover') order.say(`${message} ${fix}`);
  if (!order.signal.aborted || removed.length === 0) return;
  order.say(`Removed from the cluster: ${removed.map((name) => `pod ${name}`).join(', ')}.`);
}

async function loginOf(
  prepared: readonly Prepared[],
  { plan }: BuildRequest,
  settings: KanikoSettings,
  { findLogin }: KanikoPorts,
): Promise<PodLogin | undefined> {
  const logins = podLogins(plan, settings, prepared);
  if (logins.type === 'named') return logins;
  const content = await registrySecret(logins.hosts, findLogin);
  return content && { type: 'made', content };
}

/** Everything, or nothing: the first image that fails stops the others, and all pods are gone when it ends. */
async function buildAll(kitchen: Kitchen, stop: AbortController): Promise<BuildResult> {
  const { order, prepared, ports } = kitchen;
  const onAbort = () => order.say('Cancelling: the pods are being removed from the cluster.');
  order.signal.addEventListener('abort', onAbort, { once: true });
  const begun = new Map<string, Promise<Built>>();
  const build = (key: string): Promise<Built> => {
    const known = begun.get(key);
    if (known !== undefined) return known;
    const target = prepared.find((each) => each.target.key === key)!;
    const building = buildInPods(target, kitchen, build).catch((error: unknown) => {
      stop.abort();
      throw error;
    });
    begun.set(key, building);
    return building;
  };
  const outcomes = await Promise.allSettled(prepared.map(({ target }) => build(target.key)));
  order.signal.removeEventListener('abort', onAbort);
  await removeStagingTags(kitchen.staged, ports, order.say);
  if (order.signal.aborted) throw new Cancelled('building');
  throwFirst(outcomes);
  const built = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return {
    images: order.plan.images
      .filter(({ status }) => status === 'build')
      .map((image) =>
        builtImage(
          image,
          built.find(({ key }) => key === image.key)!,
        ),
      ),
    steps: kitchen.steps.sort((a: BuildStep, b: BuildStep) => a.started - b.started),
    warnings: kitchen.warnings,
  };
}

/** What was stopped because of another image explains nothing. */
function throwFirst(outcomes: readonly PromiseSettledResult<Built>[]): void {
  const errors = outcomes.flatMap((outcome): Error[] =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const [first] = errors;
  if (first === undefined) return;
  const unknown = errors.find((error) => !(error instanceof ReleaseError) && !(error instanceof Cancelled));
  if (unknown !== undefined) throw unknown;
  const problems = errors.flatMap((error): readonly Problem[] =>
    error instanceof ReleaseError ? error.problems : [],
  );
  // An image that stands on a failed one fails by the same words.
  const [problem, ...others] = problems.filter((each, at) => problems.indexOf(each) === at);
  throw problem === undefined ? first : new ReleaseError([problem, ...others]);
}

function builtImage(image: PlannedImage, { digest, seconds, counts }: Built): BuiltImage {
  const { key, image: name } = image;
  const pushed = digest === undefined ? { pushed: 'no' as const } : { digest, pushed: 'by-digest' as const };
  return { key, image: name, ...pushed, seconds, steps: counts };
}
