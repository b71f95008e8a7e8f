import type { BuiltImage } from '../builders/built.js';
import { Cancelled, problem, ReleaseError, throwProblems, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';
import { reconcileTags, type ReconciledTags } from './moving-tags/reconcile-tags.js';
import { createTagPolicy, type TagOrdering } from './moving-tags/tag-ordering.js';
import { adoptRelease, planMoves, readExistingTags, type AdoptionObjection, type MovePlan } from './planned-moves.js';
import {
  movingImage,
  type PublishedImage,
  type ReleaseSource,
  type VerifiedDocument,
  type VerifiedImage,
} from './published-image.js';
import type { SignImages } from './signing/sign-release.js';
import {
  allSettledOrThrow,
  graceAfter,
  moveTags,
  TAGGING_LIMITS,
  type TaggingLimits,
  type TagMove,
} from './tagging.js';
import { expectedOf, verifyImage, type Verification } from './verify.js';

export interface PublishOptions {
  images: readonly PlannedImage[];
  source: ReleaseSource;
  /** The builder's results. */
  built: readonly BuiltImage[];
  /** Images that findBaselines verified. */
  verified: readonly VerifiedDocument[];
  /** Keys of images of which findBaselines could not read all that is published. */
  unread: readonly string[];
  client: RegistryClient;
  ordering: TagOrdering;
  /** Why another run's image must not be adopted, a sentence. Undefined: the registry is trusted. */
  objection?: AdoptionObjection;
  /** Called when all images are verified, before any tag is moved. */
  sign?: SignImages;
  signal?: AbortSignal;
  limits?: TaggingLimits;
}

/**
 * Checks before anything is built whether the registry can be reached, accepts the login, and lets it push each image.
 * Lists everything that is wrong; a problem of the registry as a whole is listed once.
 * @throws Cancelled
 */
export async function checkRegistry(
  client: RegistryClient,
  images: readonly { key: string; image: string }[],
): Promise<Problem[]> {
  const found = await Promise.all(
    images.map(async ({ key, image }) => {
      try {
        await client.checkPush(image);
        return [];
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        return error.problems.map((problem) => ({ ...problem, image: key }));
      }
    }),
  );
  return mergeProblems(found.flat());
}

/**
 * Publishes in two phases. First every image is verified, every existing tag and the ledgers are read, and the images
 * that this release built are signed; if anything is wrong with any of them, all problems are thrown and no tag is
 * moved. Then the tags are moved to the very bytes that were verified; if that fails, they are restored. Release tags
 * never move, moving tags only forward.
 *
 * A cancel before the second phase leaves everything as it was. After it has begun, publishing is finished
 * (and returns) or undone (and throws) within seconds.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function publish(options: PublishOptions): Promise<PublishedImage[]> {
  const { signal, source, ordering, objection, limits = TAGGING_LIMITS } = options;
  const client = options.client.withSignal(signal);
  const policy = createTagPolicy(ordering);
  const verified = await verifyAll({ ...options, client });
  const [newest, existing] = await Promise.all([
    ordering.newest(),
    Promise.all(verified.map(({ image }) => readExistingTags(client, image))),
  ]);
  const plans = await allSettledOrThrow(
    verified.map((image, index) => planMoves({ ...options, client, policy }, image, existing[index]!, newest)),
  );
  // An image that another run of the commit has published is signed by that run.
  const own = plans.filter(({ image }) => image.status === 'built');
  await options.sign?.(
    own.map(({ image: { image, document } }) => ({ key: image.key, image: image.image, document })),
    client,
  );
  if (signal?.aborted) throw new Cancelled('publishing; no tag was moved');

  const images = new Map(plans.map(({ image }) => [image.image.key, image]));
  const grace = graceAfter(signal, limits.finishMs);
  const finishing = options.client.withSignal(grace.signal);
  try {
    const moves = plans.flatMap((plan) => plan.moves);
    const moved = await moveTags(moves, {
      ...{ client: finishing, signal, limits },
      adopt: async ({ key }, found) => {
        const { image } = images.get(key)!;
        images.set(key, await adoptRelease({ client, objection }, image, source.commit, found));
      },
    });
    // A tag that moves may have gone to a newer release meanwhile; those that stayed were compared when they were read.
    const isMoved = ({ kind, to, before }: TagMove) => kind === 'moving' && before?.digest !== to.digest;
    const reconciled = await reconcileTags(
      finishing,
      { ordering, policy },
      [...images.values()]
        .filter(({ image: { key } }) => [...moves, ...moved].some((move) => move.key === key && isMoved(move)))
        .map(({ image, document }) => movingImage(image, document.digest, source)),
      'moving-tags',
    );
    return plans.map((plan) => {
      const { key } = plan.image.image;
      return withReconciled(publishedImage(plan, images.get(key)!, moved), reconciled.get(key));
    });
  } finally {
    grace.clear();
  }
}

/**
 * Reads the tags again when the release is in the ledger: a newer release that was deployed meanwhile gets the moving
 * tags, and the release tag names the image that is deployed under it. A failure is a warning: the release is done.
 * @returns the images with the tags that they have in the end
 */
export async function reconcilePublished(options: {
  images: readonly PlannedImage[];
  published: readonly PublishedImage[];
  source: ReleaseSource;
  client: RegistryClient;
  ordering: TagOrdering;
  signal?: AbortSignal;
}): Promise<PublishedImage[]> {
  const { images, published, source, ordering, signal } = options;
  const reconciled = await reconcileTags(
    options.client.withSignal(signal),
    { ordering, policy: createTagPolicy(ordering) },
    published.flatMap(({ key, digest }) =>
      images.filter((image) => image.key === key).map((image) => movingImage(image, digest, source)),
    ),
    'with-release-tags',
  );
  return published.map((image) => withReconciled(image, reconciled.get(image.key)));
}

/** Tags whose order is unknown stay as they were known before. */
function withReconciled(image: PublishedImage, reconciled: ReconciledTags | undefined): PublishedImage {
  if (reconciled === undefined) return image;
  const { tags, skipped, warnings } = reconciled;
  const lost = new Set(skipped.map(({ tag }) => tag));
  const known = image.skippedTags.filter(({ tag }) => !tags.includes(tag));
  return {
    ...image,
    tags: [...new Set([...image.tags.filter((tag) => !lost.has(tag)), ...tags])],
    skippedTags: [...known, ...skipped.filter(({ tag }) => !known.some((item) => item.tag === tag))],
    warnings: [...image.warnings, ...warnings],
  };
}

function publishedImage(
  { moves, skippedTags, warnings }: MovePlan,
  { image, status, document, platforms }: VerifiedImage,
  moved: readonly TagMove[],
): PublishedImage {
  const { key, image: name, releaseTag } = image;
  const tags = moved.filter((move) => move.key === key).map(({ tag }) => tag);
  const lost = moves.filter(({ tag }) => !tags.includes(tag));
  return {
    ...{ key, image: name, status, digest: document.digest, releaseTag, tags, platforms, warnings },
    skippedTags: [
      ...skippedTags,
      ...lost.map(({ tag }) => ({ tag, by: 'another run', reason: 'newer-release' as const })),
    ],
  };
}

async function verifyAll(options: PublishOptions): Promise<VerifiedImage[]> {
  const outcomes = await Promise.all(
    options.images.map(async (image) => ({ image, verification: await verifyOne(image, options) })),
  );
  throwProblems(
    mergeProblems(
      outcomes.flatMap(({ verification }) => (verification.status === 'unsound' ? verification.problems : [])),
    ),
  );
  return outcomes.flatMap(({ image, verification }) => {
    if (verification.status !== 'sound') return [];
    const { document, platforms } = verification;
    return [{ image, status: image.status === 'build' ? 'built' : 'unchanged', document, platforms }];
  });
}

async function verifyOne(image: PlannedImage, { client, built, verified }: PublishOptions): Promise<Verification> {
  const { key, image: name } = image;
  const digest = image.status === 'unchanged' ? image.digest : built.find((each) => each.key === key)?.digest;
  if (digest === undefined) return { status: 'unsound', problems: [notPushed(key, name)] };
  const known = verified.find((found) => found.image === name && found.document.digest === digest);
  if (known !== undefined) return { status: 'sound', ...known };
  return verifyImage({ client, key, image: name, digest, expected: expectedOf(image) });
}

export function notPushed(key: string, image: string): Problem {
  return problem({
    code: 'registry/incomplete',
    image: key,
    message: `Image ${key} was not pushed, so there is nothing to publish as ${image}.`,
    fix: 'Run again with push, and see the log of the run.',
  });
}
