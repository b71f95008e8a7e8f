import { messageOf, warning, type Problem } from '../../lib/errors.js';
import type { TagOrder } from '../../plan/plan.js';
import { formatReference, type FetchedManifest, type RegistryClient } from '../client.js';
import type { SkippedTag } from '../published-image.js';
import type { TagMove } from '../tagging.js';
import type { Holder } from './order.js';
import { readOrigin } from './origin.js';
import { candidateOf, holderOf } from './tag-ordering.js';
import type { MovingImage, NewestRelease, TagOrdering, TagPolicy } from './tag-ordering.js';

/** Each round is another run's progress. */
const MOST_ROUNDS = 8;

export interface ReconciledTags {
  /** Moving tags that name this release. */
  tags: string[];
  skipped: SkippedTag[];
  warnings: Problem[];
}

interface OpenTag {
  image: MovingImage;
  tag: string;
  /** `release`: the release tag, which is to name what is deployed under it. */
  order: TagOrder | 'release';
  moved?: boolean;
}

/** `moved`: it was just moved and is read again in the next round. */
type Outcome = 'moved' | { names: Holder | undefined };

/**
 * Moves each moving tag to the newest release that a ledger knows, if that is newer than what the tag names.
 *
 * No registry compares and sets, so order is reached by reading again: a run that has moved a tag reads the ledger
 * after it, or compares it when writing it; a run that has written the ledger reads the tags after it. So the last one to
 * do either sees what all others did, and when all runs have ended each tag names the newest release.
 * Each round reads the ledgers first, then all tags that are still open, side by side.
 * @param scope `with-release-tags`: of two runs of one commit both may have pushed the release tag; the ledger decides
 *   which image it names. `moved`: tags that this run has just moved, which only a newer release in the ledger can change:
 *   another run that has moved one since reads the ledger after that, as this one does
 * @returns by image key; a tag whose order could not be determined is a warning, also after a cancel
 */
export async function reconcileTags(
  client: RegistryClient,
  { ordering, policy }: { ordering: TagOrdering; policy: TagPolicy },
  images: readonly MovingImage[],
  scope: { type: 'moving-tags'; moved: readonly Pick<TagMove, 'key' | 'tag'>[] } | { type: 'with-release-tags' },
): Promise<Map<string, ReconciledTags>> {
  const results = new Map(
    images.map(({ key }): [string, ReconciledTags] => [key, { tags: [], skipped: [], warnings: [] }]),
  );
  let open = images.flatMap((image): OpenTag[] => [
    ...(scope.type === 'with-release-tags' ? [{ image, tag: image.releaseTag, order: 'release' as const }] : []),
    ...Object.entries(image.movingTags).map(([tag, order]) => ({
      ...{ image, tag, order },
      moved: scope.type === 'moving-tags' && scope.moved.some((move) => move.key === image.key && move.tag === tag),
    })),
  ]);
  for (let round = 1; open.length > 0; round++) {
    const reading = Promise.resolve(ordering.newest());
    const outcomes = await Promise.allSettled(
      open.map(async (item) =>
        item.order === 'release'
          ? reconcileReleaseTag(client, item.image, await reading)
          : reconcileTag(client, policy, { ...item, order: item.order }, await reading),
      ),
    );
    open = open.flatMap((item, index) => {
      const { image, tag, order } = item;
      const outcome = outcomes[index]!;
      const result = results.get(image.key)!;
      const failed = outcome.status === 'rejected' ? messageOf(outcome.reason) : undefined;
      const moved = outcome.status === 'fulfilled' && outcome.value === 'moved';
      if (moved && round < MOST_ROUNDS) return { image, tag, order };
      if (failed !== undefined || moved)
        result.warnings.push(unknownOrder(item, failed ?? 'other runs kept moving it'));
      else if (order !== 'release' && outcome.status === 'fulfilled' && outcome.value !== 'moved') {
        const { names } = outcome.value;
        if (names === undefined || names.digest === image.digest) result.tags.push(tag);
        else result.skipped.push({ tag, by: nameOf(names), reason: 'newer-release' });
      }
      return [];
    });
  }
  return results;
}

async function reconcileTag(
  client: RegistryClient,
  policy: TagPolicy,
  { image, tag, order, moved }: OpenTag & { order: TagOrder },
  newest: readonly NewestRelease[],
): Promise<Outcome> {
  // If no ledger knows a newer release, this one leads.
  const leader =
    policy.mode === 'allow-rollback' ? undefined : ((await policy.leader(tag, order, image, newest)) ?? image);
  const stays = async (holder: Holder | undefined) =>
    leader === undefined ||
    leader.digest === holder?.digest ||
    (await policy.decide(order, leader, holder)).do === 'leave';
  if (moved && (await stays(holderOf(image)))) return { names: holderOf(image) };
  const found = await client.getManifest(image.image, tag);
  const holder = found && (await identify(client, image, found, newest));
  if (leader !== undefined && !(await stays(holder))) {
    await pointTo(client, image.image, tag, leader.digest);
    return 'moved';
  }
  if (holder === undefined) throw new Error('it names nothing');
  return { names: holder };
}

async function reconcileReleaseTag(
  client: RegistryClient,
  { image, releaseTag, commit }: MovingImage,
  newest: readonly NewestRelease[],
): Promise<Outcome> {
  const deployed = newest.find(
    (release) => release.image === image && release.tag === releaseTag && release.source.commit === commit,
  );
  if (deployed === undefined) return { names: undefined };
  if ((await client.getManifest(image, releaseTag))?.digest === deployed.digest) return { names: undefined };
  await pointTo(client, image, releaseTag, deployed.digest);
  return 'moved';
}

/**
 * The release that a tag names, by the best evidence: this release itself, a ledger, or the image's annotations. An
 * image that is used again names the commit that it was first built from; the ledger knows the present one.
 */
export async function identify(
  client: RegistryClient,
  image: MovingImage,
  found: FetchedManifest,
  newest: readonly NewestRelease[],
): Promise<Holder> {
  const { digest } = found;
  if (digest === image.digest) return holderOf(image);
  const known = newest.find((release) => release.image === image.image && release.digest === digest);
  if (known) return holderOf(candidateOf(known));
  const { releaseTag, commit, committed } = await readOrigin(client, image.image, found);
  return { digest, releaseTag, commit, committed, source: 'registry' };
}

async function pointTo(client: RegistryClient, image: string, tag: string, digest: string): Promise<void> {
  const document = await client.getManifest(image, digest);
  if (document === undefined) throw new Error(`the registry no longer serves ${digest}`);
  await client.putManifest(image, tag, document.bytes, document.mediaType);
}

/** For people: the release that a tag was left to. */
export function nameOf({ releaseTag, commit, digest }: Holder): string {
  return releaseTag ?? commit?.slice(0, 12) ?? digest;
}

function unknownOrder({ image: { key, image }, tag }: OpenTag, why: string): Problem {
  const message = `image-release could not find out whether ${formatReference(image, tag)} names the newest release: ${why.replace(/\.$/, '')}.`;
  return warning({ code: 'registry/tag-order-unknown', image: key, message });
}
