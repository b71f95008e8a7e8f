import { ReleaseError, warning, type Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';

/** What may help against a failed build. */
export type Remedy =
  /** A registry, or the way to it, failed for a moment. */
  | 'pause'
  /** The builder was lost while it built. */
  | 'wait-for-builder'
  /** It didn't answer from the start. */
  | 'wait-longer-for-builder'
  /** A part of the build cache vanished. */
  | 'without-cache-import'
  /** The cache service took the export and didn't answer. */
  | 'without-cache'
  /** It let BuildKit wait for the import, where it waits still: no other attempt of this builder helps. */
  | 'another-builder'
  | 'without-sbom';

export interface BuildFailure {
  problem: Problem;
  /** In order of preference. */
  remedies: readonly Remedy[];
}

/** A failed build, with what may help. */
export class BuildFailed extends ReleaseError {
  constructor(readonly failures: readonly [BuildFailure, ...BuildFailure[]]) {
    const [first, ...rest] = failures.map(({ problem }) => problem);
    super([first!, ...rest]);
  }
}

interface Attempt {
  images: readonly PlannedImage[];
  warning: Problem;
  pauseMs?: number;
}

/** @returns undefined if the remedy can't help. @param times how often it was used before */
type Retry = (images: readonly PlannedImage[], problems: readonly Problem[], times: number) => Attempt | undefined;

/**
 * Builds, and after a failure again while each of its problems has a remedy: one without would fail again.
 * @throws ReleaseError of the last attempt
 */
export async function buildWithRetries<T>(
  images: readonly PlannedImage[],
  steps: {
    build(images: readonly PlannedImage[]): Promise<T>;
    say(line: string): void;
    /** @throws Cancelled */
    pause(ms: number): Promise<void>;
  },
): Promise<{ result: T; warnings: Problem[] }> {
  const warnings: Problem[] = [];
  const used = new Map<Remedy, number>();
  for (let attempt = images; ;) {
    try {
      return { result: await steps.build(attempt), warnings };
    } catch (error) {
      const next = error instanceof BuildFailed ? nextAttempt(attempt, error.failures, used) : undefined;
      if (next === undefined) throw error;
      attempt = next.images;
      warnings.push(...next.warnings);
      for (const { message } of next.warnings) steps.say(message);
      if (next.pauseMs > 0) await steps.pause(next.pauseMs);
    }
  }
}

function nextAttempt(images: readonly PlannedImage[], failures: readonly BuildFailure[], used: Map<Remedy, number>) {
  const next = { images, warnings: [] as Problem[], pauseMs: 0 };
  for (const remedies of new Set(failures.map((failure) => failure.remedies.join()))) {
    const concerned = failures.filter((failure) => failure.remedies.join() === remedies);
    const problems = concerned.map(({ problem }) => problem);
    const found = firstRetry(next.images, concerned[0]!.remedies, problems, used);
    if (found === undefined) return undefined;
    next.images = found.images;
    next.warnings.push(found.warning);
    next.pauseMs = Math.max(next.pauseMs, found.pauseMs ?? 0);
  }
  return next;
}

function firstRetry(
  images: readonly PlannedImage[],
  remedies: readonly Remedy[],
  problems: readonly Problem[],
  used: Map<Remedy, number>,
): Attempt | undefined {
  for (const remedy of remedies) {
    const times = used.get(remedy) ?? 0;
    const attempt = RETRIES[remedy](images, problems, times);
    if (attempt === undefined) continue;
    used.set(remedy, times + 1);
    return attempt;
  }
  return undefined;
}

/** Longer than a load balancer's hiccup; a random part of it again, so that runs don't meet again. */
const PAUSES_MS = [2000, 8000];
/** The later ones are for a builder that takes long to start. */
const BUILDER_PAUSES_MS = [3000, 5000, 15_000];

const RETRIES: Record<Remedy, Retry> = {
  /** Finished steps are cached, and pushed images exist. */
  pause(images, problems, times) {
    const pauseMs = PAUSES_MS[times];
    if (pauseMs === undefined) return undefined;
    const message = `A registry failed, so the build is tried again (${times + 2} of ${PAUSES_MS.length + 1}).`;
    return {
      images,
      warning: retried(problems, message),
      pauseMs: Math.round(pauseMs * (1 + Math.random())),
    };
  },

  /** A second loss in the middle of the build would be followed by a third. */
  'wait-for-builder': (images, problems, times) => (times > 0 ? undefined : waitForBuilder(images, problems, times)),
  'wait-longer-for-builder': waitForBuilder,

  /**
   * BuildKit looks for all cached layers first and fetches them when it needs them, so an eviction in between fails the
   * build (docker/buildx#3374). First the images concerned are built without cache import, then all of them.
   */
  'without-cache-import'(images, problems, times) {
    if (times > 1) return undefined;
    const named = problems.map(({ image }) => image);
    const all = times > 0 || named.includes(undefined);
    const keys = images
      .filter(({ key, cacheFrom }) => cacheFrom.length > 0 && (all || named.includes(key)))
      .map(({ key }) => key);
    // Without an import the builder lost its own cache: two images that share a step can lose it to each other.
    if (keys.length === 0 && times > 0) return undefined;
    const message =
      keys.length === 0
        ? 'The builder lost a part of its own cache, so the build is tried again.'
        : `A part of the build cache vanished while it was read, so ${keys.join(', ')} is built again without it.`;
    return {
      images: images.map((image) => (keys.includes(image.key) ? { ...image, cacheFrom: [] } : image)),
      warning: retried(problems, message, keys),
    };
  },

  /** The images are built and pushed before a cache is exported, so they are built again from the builder's own cache. */
  'without-cache'(images, [problem]) {
    if (!images.some(({ cacheFrom, cacheTo }) => cacheFrom.length + cacheTo.length > 0)) return undefined;
    return withoutCache(images, problem!);
  },

  'another-builder': () => undefined,

  'without-sbom'(images, problems) {
    const keys = images
      .filter(({ status, attest }) => status === 'build' && attest.sbom !== 'off' && attest.sbom.optional)
      .map(({ key }) => key);
    if (keys.length === 0) return undefined;
    const message = `Can't pull the SBOM scanner, so ${keys.join(', ')} ${keys.length === 1 ? 'has' : 'have'} no SBOM.`;
    return {
      images: images.map((image) =>
        keys.includes(image.key) ? { ...image, attest: { ...image.attest, sbom: 'off' } } : image,
      ),
      warning: retried(problems, message, keys),
    };
  },
};

/** @param cause why the cache can't be used */
export function withoutCache(images: readonly PlannedImage[], cause: Problem): Attempt {
  return {
    images: images.map((image) => ({ ...image, cacheFrom: [], cacheTo: [] })),
    warning: { ...cause, severity: 'warning', fix: 'Nothing to do; a build without cache takes longer.' },
  };
}

/** Whoever runs the builder (systemd, a deployment, buildx for its own containers) starts it again. */
function waitForBuilder(
  images: readonly PlannedImage[],
  problems: readonly Problem[],
  times: number,
): Attempt | undefined {
  const pauseMs = BUILDER_PAUSES_MS[times];
  const message = 'The builder was lost while it built, so the build is tried again.';
  return pauseMs === undefined ? undefined : { images, pauseMs, warning: retried(problems, message) };
}

function retried(problems: readonly Problem[], message: string, keys?: readonly string[]): Problem {
  const [first] = problems;
  const image = keys === undefined ? (problems.length === 1 ? first!.image : undefined) : keys[0];
  return warning({
    code: first!.code,
    message,
    ...(image !== undefined && (keys?.length ?? 1) === 1 && { image }),
    detail: problems.flatMap((each) => [each.message, each.detail ?? []].flat()).join('\n'),
  });
}
