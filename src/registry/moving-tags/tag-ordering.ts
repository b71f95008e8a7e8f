import { Cancelled } from '../../lib/errors.js';
import type { TagOrder } from '../../plan/plan.js';
import { decideMove, sharesTag, type Candidate, type CommitRelation, type Holder, type LeaveReason } from './order.js';

/** The outside that tells which of two releases is newer: history and ledgers. */
export interface TagOrdering {
  /** `allow-rollback`: moving tags go to this release whatever they name. */
  mode: 'forward-only' | 'allow-rollback';
  /** How commit `head` relates to `base`; adapters: Ancestry of deploy/order. */
  compare(base: string, head: string): Promise<CommitRelation>;
  /**
   * Reads the newest release of each image in each ledger that this run deploys by. Images that were rolled back are
   * left out: they aren't the newest.
   */
  newest(): Promise<readonly NewestRelease[]>;
}

export interface NewestRelease {
  /** Repository reference without tag. */
  image: string;
  /** Its release tag, or that of the release whose build it uses again. */
  tag: string;
  digest: string;
  source: { commit: string; run?: number };
}

/** A release of an image with its moving tags. */
export interface MovingImage extends Candidate {
  key: string;
  /** Repository reference without tag. */
  image: string;
  movingTags: Readonly<Record<string, TagOrder>>;
}

export type PolicyDecision = { do: 'move' } | { do: 'leave'; reason: LeaveReason; by: Holder };

export type TagPolicy = ReturnType<typeof createTagPolicy>;

/** Decides about moving tags with history and ledgers. */
export function createTagPolicy(ordering: TagOrdering) {
  /** May `ours` take a tag from its holder (undefined: the tag is new)? */
  const decide = async (order: TagOrder, ours: Candidate, holder: Holder | undefined): Promise<PolicyDecision> => {
    if (holder === undefined || ordering.mode === 'allow-rollback') return { do: 'move' };
    const relation = holder.commit === undefined ? 'unknown' : await compare(ordering, holder.commit, ours.commit);
    const decision = decideMove(order, ours, holder, relation);
    return decision.do === 'move' ? decision : { ...decision, by: holder };
  };
  /** The newest of those releases that have the tag as `image` has it. */
  const leader = async (
    tag: string,
    order: TagOrder,
    image: MovingImage,
    newest: readonly NewestRelease[],
  ): Promise<Candidate | undefined> => {
    let first: Candidate | undefined;
    for (const release of newest) {
      if (release.image !== image.image || !sharesTag(tag, order, image, release.tag)) continue;
      const candidate = candidateOf(release);
      if (first === undefined || (await decide(order, candidate, holderOf(first))).do === 'move') first = candidate;
    }
    return first;
  };
  return { mode: ordering.mode, decide, leader };
}

/** No token, no network, a shallow clone: then commits can't be compared, which must not stop publishing. */
async function compare(ordering: TagOrdering, base: string, head: string): Promise<CommitRelation> {
  if (base === head) return 'identical';
  try {
    return await ordering.compare(base, head);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return 'unknown';
  }
}

export function candidateOf({ tag, digest, source }: NewestRelease): Candidate {
  return { releaseTag: tag, digest, ...source };
}

/** A release as the holder of a tag: the ledger vouches for it. */
export function holderOf({ releaseTag, digest, commit, run }: Candidate): Holder {
  return { releaseTag, digest, commit, run, source: 'ledger' };
}
