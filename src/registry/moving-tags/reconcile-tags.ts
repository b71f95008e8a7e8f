import { Cancelled, messageOf, type Problem } from '../../lib/errors.js';
import type { TagOrder } from '../../plan/plan.js';
import { type FetchedManifest, formatReference, type RegistryClient } from '../client.js';
import type { HeldTag } from '../published-image.js';
import type { Holder } from './order.js';
import { readOrigin } from './origin.js';
import { candidateOf, holderOf, type Judge, type MovingImage, type NewestRelease } from './tag-ordering.js';

/** Each turn is another run's progress. */
const MOST_TURNS = 8;

export interface SettledTags {
  /** Moving tags that name this release. */
  tags: string[];
  held: HeldTag[];
  warnings: Problem[];
}

/**
 * Gives each moving tag of an image the newest release that a ledger knows, if that is newer than what the tag names.
 *
 * Nothing in a registry compares and sets, so order is reached by looking again: whoever has put a tag reads the
 * ledger after it, and whoever has written the ledger looks at the tags after it. So the last one to do either sees
 * what all others did, and with all runs ended each tag names the newest release, in whatever order they came.
 * What can't be asked is a warning: the release stands.
 * @throws Cancelled
 */
export async function settleTags(
  client: RegistryClient,
  judge: Judge,
  image: MovingImage,
): Promise<SettledTags> {
  const settled: SettledTags = { tags: [], held: [], warnings: [] };
  await Promise.all(
    Object.entries(image.movingTags).map(async ([tag, order]) => {
      try {
        const by = await settleTag(client, judge, image, tag, order);
        if (by === 'ours') settled.tags.push(tag);
        else settled.held.push({ tag, by: nameOf(by), reason: 'newer-release' });
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        settled.warnings.push(unsettled(image, tag, error));
      }
    }),
  );
  return settled;
}

/** @returns what the tag names in the end: this release, or another one */
async function settleTag(
  client: RegistryClient,
  judge: Judge,
  image: MovingImage,
  tag: string,
  order: TagOrder,
): Promise<'ours' | Holder> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const newest = await judge.newest(image.image);
    const standing = await readHolder(client, image, tag, newest);
    // Where no ledger knows better, this release stands for itself.
    const leader =
      judge.mode === 'allow-rollback'
        ? undefined
        : ((await judge.leader(tag, order, image, newest)) ?? image);
    const stays =
      leader === undefined ||
      leader.digest === standing?.digest ||
      (await judge.mayMove(tag, order, leader, standing)).do === 'leave';
    if (stays) {
      if (standing === undefined) throw new Error('it names nothing');
      return standing.digest === image.digest ? 'ours' : standing;
    }
    await point(client, image.image, tag, leader.digest);
  }
  throw new Error('other runs kept moving it');
}

/** What a tag names, by the best evidence: this release itself, a ledger, or what the image says of itself. */
export async function readHolder(
  client: RegistryClient,
  image: MovingImage,
  tag: string,
  newest: readonly NewestRelease[],
): Promise<Holder | undefined> {
  const found = await client.getManifest(image.image, tag);
  if (found === undefined) return undefined;
  if (found.digest === image.digest) return holderOf(image);
  return identify(client, image.image, found, newest);
}

/** An image that is used again says of itself what it was first built from; the ledger knows what it stands for now. */
export async function identify(
  client: RegistryClient,
  image: string,
  found: FetchedManifest,
  newest: readonly NewestRelease[],
): Promise<Holder> {
  const known = newest.find(({ digest }) => digest === found.digest);
  if (known) return holderOf(candidateOf(known));
  const { releaseTag, commit, committed } = await readOrigin(client, image, found);
  return {
    digest: found.digest,
    ...(releaseTag !== undefined && { releaseTag }),
    ...(commit !== undefined && { commit }),
    ...(committed !== undefined && { committed }),
    source: 'registry',
  };
}

async function point(client: RegistryClient, image: string, tag: string, digest: string): Promise<void> {
  const document = await client.getManifest(image, digest);
  if (document === undefined) throw new Error(`the registry no longer serves ${digest}`);
  await client.putManifest(image, tag, document.bytes, document.mediaType);
}

/**
 * Two runs of one commit may both have put the release tag; the ledger says which of their images is deployed.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function settleReleaseTag(
  client: RegistryClient,
  judge: Judge,
  image: MovingImage,
): Promise<void> {
  const { releaseTag, commit } = image;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const deployed = (await judge.newest(image.image)).find(
      ({ tag, source }) => tag === releaseTag && source.commit === commit,
    );
    if (deployed === undefined) return;
    if ((await client.getManifest(image.image, releaseTag))?.digest === deployed.digest) return;
    await point(client, image.image, releaseTag, deployed.digest);
  }
}

/** For people: the release that a tag was left to. */
export function nameOf({ releaseTag, commit, digest }: Holder): string {
  return releaseTag ?? commit?.slice(0, 12) ?? digest;
}

export function unsettled(
  { key, image }: { key: string; image: string },
  tag: string,
  error: unknown,
): Problem {
  const reference = formatReference(image, tag);
  return {
    code: 'registry/tag-unsettled',
    severity: 'warning',
    image: key,
    message: `Whether ${reference} names the newest release could not be made sure: ${messageOf(error).replace(/\.$/, '')}.`,
    fix: 'Look at it when all runs have ended; the next release puts it right.',
  };
}
