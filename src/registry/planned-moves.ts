import { warning, type Problem, failure, type ReleaseError } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import type { ReadTags } from './cached-reads.js';
import { formatReference, type FetchedManifest, type RegistryClient } from './client.js';
import { identify, nameOf } from './moving-tags/reconcile-tags.js';
import { holderOf, type MovingImage, type NewestRelease, type TagPolicy } from './moving-tags/tag-ordering.js';
import type { PublishOptions } from './publish.js';
import { movingImage, type SkippedTag, type VerifiedImage } from './published-image.js';
import type { TagMove } from './tagging.js';
import { readOrigin } from './moving-tags/origin.js';
import { expectedOf, verifyImage } from './verify.js';

/** The plan for the tags of one image. */
export interface MovePlan {
  /** The image that the tags will name: another run's if that has the release tag. */
  image: VerifiedImage;
  moves: TagMove[];
  skippedTags: SkippedTag[];
  warnings: Problem[];
}

/** What each tag of the plan names now. */
export type ExistingTags = ReadonlyMap<string, FetchedManifest | undefined>;

/** @throws ReleaseError `registry/*`; Cancelled */
export async function readExistingTags(client: RegistryClient, { image, tags }: PlannedImage): Promise<ExistingTags> {
  const entries = tags.map(async (tag) => [tag, await client.getManifest(image, tag)] as const);
  return new Map(await Promise.all(entries));
}

/**
 * The tags of an image as they were read for the plan, if all of them named it or were free. Then only its release tag is
 * created, and no other run takes part in that: one of the same commit would give it to the same image, and if it has
 * built another one, the ledger decides after the rollout. Tags that have to move are read again right before.
 */
export function currentTags(planned: PlannedImage, known: ReadTags): ExistingTags | undefined {
  if (planned.status !== 'unchanged') return undefined;
  const { image, tags, releaseTag, digest } = planned;
  const found = tags.map((tag) => [tag, known.get(formatReference(image, tag))] as const);
  const isCurrent = ([tag, named]: (typeof found)[number]) =>
    named?.digest === digest || (tag === releaseTag && named === undefined && known.has(formatReference(image, tag)));
  return found.every(isCurrent) ? new Map(found) : undefined;
}

export interface MoveOptions extends Pick<PublishOptions, 'client' | 'source' | 'unread' | 'objection'> {
  policy: TagPolicy;
}

/**
 * Decides which tags may move. Moves none.
 * @param existing also needed to restore the tags
 * @throws ReleaseError `registry/release-tag-taken`, `registry/*`; Cancelled
 */
export async function planMoves(
  options: MoveOptions,
  verified: VerifiedImage,
  existing: ExistingTags,
  newest: readonly NewestRelease[],
): Promise<MovePlan> {
  const { image } = verified;
  const ours = await releaseOf(options, verified, existing.get(image.releaseTag));
  const { document } = ours;
  const moving = movingImage(image, document.digest, options.source);
  const plan: MovePlan = { image: ours, moves: [], skippedTags: [], warnings: [] };
  for (const tag of image.tags) {
    const before = existing.get(tag);
    const kind = tag === image.releaseTag ? 'release' : image.movingTags[tag] ? 'moving' : 'fixed';
    const free = kind === 'release' || before === undefined || before.digest === document.digest;
    const skip =
      kind === 'moving' && before?.digest !== document.digest
        ? await decideTag(options, moving, tag, before, newest, plan.warnings)
        : free
          ? undefined
          : { by: before.digest, reason: 'taken' as const };
    if (skip === undefined)
      plan.moves.push({ key: image.key, image: image.image, tag, kind, status: ours.status, to: document, before });
    else plan.skippedTags.push({ tag, ...skip });
  }
  return plan;
}

/**
 * The release tag is free, ours, or that of another run of the same commit, whose image is adopted then. If the plan
 * could not read what is published, it is no such run: we may have built because that image is out of date.
 */
async function releaseOf(
  { client, source: { commit }, unread, objection }: MoveOptions,
  verified: VerifiedImage,
  existing: FetchedManifest | undefined,
): Promise<VerifiedImage> {
  const { image } = verified;
  if (existing === undefined || existing.digest === verified.document.digest) return verified;
  if (unread.includes(image.key)) throw releaseTagTaken(image, existing.digest);
  return adoptRelease({ client, objection }, image, commit, existing);
}

/** @returns undefined: it may move */
async function decideTag(
  { client, policy }: MoveOptions,
  image: MovingImage,
  tag: string,
  existing: FetchedManifest | undefined,
  newest: readonly NewestRelease[],
  warnings: Problem[],
): Promise<Omit<SkippedTag, 'tag'> | undefined> {
  const order = image.movingTags[tag] ?? 'commit';
  const holder = existing && (await identify(client, image, existing, newest));
  const leader = policy.mode === 'allow-rollback' ? undefined : await policy.leader(tag, order, image, newest);
  for (const rival of [leader && holderOf(leader), holder]) {
    const decision = await policy.decide(order, image, rival);
    if (decision.do === 'leave') return { by: nameOf(decision.by), reason: decision.reason };
  }
  if (holder && holder.commit === undefined) {
    const message = `${formatReference(image.image, tag)} named ${holder.digest}, which does not name its commit; it was replaced.`;
    const fix = 'If that image came from another tool, do nothing; else find out who moves this tag.';
    warnings.push(warning({ code: 'registry/tag-order-unknown', image: image.key, message, fix }));
  }
  return undefined;
}

/** Why an image must not replace ours, a sentence; undefined: it may. */
export type AdoptionObjection = (
  image: PlannedImage,
  digest: string,
  client: RegistryClient,
) => Promise<string | undefined>;

/**
 * Adopts the image that a release tag names instead of ours: another run has released the same commit from the same
 * inputs, and something other than the registry vouches for it. Then both runs end with that image, and with one tag.
 * @throws ReleaseError `registry/release-tag-taken`, or why it can't be read
 */
export async function adoptRelease(
  { client, objection }: { client: RegistryClient; objection?: AdoptionObjection },
  planned: PlannedImage,
  commit: string,
  { digest, ...found }: FetchedManifest,
): Promise<VerifiedImage> {
  const { key, image, releaseTag, fingerprint } = planned;
  const origin = await readOrigin(client, image, found);
  // A build that is used again names an earlier commit; then the tag itself has to name ours.
  const ofThisCommit = origin.commit === commit || releaseTag.includes(commit.slice(0, 7));
  if (!ofThisCommit || fingerprint === undefined || origin.fingerprint !== fingerprint)
    throw releaseTagTaken(planned, digest, origin.commit);
  const distrust = await objection?.(planned, digest, client);
  if (distrust !== undefined) throw releaseTagTaken(planned, digest, origin.commit, distrust);
  const verification = await verifyImage({ client, key, image, digest, expected: expectedOf(planned) });
  if (verification.status === 'unsound') {
    const detail = verification.problems.map(({ message }) => message).join('\n');
    throw releaseTagTaken(planned, digest, origin.commit, detail);
  }
  const { document, platforms } = verification;
  return { image: planned, status: 'adopted', document, platforms };
}

function releaseTagTaken(
  { key, image, releaseTag }: PlannedImage,
  digest: string,
  commit?: string,
  detail?: string,
): ReleaseError {
  const of = commit === undefined ? '' : `, built from commit ${commit.slice(0, 12)}`;
  const message = `${formatReference(image, releaseTag)} already names another image: ${digest}${of}.`;
  return failure({ code: 'registry/release-tag-taken', image: key, message, ...(detail !== undefined && { detail }) });
}
