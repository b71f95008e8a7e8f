import type { BuiltImage } from '../builders/built.js';
import { Cancelled, problem, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import type { ReadTags } from './cached-reads.js';
import type { RegistryClient } from './client.js';
import { reconcileTags, type ReconciledTags } from './moving-tags/reconcile-tags.js';
import { createTagPolicy, type TagOrdering } from './moving-tags/tag-ordering.js';
import { adoptRelease, currentTags, planMoves, readExistingTags } from './planned-moves.js';
import type { AdoptionObjection, MovePlan } from './planned-moves.js';
import { movingImage } from './published-image.js';
import type { PublishedImage, ReleaseSource, VerifiedDocument, VerifiedImage } from './published-image.js';
import type { SignImages } from './signing/sign-release.js';
import { allSettledOrThrow, graceAfter, moveTags, TAGGING_LIMITS } from './tagging.js';
import type { TaggingLimits, TagMove } from './tagging.js';
import { expectedOf, verifyAll, verifyImage, type Verification } from './verify.js';

export interface PublishOptions {
  images: readonly PlannedImage[];
  source: ReleaseSource;
  /** The builder's results. */
  built: readonly BuiltImage[];
  /** Images that findBaselines verified. */
  verified: readonly VerifiedDocument[];
  /** Keys of images of which findBaselines could not read all that is published. */
  unread: readonly string[];
  /** As findBaselines read them. */
  tags: ReadTags;
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
  // A build takes minutes, in which other runs may have moved any tag: then none is taken from the plan.
  const current = options.images.map((image) =>
    options.built.length > 0 ? undefined : currentTags(image, options.tags),
  );
  const [verified, newest, existing] = await Promise.all([
    verifyAll(options.images, (image) => verifyOne(image, { ...options, client })),
    current.every((tags) => tags !== undefined) ? [] : ordering.newest(),
    allSettledOrThrow(options.images.map(async (image, at) => current[at] ?? readExistingTags(client, image))),
  ]);
  const plans = await allSettledOrThrow(
    verified.map(({ item: image, document, platforms }, index) => {
      const found = { image, status: image.status === 'build' ? 'built' : 'unchanged', document, platforms } as const;
      return planMoves({ ...options, client, policy }, found, existing[index]!, newest);
    }),
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
    const open = plans.flatMap((plan) => (hadTags(plan) ? [] : images.get(plan.image.image.key)!));
    const reconciled = await reconcileTags(
      finishing,
      { ordering, policy },
      open.map(({ image, document }) => movingImage(image, document.digest, source)),
      { type: 'moving-tags', moved },
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
    { type: 'with-release-tags' },
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
  plan: MovePlan,
  { image, status, document, platforms }: VerifiedImage,
  moved: readonly TagMove[],
): PublishedImage {
  const { key, image: name, releaseTag } = image;
  const { moves, skippedTags, warnings } = plan;
  const tags = moved.filter((move) => move.key === key).map(({ tag }) => tag);
  const lost = moves.filter(({ tag }) => !tags.includes(tag));
  return {
    ...{ key, image: name, status, digest: document.digest, releaseTag, tags, platforms, warnings },
    skippedTags: [
      ...skippedTags,
      ...lost.map(({ tag }) => ({ tag, by: 'another run', reason: 'newer-release' as const })),
    ],
    ...(hadTags(plan) && { tagsFound: 'current' as const }),
  };
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
  const message = `Image ${key} was not pushed, so there is nothing to publish as ${image}.`;
  const fix = 'Run again with push, and see the log of the run.';
  return problem({ code: 'registry/incomplete', image: key, message, fix });
}

/** Whether an image that was not built has all tags but its release tag already. */
function hadTags({ image: { status }, moves, skippedTags }: MovePlan): boolean {
  const had = moves.every(({ kind, before, to }) => kind === 'release' || before?.digest === to.digest);
  return status === 'unchanged' && had && skippedTags.length === 0;
}
