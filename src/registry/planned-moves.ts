import type { Problem } from '../lib/errors.js';
import { type FetchedManifest, formatReference, type RegistryClient } from './client.js';
import type { Holder } from './moving-tags/order.js';
import { holderOf, type Judge, type MovingImage, type NewestRelease } from './moving-tags/tag-ordering.js';
import { identify, nameOf } from './moving-tags/reconcile-tags.js';
import { type HeldTag, movingImage, type ReleaseSource, type Verified } from './published-image.js';

import { adoptRelease, releaseTagTaken, type AdoptionObjection } from './release-tag.js';
import type { TagMove } from './tagging.js';

/** What is to become of the tags of one image. */
export interface MovePlan {
  /** What the tags will name: another run's image where that has the release tag. */
  image: Verified;
  moves: TagMove[];
  held: HeldTag[];
  warnings: Problem[];
}

/**
 * Looks at what each tag names now, which is also needed to put it back, and decides which may move. Puts nothing.
 * @throws ReleaseError `registry/release-tag-taken`, `registry/*`; Cancelled
 */
export async function planMoves(
  client: RegistryClient,
  judge: Judge,
  verified: Verified,
  options: { source: ReleaseSource; unread?: readonly string[]; objection?: AdoptionObjection },
): Promise<MovePlan> {
  const { source } = options;
  const { image } = verified;
  const name = image.image;
  const [newest, ...before] = await Promise.all([
    judge.newest(name),
    ...image.tags.map((tag) => client.getManifest(name, tag)),
  ]);
  const release = before[image.tags.indexOf(image.releaseTag)];
  const ours = await releaseOf(client, verified, release, options);
  const moving = movingImage(ours, source);
  const plan: MovePlan = { image: ours, moves: [], held: [], warnings: [] };
  for (const [index, tag] of image.tags.entries()) {
    const stood = before[index];
    const kind = tag === image.releaseTag ? 'release' : image.movingTags[tag] ? 'moving' : 'fixed';
    const move: TagMove = { key: image.key, image: name, tag, kind, to: ours.document, before: stood };
    const hold =
      kind === 'release' || stood?.digest === ours.document.digest
        ? undefined
        : kind === 'fixed'
          ? stood && { by: stood.digest, reason: 'taken' as const }
          : await judgeTag(client, judge, moving, tag, stood, newest, plan.warnings);
    if (hold === undefined) plan.moves.push(move);
    else plan.held.push({ tag, ...hold });
  }
  return plan;
}

/**
 * The release tag is free, ours, or that of another run of the same commit, which we join then. What was there before
 * the plan was made, and the plan did not see, is no such run: we may have built because that one is out of date.
 */
async function releaseOf(
  client: RegistryClient,
  verified: Verified,
  stood: FetchedManifest | undefined,
  { source: { commit }, unread = [], objection }: Parameters<typeof planMoves>[3],
): Promise<Verified> {
  if (stood === undefined || stood.digest === verified.document.digest) return verified;
  if (unread.includes(verified.image.key)) throw releaseTagTaken(verified.image, stood.digest);
  const { document, platforms } = await adoptRelease({ client, objection }, verified.image, commit, stood);
  return { image: verified.image, status: 'adopted', document, platforms };
}

/** @returns undefined: it may move */
async function judgeTag(
  client: RegistryClient,
  judge: Judge,
  image: MovingImage,
  tag: string,
  stood: FetchedManifest | undefined,
  newest: readonly NewestRelease[],
  warnings: Problem[],
): Promise<Omit<HeldTag, 'tag'> | undefined> {
  const order = image.movingTags[tag] ?? 'commit';
  const standing = stood && (await identify(client, image.image, stood, newest));
  const leader = judge.mode === 'allow-rollback' ? undefined : await judge.leader(tag, order, image, newest);
  for (const rival of [leader && holderOf(leader), standing]) {
    const judgement = await judge.mayMove(tag, order, image, rival);
    if (judgement.do === 'leave') return { by: nameOf(judgement.by), reason: judgement.reason };
  }
  if (standing && standing.commit === undefined) warnings.push(replaced(image, tag, standing));
  return undefined;
}

function replaced({ key, image }: MovingImage, tag: string, { digest }: Holder): Problem {
  return {
    code: 'registry/tag-replaced',
    severity: 'warning',
    image: key,
    message: `${formatReference(image, tag)} named ${digest}, of which nothing says from which commit it was built; it was replaced.`,
    fix: 'Nothing, if it came from another tool; else find out who moves this tag.',
  };
}
