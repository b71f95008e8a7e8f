import type { TagOrder } from '../../plan/plan.js';
import { compareVersions, isFinal, isVersion } from './versions.js';

/** How a commit relates to another one; the same as Relation of deploy/order. */
export type CommitRelation = 'ahead' | 'identical' | 'behind' | 'diverged' | 'unknown';

/** A release that a moving tag may name. */
export interface Candidate {
  releaseTag: string;
  digest: string;
  commit: string;
  /** Id of the run; grows with time. Undefined outside Actions. */
  run?: number;
  /** When the commit was made, seconds since the epoch. */
  committed?: number;
}

/** The release that a moving tag names, as far as it is known, or the newest release of a ledger. */
export interface Holder extends Partial<Candidate> {
  digest: string;
  /** The evidence: the ledger decides on commits as the rollout does, annotations are hints. */
  source: 'ledger' | 'registry';
}

export type MoveDecision = { do: 'move' } | { do: 'leave'; reason: LeaveReason };

/** newer-version, newer-commit, later-run: the holder is that · unplaced: which of the two is newer is not known. */
export type LeaveReason = 'newer-version' | 'newer-commit' | 'later-run' | 'unplaced';

/**
 * Decides whether a moving tag may move from its holder to our release: only forward.
 *
 * Tags ordered by version compare release tags; if those can't be compared, and for all other tags, the commits decide
 * as they decide on a rollout. Commits without an order in history (a rebased branch, the merge commits of a pull
 * request) are ordered by time; if the holder is in the ledger such tags are left, as the rollout refuses such
 * releases. An image of unknown origin is replaced.
 * @param relation of our commit to the holder's
 */
export function decideMove(
  order: TagOrder,
  ours: Candidate,
  holder: Holder | undefined,
  relation: CommitRelation,
): MoveDecision {
  if (holder === undefined) return { do: 'move' };
  const versions = order === 'version' ? compareReleaseTags(ours, holder) : 'same';
  if (versions === 'newer') return { do: 'move' };
  if (versions === 'older') return { do: 'leave', reason: 'newer-version' };
  switch (relation) {
    case 'ahead':
      return { do: 'move' };
    case 'behind':
      return { do: 'leave', reason: 'newer-commit' };
    case 'identical': {
      const earlier = ours.run !== undefined && holder.run !== undefined && ours.run < holder.run;
      return earlier ? { do: 'leave', reason: 'later-run' } : { do: 'move' };
    }
    case 'diverged':
    case 'unknown':
      if (holder.commit === undefined) return { do: 'move' };
      if (holder.source === 'ledger' || versions === 'incomparable') return { do: 'leave', reason: 'unplaced' };
      return (ours.committed ?? Infinity) < (holder.committed ?? -Infinity)
        ? { do: 'leave', reason: 'newer-commit' }
        : { do: 'move' };
  }
}

function compareReleaseTags({ releaseTag, commit }: Candidate, holder: Holder) {
  const form = formOf(releaseTag, commit);
  const theirs = holder.releaseTag;
  if (form.type !== 'version' || theirs === undefined || !theirs.startsWith(form.prefix)) return 'incomparable';
  return compareVersions(form.version, theirs.slice(form.prefix.length));
}

/**
 * Whether another release has this moving tag, too. A ledger names releases by their release tag alone, so its form
 * decides: `main-…` for releases of main, `1.2.…` for those that `1.2` names. In doubt no: then what the tag names
 * decides.
 */
export function sharesTag(tag: string, order: TagOrder, ours: Pick<Candidate, 'releaseTag' | 'commit'>, other: string) {
  const form = formOf(ours.releaseTag, ours.commit);
  if (form.type === 'other' || !other.startsWith(form.prefix)) return false;
  const rest = other.slice(form.prefix.length).replace(REPEATED, '');
  if (form.type === 'commit') {
    const id = rest.slice(0, rest.length - form.suffix.length);
    return order === 'commit' && rest.endsWith(form.suffix) && /^[0-9a-f]{7,64}$/.test(id);
  }
  if (!isVersion(rest)) return false;
  if (order === 'commit') return true;
  const numbers = /^v?(\d+(?:\.\d+)*)$/.exec(tag.startsWith(form.prefix) ? tag.slice(form.prefix.length) : tag)?.[1];
  return isFinal(rest) && (numbers === undefined || `${rest}.`.startsWith(`${numbers}.`));
}

/** The suffix of a further build of one release. */
const REPEATED = /-r\d+$/;

type TagForm =
  | { type: 'commit'; prefix: string; suffix: string }
  | { type: 'version'; prefix: string; version: string }
  | { type: 'other' };

/** Splits a release tag into the part that names the release and the part that similar releases share. */
function formOf(releaseTag: string, commit: string): TagForm {
  const again = releaseTag.replace(REPEATED, '');
  for (const id of [commit, commit.slice(0, 12), commit.slice(0, 7)]) {
    const at = again.lastIndexOf(id);
    if (at >= 0) return { type: 'commit', prefix: again.slice(0, at), suffix: again.slice(at + id.length) };
  }
  const [, prefix = '', version] = /^(.*?)(\d+(?:\.\d+)+.*)$/.exec(again) ?? [];
  return version !== undefined && isVersion(version) ? { type: 'version', prefix, version } : { type: 'other' };
}
