import type { BuiltImage } from '../build/built.js';
import { Cancelled, failure, throwProblems } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';
import type { PublishedImage, PublishedPlatform } from './published.js';
import { putTags, settle, type TaggingLimits, type TagMove } from './tagging.js';
import { expectedOf, verifyImage, type Verification } from './verify.js';

export interface PublishOptions {
  images: readonly PlannedImage[];
  /** What the builder made, by key. */
  built: readonly BuiltImage[];
  client: RegistryClient;
  signal?: AbortSignal;
  limits?: TaggingLimits;
}

/** An image that stands in the registry whole and waits for its tags. */
interface Verified {
  image: PlannedImage;
  document: (Verification & { status: 'sound' })['document'];
  platforms: PublishedPlatform[];
}

/**
 * Publishes in two phases. First every image is verified in the registry; when anything is wrong with any of
 * them, all problems are thrown and no tag is touched. Then the tags are put, with the very bytes that were
 * verified; when that fails, they are put back.
 *
 * A cancel before the second phase leaves everything as it was. After it has begun, publishing is finished
 * (and returns) or undone (and throws) within seconds.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function publish(options: PublishOptions): Promise<PublishedImage[]> {
  const { signal } = options;
  const client = signal === undefined ? options.client : options.client.withSignal(signal);
  const verified = await verifyAll({ ...options, client });
  const moves = (await settle(verified.map((image) => planMoves(client, image)))).flat();
  if (signal?.aborted) throw new Cancelled('publishing; no tag was put');
  const standing = await putTags(client, moves, options);
  return verified.map(({ image, document, platforms }) => ({
    key: image.key,
    image: image.image,
    digest: document.digest,
    releaseTag: image.releaseTag,
    tags: standing.filter(({ key }) => key === image.key).map(({ tag }) => tag),
    platforms,
  }));
}

async function verifyAll({ images, built, client }: PublishOptions): Promise<Verified[]> {
  const outcomes = await Promise.all(
    images.map(async (image) => ({
      image,
      verification: await verifyBuilt(
        client,
        image,
        built.find(({ key }) => key === image.key),
      ),
    })),
  );
  const problems = outcomes.flatMap(({ verification }) =>
    verification.status === 'unsound' ? verification.problems : [],
  );
  throwProblems(mergeProblems(problems));
  return outcomes.flatMap(({ image, verification }) =>
    verification.status === 'sound' ? [{ image, ...verification }] : [],
  );
}

async function verifyBuilt(
  client: RegistryClient,
  image: PlannedImage,
  built: BuiltImage | undefined,
): Promise<Verification> {
  if (built?.digest === undefined) {
    const error = failure({
      code: 'registry/not-pushed',
      image: image.key,
      message: `Image ${image.key} was not pushed, so there is nothing to publish as ${image.image}.`,
      fix: 'Run again with push.',
    });
    return { status: 'unsound', problems: [...error.problems] };
  }
  const { key, image: name } = image;
  return verifyImage({ client, key, image: name, digest: built.digest, expected: expectedOf(image) });
}

/** Reads what each tag names now: it is needed to put it back. */
function planMoves(client: RegistryClient, { image, document }: Verified): Promise<TagMove[]> {
  return settle(
    image.tags.map(async (tag) => ({
      key: image.key,
      image: image.image,
      tag,
      kind: tag === image.releaseTag ? ('release' as const) : ('moving' as const),
      to: document,
      before: await client.getManifest(image.image, tag),
    })),
  );
}
