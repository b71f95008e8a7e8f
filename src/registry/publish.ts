import type { BuiltImage } from '../builders/built.js';
import { Cancelled, failure, type Problem, ReleaseError, throwProblems } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';
import { createJudge, type Judge, type MovingImage, type Precedence } from './moving-tags/tag-ordering.js';
import { type SettledTags, settleReleaseTag, settleTags, unsettled } from './moving-tags/reconcile-tags.js';
import { type MovePlan, planMoves } from './planned-moves.js';
import {
  movingImage,
  type PublishedImage,
  type ReleaseSource,
  type Verified,
  type VerifiedDocument,
} from './published-image.js';
import { type AdoptionObjection, adoptRelease } from './release-tag.js';
import type { SignImages } from './signing/sign-release.js';
import { putTags, settle, type TaggingLimits, type TagMove } from './tagging.js';
import { expectedOf, type Verification, verifyImage } from './verify.js';

export interface PublishOptions {
  images: readonly PlannedImage[];
  source: ReleaseSource;
  /** What the builder made, by key. */
  built: readonly BuiltImage[];
  /** What was found whole while looking for what need not be built. */
  verified?: readonly VerifiedDocument[];
  /** Keys of images of which the plan could not see what stands under their release tags. */
  unread?: readonly string[];
  client: RegistryClient;
  precedence: Precedence;
  /** Why another run's image must not be adopted, a sentence. Undefined: the registry is trusted. */
  objection?: AdoptionObjection;
  /** Asked once all images stand, before any tag is put. */
  sign?: SignImages;
  signal?: AbortSignal;
  limits?: TaggingLimits;
}

/**
 * Publishes in two phases. First every image is verified in the registry and every tag is looked at, and what this
 * release built is signed; when anything is wrong with any of them, all problems are thrown and no tag is touched.
 * Then the tags are put, with the very bytes that were verified; when that fails, they are put back. Release tags never move, moving tags only forward.
 *
 * A cancel before the second phase leaves everything as it was. After it has begun, publishing is finished
 * (and returns) or undone (and throws) within seconds.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function publish(options: PublishOptions): Promise<PublishedImage[]> {
  const { signal, source } = options;
  const client = signal === undefined ? options.client : options.client.withSignal(signal);
  const judge = createJudge(options.precedence);
  const verified = await verifyAll({ ...options, client });
  const plans = await settle(verified.map((image) => planMoves(client, judge, image, options)));
  // An image that another run of the commit has published is signed by that run.
  const own = plans.filter(({ image }) => image.status === 'built');
  await options.sign?.(
    own.map(({ image: { image, document } }) => ({ key: image.key, image: image.image, document })),
    client,
  );
  if (signal?.aborted) throw new Cancelled('publishing; no tag was put');

  const adopted = new Map(plans.map(({ image }) => [image.image.key, image]));
  const settled = new Map<string, SettledTags>();
  const standing = await putTags(
    plans.flatMap(({ moves }) => moves),
    {
      ...options,
      client: options.client,
      adopt: async ({ key }, found) => {
        const known = adopted.get(key);
        if (known === undefined) return;
        const twin = await adoptRelease({ ...options, client }, known.image, source.commit, found);
        adopted.set(key, { ...known, ...twin, image: known.image, status: 'adopted' });
      },
      afterwards: async (patient) => {
        await Promise.all(
          [...adopted].map(async ([key, image]) =>
            settled.set(key, await settledOrTold(patient, judge, movingImage(image, source))),
          ),
        );
      },
    },
  );
  return plans.map((plan) =>
    publishedImage(
      plan,
      adopted.get(plan.image.image.key) ?? plan.image,
      standing,
      settled.get(plan.image.image.key),
    ),
  );
}

/**
 * Looks once more when the release is in the ledger: a newer release that has come in between gets the moving tags,
 * and the release tag is what is deployed under it. What can't be asked is a warning, also after a cancel: the release
 * stands.
 * @returns the images with the tags that they have in the end
 */
