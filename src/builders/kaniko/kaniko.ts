import type { KanikoSettings } from '../../config/builder-settings.js';
import { Cancelled, ReleaseError } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Builder } from '../builder.js';
import type { BuildResult, BuiltImage } from '../built.js';
import { createPool, type BuiltTarget, type KanikoBuild } from './build.js';
import { buildTarget } from './build-target.js';
import type { KanikoPorts } from './ports.js';
import { prepareTargets } from './prepare.js';
import { neededLogins, readLogins } from './secrets.js';
import { removeStagingTags } from './run-executor.js';

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
