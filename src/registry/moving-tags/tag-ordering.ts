import { Cancelled } from '../../lib/errors.js';
import type { TagOrder } from '../../plan/plan.js';
import {
  type Candidate,
  type CommitRelation,
  decideMove,
  type Holder,
  type LeaveReason,
  sharesTag,
} from './order.js';

/** What tells which of two releases is later; the outside, as moving tags need it. */
export interface Precedence {
  /** `allow-rollback`: moving tags go to this release whatever they name. */
  mode: 'forward-only' | 'allow-rollback';
  /** Where commit `head` stands, seen from `base`; adapters: Ancestry of deploy/order. */
  compare(base: string, head: string): Promise<CommitRelation>;
  /**
   * The newest release of each image in each ledger that this run deploys by, read anew at every call. Left out: what
   * a person has rolled back, since it does not stand for what is newest.
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

/** An image whose moving tags are at stake. */
export interface MovingImage extends Candidate {
  key: string;
  /** Repository reference without tag. */
  image: string;
  movingTags: Readonly<Record<string, TagOrder>>;
}

export type Judgement = { do: 'move' } | { do: 'leave'; reason: LeaveReason; by: Holder };

/** Judges with all that is known of who was there: what the tag names, and what the ledgers say. */
export interface Judge {
  mode: Precedence['mode'];
  /** Of an image; questions of one moment share a reading of the ledgers. */
  newest(image: string): Promise<readonly NewestRelease[]>;
  /** May `ours` take the tag from what it names (undefined: nothing)? */
  mayMove(tag: string, order: TagOrder, ours: Candidate, standing: Holder | undefined): Promise<Judgement>;
  /** The newest of those releases that have the tag as `image` has it. */
  leader(
    tag: string,
    order: TagOrder,
    image: MovingImage,
    newest: readonly NewestRelease[],
  ): Promise<Candidate | undefined>;
}

export function createJudge(precedence: Precedence): Judge {
  const answers = new Map<string, Promise<CommitRelation>>();
  const relation = (base: string, head: string) => {
    const question = `${base} ${head}`;
    const answer = answers.get(question) ?? compare(precedence, base, head);
    answers.set(question, answer);
    return answer;
  };

  async function mayMove(...[, order, ours, standing]: Parameters<Judge['mayMove']>): Promise<Judgement> {
    if (standing === undefined || precedence.mode === 'allow-rollback') return { do: 'move' };
    const seen = standing.commit === undefined ? 'unknown' : await relation(standing.commit, ours.commit);
    const decision = decideMove(order, ours, standing, seen);
    return decision.do === 'move' ? decision : { ...decision, by: standing };
  }

  async function leader(
    ...[tag, order, image, newest]: Parameters<Judge['leader']>
  ): Promise<Candidate | undefined> {
    let first: Candidate | undefined;
    for (const release of newest) {
      if (!sharesTag(tag, order, image, release.tag)) continue;
      const candidate = candidateOf(release);
      const beaten = first && (await mayMove(tag, order, candidate, holderOf(first))).do === 'leave';
      if (!beaten) first = candidate;
    }
    return first;
  }

  let reading: Promise<readonly NewestRelease[]> | undefined;
  async function newest(image: string): Promise<readonly NewestRelease[]> {
    // Only what is asked before the reading begins may share it: it has to see what others did before the question.
    reading ??= Promise.resolve().then(() => {
      reading = undefined;
      return precedence.newest();
    });
    return (await reading).filter((release) => release.image === image);
  }

  return { mode: precedence.mode, newest, mayMove, leader };
}

/** No token, no network, a shallow clone: then commits can't be compared, which is no reason to publish nothing. */
async function compare(precedence: Precedence, base: string, head: string): Promise<CommitRelation> {
  if (base === head) return 'identical';
  try {
    return await precedence.compare(base, head);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return 'unknown';
  }
}

export function candidateOf({ tag, digest, source }: NewestRelease): Candidate {
  return {
    releaseTag: tag,
    digest,
    commit: source.commit,
    ...(source.run !== undefined && { run: source.run }),
  };
}

/** A release as the holder of a tag: what is known of it is certain. */
export function holderOf({ releaseTag, digest, commit, run }: Candidate): Holder {
  return { releaseTag, digest, commit, ...(run !== undefined && { run }), source: 'ledger' };
}
