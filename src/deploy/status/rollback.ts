import { problem, type Problem } from '../../lib/errors.js';
import { closest } from '../../lib/suggestion.js';
import type { Ledger, LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import { isAsNew, type Ancestry, type Position, type Relation } from '../order.js';
import { entryOf, type NamedImage } from './status.js';

/** The goal of a rollback: a number of releases back, or a tag or source commit. */
export type Destination = { type: 'steps'; back: number } | { type: 'named'; name: string };

export const ONE_BACK: Destination = { type: 'steps', back: 1 };

/** One image's way back (or forward again). */
export interface ChosenRelease {
  key: string;
  image: string;
  from: LedgerRelease;
  to: LedgerRelease;
  /** The newest release that was decided on: what lands meanwhile and is newer wins. */
  newest: Position;
  /** `pinned`: runs of commits up to `newest` will not undo it. */
  effect: 'pinned' | 'unpinned';
}

/** How commits of releases relate to the commits of current ones, as far as a step back needs it. */
export type ReleaseRelations = ReadonlyMap<string, Relation>;

/** Source commits may be given by as few digits as git prints. */
const SHORTEST_COMMIT = 7;
const LISTED = 10;

/**
 * Reads from the history of the source which releases are older than the current ones. After a rollback, the ledger alone
 * does not say which of the other releases it has undone.
 */
export async function readRelations(
  ledger: Ledger,
  images: readonly NamedImage[],
  destination: Destination,
  ancestry: Ancestry,
  options: { signal?: AbortSignal },
): Promise<ReleaseRelations> {
  const relations = new Map<string, Relation>();
  if (destination.type === 'named') return relations;
  for (const named of images) {
    const entry = entryOf(ledger, named);
    if (entry?.status !== 'rolled-back') continue;
    let earlier = 0;
    for (const release of entry.history) {
      if (earlier >= destination.back) break;
      const [base, head] = [entry.current.source.commit, release.source.commit];
      const key = pairOf(entry, release);
      const relation = relations.get(key) ?? (await ancestry.compare(base, head, options));
      relations.set(key, relation);
      if (relation === 'behind') earlier += 1;
    }
  }
  return relations;
}

const pairOf = ({ current }: LedgerEntry, { source }: LedgerRelease) => `${current.source.commit}..${source.commit}`;

/**
 * Chooses for each image the release to go back to. Pure. `-1` is the previously deployed release, `-2` the one before. A
 * step never leads to a release that is newer than the current one: after a rollback, the release that was undone is
 * reached by its name alone.
 */
export function chooseRollback(
  ledger: Ledger,
  images: readonly NamedImage[],
  destination: Destination,
  relations: ReleaseRelations = new Map(),
): { choices: ChosenRelease[]; problems: Problem[] } {
  const choices: ChosenRelease[] = [];
  const problems: Problem[] = [];
  for (const named of images) {
    const entry = entryOf(ledger, named);
    if (entry === undefined) {
      problems.push(unrecorded(ledger, named));
      continue;
    }
    const { current: from, newest, image } = entry;
    const to =
      destination.type === 'steps'
        ? othersOf(entry).filter((release) => !isUndone(entry, release, relations))[destination.back - 1]
        : findNamed(entry, destination.name);
    if (to === undefined) problems.push(noSuchRelease(named.key, entry, destination));
    else if (to === 'several')
      problems.push(severalReleases(named.key, entry, 'name' in destination ? destination.name : ''));
    else {
      const forward = entry.status === 'rolled-back' || to === from;
      const effect = forward && isAsNew(to.source, newest) ? 'unpinned' : 'pinned';
      choices.push({ key: named.key, image, from, to, newest, effect });
    }
  }
  return { choices, problems };
}

export function readDestination(text: string): Destination {
  const [, steps] = /^-(\d{1,4})$/.exec(text) ?? [];
  return steps === undefined ? { type: 'named', name: text } : { type: 'steps', back: Number(steps) };
}

/** Whether the current rollback has undone a release. */
function isUndone(entry: LedgerEntry, release: LedgerRelease, relations: ReleaseRelations): boolean {
  if (entry.status !== 'rolled-back') return false;
  if (isAsNew(release.source, entry.newest)) return true;
  const relation = relations.get(pairOf(entry, release));
  if (relation === 'ahead') return true;
  if (relation === 'behind') return false;
  const [run, currentRun] = [release.source.run, entry.current.source.run];
  return run !== undefined && currentRun !== undefined && run > currentRun;
}

/** By tag, else by the commit that a release was built from; the latest of several counts. */
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
  const { current, image } = entry;
  const others = othersOf(entry);
  const code = 'deploy/no-such-release';
  if (others.length === 0) {
    return problem({
      code,
      message: `${key} has no earlier release on record: ${current.tag} is the only one.`,
      fix: `Name another one in full: image-release deploy --image ${key}=${image}:TAG --allow-rollback.`,
      image: key,
    });
  }
  const common = { code, detail: listReleases(entry), image: key } as const;
  const listed = 'Give --to one of those that are listed.';
  if (destination.type === 'steps') {
    const count = destination.back === 1 ? 'release' : `${destination.back} releases`;
    return problem({ ...common, message: `${key} has no ${count} before ${current.tag}.`, fix: listed });
  }
  const { name } = destination;
  const near = closest(
    name,
    [current, ...others].map(({ tag }) => tag),
  );
  return problem({
    ...common,
    message: `The ledger has no release of ${key} by the tag or commit ${name}.`,
    fix: near === undefined ? listed : `Did you mean --to ${near}?`,
  });
}

function severalReleases(key: string, entry: LedgerEntry, name: string): Problem {
  return problem({
    code: 'deploy/no-such-release',
    message: `${key} has releases of several commits that begin with ${name}.`,
    fix: 'Give more digits of the commit, or the tag.',
    detail: listReleases(entry),
    image: key,
  });
}

function unrecorded({ channel }: Ledger, { key, image }: NamedImage): Problem {
  return problem({
    code: 'deploy/no-history',
    message: `The ledger of channel ${channel} has no release of ${key}${image === undefined ? '' : ` (${image})`}.`,
    fix: `Name the release yourself: image-release deploy --image ${key}=${image ?? 'REF'}:TAG --allow-rollback.`,
    image: key,
  });
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
