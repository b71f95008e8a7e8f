import type { Rollout } from '../target.js';
import { isAsNew, isSamePosition, type Position } from '../order.js';
import type { Ledger, LedgerEntry, LedgerReading, LedgerRelease, LedgerStatus } from './ledger.js';

export interface LedgerDraft {
  reading: LedgerReading;
  ref: string;
  ledger: Ledger;
  /** Images whose `current` is written by the commit that moves along; its id is not known yet. */
  pending: readonly string[];
  records: readonly LedgerRecord[];
}

export interface LedgerRecord {
  key: string;
  tag: string;
  /** `confirmed`: it was deployed already. */
  what: 'edited' | 'confirmed';
  before?: string;
}

/** A release to record, and how the files come to name it. */
export interface Recording {
  image: Rollout;
  candidate: Position;
  /** As decided. */
  decision: 'apply' | 'roll-back';
  /** `edited`: by the commit that moves along · `proposed-already`: the pull request holds it. */
  how: 'edited' | 'in-place' | 'proposed-already';
  mode: 'commit' | 'pull-request';
  /** Whether the release before it was ever deployed, as far as the files and the ledger show. */
  former: 'stood' | 'never-stood';
  /** The value of `newest` for an image that the ledger has never seen, when it is rolled back. */
  source: Position;
  now: string;
}

const MOST_HISTORY = 50;

/**
 * The entry after a release was decided on. `newest` is only ever lowered by an allowed release of another line
 * of history; a rollback leaves it, so that what lies between can't undo it.
 */
export function recordRelease(entry: LedgerEntry | undefined, recording: Recording): LedgerEntry | undefined {
  const { image, candidate, how } = recording;
  const stays =
    entry !== undefined &&
    how !== 'edited' &&
    isSameImage(entry.current, { tag: image.releaseTag, digest: image.digest });
  const current: LedgerRelease = stays
    ? entry.current
    : {
        tag: image.releaseTag,
        digest: image.digest,
        source: candidate,
        at: recording.now,
        fingerprint: image.fingerprint,
        builtFrom: image.builtFrom,
        bases: image.bases,
      };
  const newest = newestAfter(entry, recording);
  const status = statusAfter(entry, newest, recording, stays);
  const pins = recording.decision === 'roll-back' && status !== entry?.status;
  if (stays && !pins && isSamePosition(newest, entry.newest)) return undefined;
  const history = entry ? historyAfter(entry, current, recording.former) : [];
  return { key: image.key, image: image.image, current, newest, status, history };
}

function newestAfter(entry: LedgerEntry | undefined, { decision, candidate, source }: Recording): Position {
  if (decision === 'roll-back') return entry?.newest ?? source;
  // The same commit, released by nobody in particular, takes no run's place.
  if (entry?.newest.commit === candidate.commit && candidate.run === undefined) return entry.newest;
  return candidate;
}

function statusAfter(
  entry: LedgerEntry | undefined,
  newest: Position,
  { decision, how, mode, candidate }: Recording,
  stays: boolean,
): LedgerStatus {
  // Of one commit there may be several releases: only the way forward from a rollback leads to the newest.
  const forward = entry === undefined || entry.status === 'rolled-back' || stays;
  if (decision === 'roll-back' && !(forward && isAsNew(candidate, newest))) return 'rolled-back';
  if (how === 'proposed-already') return entry?.status ?? 'proposed';
  if (mode === 'pull-request' && how === 'edited') return 'proposed';
  return how === 'edited' || decision === 'roll-back' ? 'deployed' : 'unchanged';
}

function historyAfter(entry: LedgerEntry, current: LedgerRelease, former: Recording['former']): LedgerRelease[] {
  const left = former === 'stood' ? [entry.current, ...entry.history] : entry.history;
  return left
    .filter((release, index) => ![current, ...left.slice(0, index)].some((other) => isSameImage(other, release)))
    .slice(0, MOST_HISTORY);
}

type TagAndDigest = Pick<LedgerRelease, 'tag' | 'digest'>;

/** Whether both name this tag and, where both name one, this digest. */
export function isSameImage(a: TagAndDigest, b: TagAndDigest): boolean {
  return a.tag === b.tag && (a.digest === undefined || b.digest === undefined || a.digest === b.digest);
}

/**
 * Whether a tag and digest as a file has them name this release. `pin` decides whether tag, digest or both are written:
 * what is written must be right, and something must be.
 */
export function namesRelease({ tag, digest }: Partial<TagAndDigest>, release: TagAndDigest): boolean {
  if (tag === undefined && digest === undefined) return false;
  return isSameImage({ tag: tag ?? release.tag, digest }, release);
}
