import { warning, type Problem } from '../../lib/errors.js';
import { recordRelease } from '../ledger/record.js';
import type { LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import type { Relation } from '../order.js';
import type { BranchRequest } from './branch.js';
import { splitTag } from '../kustomization/document.js';
import { comparison, shows, type ImageOnChannel, type ImageDecision } from './decisions.js';

export interface EditScope {
  request: BranchRequest;
  head: string;
  relations: ReadonlyMap<string, Relation>;
}

/** A release that would only undo what a person has put back leaves it; a newer build replaces it. */
export function keepHandRestored(item: ImageOnChannel, decision: ImageDecision, scope: EditScope): ImageDecision {
  const restored = decision.do === 'apply' ? restoredByHand(item, scope) : undefined;
  if (restored === undefined) return decision;
  const { tag, source } = restored;
  return { do: 'superseded', by: { tag, source, reason: 'edit' }, restored };
}

/** The earlier release that the files name again everywhere, such as after `git revert` of the deploy commit. */
function restoredByHand(item: ImageOnChannel, scope: EditScope): LedgerRelease | undefined {
  const { intent } = scope.request;
  if (!isEditable(item, scope) || intent.type !== 'release' || intent.order !== 'forward-only') return undefined;
  const { entry, written, matches } = item;
  const { current } = entry;
  const isNews =
    written.digest === undefined || current.digest === undefined
      ? written.releaseTag !== current.tag
      : written.digest !== current.digest;
  const entries = matches.flatMap((match) => match.entries);
  if (isNews || entries.length === 0) return undefined;
  return entry.history.find((release) => entries.every((seen) => shows(seen, release)));
}

/** The ledger's entry that says so: pinned until a newer commit than this one comes, as after a rollback. */
export function recordHandRestored(
  { image, entry, candidate }: ImageOnChannel,
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
      ...{ decision: 'roll-back', how: 'in-place', mode: 'commit', former: 'stood' },
      source: newest,
      now,
    },
  );
}

export function warnOfReplacedEdits(item: ImageOnChannel, scope: EditScope): Problem[] {
  if (!isEditable(item, scope) || scope.request.intent.type !== 'release') return [];
  const { entry, image, written, matches } = item;
  const target = { tag: written.releaseTag, digest: written.digest };
  return matches.flatMap(({ entries }): Problem[] => {
    const seen = entries.find((each) => !shows(each, entry.current) && !shows(each, target));
    if (seen === undefined) return [];
    const { tag, digest } = splitTag(seen);
    return [
      warning({
        code: 'deploy/edit-replaced',
        message: `${image.key}: \`${written.releaseTag}\` replaces \`${tag ?? digest ?? seen.name}\`, which somebody had set after the last release; that one deployed \`${entry.current.tag}\`.`,
        fix: `To keep a value that is set by hand, leave \`${image.key}\` out of the \`images\` of this deploy target; to go back to an earlier release, run \`image-release rollback ${image.key}\`.`,
        image: image.key,
        place: seen.place,
      }),
    ];
  });
}

/**
 * A branch that lacks the last deploy commit was rewritten, or never got it. In a pull request a person decides
 * anyway.
 */
function isEditable(
  item: ImageOnChannel,
  { request, head, relations }: EditScope,
): item is ImageOnChannel & { entry: LedgerEntry } {
  const { entry } = item;
  if (!entry || entry.status === 'proposed' || request.proposalBranch !== undefined) return false;
  const { commit } = entry.current;
  if (commit === undefined || head.startsWith(commit)) return true;
  return ['ahead', 'identical'].includes(relations.get(comparison('branch', commit, head).key) ?? '');
}
