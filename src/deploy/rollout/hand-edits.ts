import type { Problem } from '../../lib/errors.js';
import { recordRelease } from '../ledger/record.js';
import type { LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import type { Relation } from '../order.js';
import type { BranchOrder } from './branch.js';
import { comparison, shows, split, type ImageCase, type Verdict } from './judgement.js';

/** What tells an edit by hand from other reasons why the files may say something else than the ledger. */
export interface EditScope {
  order: BranchOrder;
  /** Head of the branch. */
  head: string;
  relations: ReadonlyMap<string, Relation>;
}

/**
 * A release that would only undo what a person has put back leaves it, as it leaves a rollback. A newer build
 * replaces it.
 */
export function leavePutBack(item: ImageCase, verdict: Verdict, scope: EditScope): Verdict {
  const putBack = verdict.do === 'apply' ? releasePutBack(item, scope) : undefined;
  if (putBack === undefined) return verdict;
  const { tag, source } = putBack;
  return { do: 'superseded', by: { tag, source, reason: 'edit' }, putBack };
}

/** The earlier release that the files name again everywhere, such as after `git revert` of the deploy commit. */
function releasePutBack(item: ImageCase, scope: EditScope): LedgerRelease | undefined {
  const { intent } = scope.order;
  if (!isEditable(item, scope) || intent.type !== 'release' || intent.order !== 'forward-only')
    return undefined;
  const { entry, written, sights } = item;
  const { current } = entry;
  const isNews =
    written.digest === undefined || current.digest === undefined
      ? written.releaseTag !== current.tag
      : written.digest !== current.digest;
  const entries = sights.flatMap((sight) => sight.entries);
  if (isNews || entries.length === 0) return undefined;
  return entry.history.find((release) => entries.every((seen) => shows(seen, release)));
}

/** The ledger's entry that says so: pinned until a newer commit than this one comes, as after a rollback. */
export function recordPutBack(
  { image, entry, candidate }: ImageCase,
  { tag, digest, source, fingerprint, builtFrom }: LedgerRelease,
  now: string,
): LedgerEntry | undefined {
  if (entry === undefined) return undefined;
  const newest = entry.newest.commit === candidate.commit ? entry.newest : candidate;
  return recordRelease(
    { ...entry, newest },
    {
      image: { key: image.key, image: image.image, releaseTag: tag, digest, fingerprint, builtFrom },
      candidate: source,
      ...{ verdict: 'roll-back', how: 'in-place', mode: 'commit', former: 'stood' },
      source: newest,
      now,
    },
  );
}

/** Warns of values that a person has set and this release replaces. */
export function replacedEdits(item: ImageCase, scope: EditScope): Problem[] {
  if (!isEditable(item, scope) || scope.order.intent.type !== 'release') return [];
  const { entry, image, written, sights } = item;
  const target = { tag: written.releaseTag, digest: written.digest };
  return sights.flatMap(({ entries }): Problem[] => {
    const seen = entries.find((each) => !shows(each, entry.current) && !shows(each, target));
    if (seen === undefined) return [];
    const { tag, digest } = split(seen);
    return [
      {
        code: 'deploy/edit-replaced',
        severity: 'warning',
        message: `${image.key}: \`${written.releaseTag}\` replaces \`${tag ?? digest ?? seen.name}\`, which somebody had set after the last release; that one deployed \`${entry.current.tag}\`.`,
        fix: `To keep a value that is set by hand, leave \`${image.key}\` out of the \`images\` of this deploy target; to go back to an earlier release, run \`image-release rollback ${image.key}\`.`,
        image: image.key,
        place: seen.place,
      },
    ];
  });
}

/**
 * A branch that lacks the last deploy commit was rewritten, or never got it. In a pull request a person decides
 * anyway.
 */
function isEditable(
  item: ImageCase,
  { order, head, relations }: EditScope,
): item is ImageCase & { entry: LedgerEntry } {
  const { entry } = item;
  if (!entry || entry.status === 'proposed' || order.proposalBranch !== undefined) return false;
  const { commit } = entry.current;
  if (commit === undefined || head.startsWith(commit)) return true;
  return ['ahead', 'identical'].includes(relations.get(comparison('branch', commit, head).key) ?? '');
}
