import type { Problem } from '../../lib/errors.js';
import { closest } from '../../lib/suggestion.js';
import type { Ledger, LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import { isAsNew, type Position, type Relation } from '../order.js';
import { recordOf, type NamedImage } from './status.js';

/** Where a rollback goes: so many releases back, or to a tag or source commit. */
export type Destination = { type: 'steps'; back: number } | { type: 'named'; name: string };

/** What stood there before. */
export const ONE_BACK: Destination = { type: 'steps', back: 1 };

/** One image's way back (or forward again). */
export interface ChosenRelease {
  key: string;
  /** Repository reference without tag, as the ledger has it. */
  image: string;
  from: LedgerRelease;
  to: LedgerRelease;
  /** The newest release that was decided on: what lands meanwhile and is newer wins. */
  newest: Position;
  /** `pinned`: runs of commits up to `newest` will not undo it. */
  effect: 'pinned' | 'unpinned';
}

/** Where the commit of a release stands, seen from that of the current one; undefined: nobody asked. */
export type SeenFromCurrent = (entry: LedgerEntry, release: LedgerRelease) => Relation | undefined;

/** Source commits may be given by as few digits as git prints. */
const SHORTEST_COMMIT = 7;
const LISTED = 10;

/**
 * Chooses for each image the release to go back to, out of the ledger. Pure.
 * Steps count what stood there, the latest first. They never lead to something newer than what stands there now:
 * after a rollback, the release that was undone is reached by its name alone.
 * @returns all choices, and a problem for each image that has no such release
 */
export function chooseRollback(
  ledger: Ledger,
  images: readonly NamedImage[],
  destination: Destination,
  seenFromCurrent: SeenFromCurrent = () => undefined,
): { choices: ChosenRelease[]; problems: Problem[] } {
  const choices: ChosenRelease[] = [];
  const problems: Problem[] = [];
  for (const named of images) {
    const entry = recordOf(ledger, named);
    if (entry === undefined) {
      problems.push(unrecorded(ledger, named));
      continue;
    }
    const { current: from, newest, image } = entry;
    const to =
      destination.type === 'steps'
        ? stepBack(entry, destination.back, seenFromCurrent)
        : findNamed(entry, destination.name);
    if (to === undefined) problems.push(noSuchRelease(named.key, entry, destination));
    else if (to === 'several') problems.push(severalReleases(named.key, entry, destination));
    else {
      const forward = entry.status === 'rolled-back' || to === from;
      const effect = forward && isAsNew(to.source, newest) ? 'unpinned' : 'pinned';
      choices.push({ key: named.key, image, from, to, newest, effect });
    }
  }
  return { choices, problems };
}

/** Reads `-N`, a tag or a commit. */
export function readDestination(text: string): Destination {
  const [, steps] = /^-(\d{1,4})$/.exec(text) ?? [];
  return steps === undefined ? { type: 'named', name: text } : { type: 'steps', back: Number(steps) };
}

function stepBack(
  entry: LedgerEntry,
  back: number,
  seenFromCurrent: SeenFromCurrent,
): LedgerRelease | undefined {
  return othersOf(entry).filter((release) => !isUndone(entry, release, seenFromCurrent))[back - 1];
}

/** Whether a release was undone by the rollback that stands. */
function isUndone(entry: LedgerEntry, release: LedgerRelease, seenFromCurrent: SeenFromCurrent): boolean {
  if (entry.status !== 'rolled-back') return false;
  if (isAsNew(release.source, entry.newest)) return true;
  const relation = seenFromCurrent(entry, release);
  if (relation === 'ahead') return true;
  if (relation === 'behind') return false;
  const [run, currentRun] = [release.source.run, entry.current.source.run];
  return run !== undefined && currentRun !== undefined && run > currentRun;
}

/** A tag as it stands, else the commit that a release was built from; the latest of several counts. */
function findNamed(entry: LedgerEntry, name: string): LedgerRelease | 'several' | undefined {
  const releases = [entry.current, ...othersOf(entry)];
  const tagged = releases.find(({ tag }) => tag === name);
  if (tagged || name.length < SHORTEST_COMMIT) return tagged;
  const built = releases.filter(({ source }) => source.commit.startsWith(name.toLowerCase()));
  return new Set(built.map(({ source }) => source.commit)).size > 1 ? 'several' : built[0];
}

function othersOf({ current, history }: LedgerEntry): LedgerRelease[] {
  const seen = new Set([nameOf(current)]);
  return history.filter((release) => {
    const name = nameOf(release);
    return seen.has(name) ? false : seen.add(name);
  });
}

function nameOf({ tag, digest }: LedgerRelease): string {
  return `${tag}@${digest ?? ''}`;
}

function noSuchRelease(key: string, entry: LedgerEntry, destination: Destination): Problem {
  const others = othersOf(entry);
  const { current } = entry;
  if (others.length === 0) {
    return {
      code: 'deploy/no-such-release',
      severity: 'error',
      message: `${key} has no earlier release on record: ${current.tag} is the only one.`,
      fix: `Name another one in full: image-release deploy --image ${key}=${entry.image}:TAG --allow-rollback.`,
      image: key,
    };
  }
  const named = destination.type === 'named' ? destination.name : undefined;
  const near =
    named === undefined
      ? undefined
      : closest(
          named,
          [current, ...others].map(({ tag }) => tag),
        );
  return {
    code: 'deploy/no-such-release',
    severity: 'error',
    message:
      destination.type === 'steps'
        ? `${key} has no ${destination.back === 1 ? 'release' : `${destination.back} releases`} before ${current.tag}.`
        : `${key} was never released as ${destination.name}, nor from such a commit, as far as the record goes.`,
    fix: near === undefined ? 'Give --to one of those that are listed.' : `Did you mean --to ${near}?`,
    detail: listReleases(entry),
    image: key,
  };
}

function severalReleases(key: string, entry: LedgerEntry, destination: Destination): Problem {
  return {
    code: 'deploy/no-such-release',
    severity: 'error',
    message: `${key} has releases of several commits that begin with ${destination.type === 'named' ? destination.name : ''}.`,
    fix: 'Give more digits of the commit, or the tag.',
    detail: listReleases(entry),
    image: key,
  };
}

function unrecorded(ledger: Ledger, { key, image }: NamedImage): Problem {
  return {
    code: 'deploy/no-history',
    severity: 'error',
    message: `The ledger of channel ${ledger.channel} knows no release of ${key}${image === undefined ? '' : ` (${image})`}.`,
    fix: `Name the release yourself: image-release deploy --image ${key}=${image ?? 'REF'}:TAG --allow-rollback.`,
    image: key,
  };
}

/** `main-0f9e8d7  2026-01-05 10:11 UTC  from 0f9e8d7`, the latest first, the current one marked. */
function listReleases(entry: LedgerEntry): string {
  const releases = [entry.current, ...othersOf(entry)];
  const shown = releases.slice(0, LISTED);
  const width = Math.max(...shown.map(({ tag }) => tag.length));
  const lines = shown.map(({ tag, at, source }, index) => {
    const when = at.replace(/^(\S{10})T(\S{5}).*$/, '$1 $2 UTC');
    return `${tag.padEnd(width)}  ${when}  from ${source.commit.slice(0, 7)}${index === 0 ? '  (deployed now)' : ''}`;
  });
  const more = releases.length - shown.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