export async function settleMovingTags(options: {
  images: readonly PlannedImage[];
  published: readonly PublishedImage[];
  source: ReleaseSource;
  client: RegistryClient;
  precedence: Precedence;
  signal?: AbortSignal;
}): Promise<PublishedImage[]> {
  const { images, published, source, precedence } = options;
  const client = options.signal === undefined ? options.client : options.client.withSignal(options.signal);
  const judge = createJudge(precedence);
  return Promise.all(
    published.map(async (image) => {
      const planned = images.find(({ key }) => key === image.key);
      if (planned === undefined) return image;
      const moving = movingImage({ image: planned, document: image }, source);
      const warnings: Problem[] = [];
      await settleReleaseTag(client, judge, moving).catch((error: unknown) => {
        warnings.push(unsettled(image, image.releaseTag, error));
      });
      const settled = await settledOrTold(client, judge, moving);
      return withSettled({ ...image, warnings: [...image.warnings, ...warnings] }, settled);
    }),
  );
}

/** A cancel ends the looking, and undoes nothing that stands. */
async function settledOrTold(client: RegistryClient, judge: Judge, image: MovingImage): Promise<SettledTags> {
  return settleTags(client, judge, image).catch((error: unknown) => ({
    tags: [],
    held: [],
    warnings: [unsettled(image, image.releaseTag, error)],
  }));
}

/** What could not be settled stays as it was known before. */
function withSettled(image: PublishedImage, settled: SettledTags | undefined): PublishedImage {
  if (settled === undefined) return image;
  const { tags, held, warnings } = settled;
  const others = held.map(({ tag }) => tag);
  const known = image.held.filter(({ tag }) => !tags.includes(tag));
  return {
    ...image,
    tags: [
      ...image.tags.filter((tag) => !others.includes(tag)),
      ...tags.filter((tag) => !image.tags.includes(tag)),
    ],
    held: [...known, ...held.filter(({ tag }) => !known.some((item) => item.tag === tag))],
    warnings: [...image.warnings, ...warnings],
  };
}

function publishedImage(
  plan: MovePlan,
  { image, status, document, platforms }: Verified,
  standing: readonly TagMove[],
  settled: SettledTags | undefined,
): PublishedImage {
  const tags = standing.filter(({ key }) => key === image.key).map(({ tag }) => tag);
  const lost = plan.moves.filter(({ tag }) => !tags.includes(tag));
  return withSettled(
    {
      key: image.key,
      image: image.image,
      status,
      digest: document.digest,
      releaseTag: image.releaseTag,
      tags,
      held: [
        ...plan.held,
        ...lost.map(({ tag }) => ({ tag, by: 'another run', reason: 'newer-release' as const })),
      ],
      platforms,
      warnings: plan.warnings,
    },
    settled,
  );
}

async function verifyAll(options: PublishOptions): Promise<Verified[]> {
  const outcomes = await Promise.all(
    options.images.map(async (image) => ({ image, verification: await verifyOne(image, options) })),
  );
  const problems = outcomes.flatMap(({ verification }) =>
    verification.status === 'unsound' ? verification.problems : [],
  );
  throwProblems(mergeProblems(problems));
  return outcomes.flatMap(({ image, verification }) => {
    if (verification.status !== 'sound') return [];
    const { document, platforms } = verification;
    return [{ image, status: image.status === 'build' ? 'built' : 'unchanged', document, platforms }];
  });
}

async function verifyOne(
  image: PlannedImage,
  { client, built, verified = [] }: PublishOptions,
): Promise<Verification> {
  const digest =
    image.status === 'unchanged' ? image.digest : built.find(({ key }) => key === image.key)?.digest;
  if (digest === undefined) {
    const error = failure({
      code: 'registry/not-pushed',
      image: image.key,
      message: `Image ${image.key} was not pushed, so there is nothing to publish as ${image.image}.`,
      fix: 'Run again with push.',
    });
    return { status: 'unsound', problems: [...error.problems] };
  }
  const known = verified.find((found) => found.image === image.image && found.document.digest === digest);
  if (known !== undefined) return { status: 'sound', ...known };
  const { key, image: name } = image;
  return verifyImage({ client, key, image: name, digest, expected: expectedOf(image) });
}

/**
 * Finds out before anything is built whether the registry can be reached, takes the login, and lets it push
 * each image. Lists everything that is wrong; what concerns the registry as a whole is said once.
 * @throws Cancelled
 */
export async function checkRegistry(
  client: RegistryClient,
  images: readonly { key: string; image: string }[],
): Promise<Problem[]> {
  const found = await Promise.all(images.map((image) => checkImage(client, image)));
  return mergeProblems(found.flat());
}

async function checkImage(
  client: RegistryClient,
  { key, image }: { key: string; image: string },
): Promise<Problem[]> {
  try {
    await client.checkPush(image);
    return [];
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return error.problems.map((problem) => ({ ...problem, image: key }));
  }
}
