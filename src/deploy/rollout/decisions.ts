import { formatPlace, problem, type Problem } from '../../lib/errors.js';
import type { MatchedEntry, ImageMatch } from '../deploy-edits.js';
import type { Intent, Rollout, SupersededImage } from '../target.js';
import type { LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import { splitTag } from '../kustomization/document.js';
import { isSameImage, namesRelease } from '../ledger/record.js';
import { commitInTag, decide, type Position, type Relation } from '../order.js';

/** A question about two commits; its answer never changes. */
export interface Comparison {
  key: string;
  /** `source`: the repository that the images are built from; `branch`: the one that is deployed to. */
  of: 'source' | 'branch';
  base: string;
  head: string;
}

export interface ImageOnChannel {
  channel: string;
  image: Rollout;
  /** The same, under the tag that the files are to name: that of an earlier release where it was not built. */
  written: Rollout;
  candidate: Position;
  entry?: LedgerEntry;
  /** Its entries in the Kustomizations of that channel. */
  matches: readonly ImageMatch[];
}

export type ImageDecision =
  | { do: 'apply' | 'roll-back' }
  /** A rollback has deployed exactly this: neither the files nor the ledger change. */
  | { do: 'keep' }
  /** `restored`: an earlier release that a person has put back, which the ledger doesn't know yet. */
  | { do: 'superseded'; by: SupersededImage['by']; restored?: LedgerRelease }
  | { do: 'refuse'; problem: Problem };

export type DecidedImage = ImageOnChannel & { decision: ImageDecision };

export function comparison(of: Comparison['of'], base: string, head: string): Comparison {
  return { key: `${of} ${base}...${head}`, of, base, head };
}

export function comparisonsFor(item: ImageOnChannel, intent: Intent): Comparison[] {
  if (intent.type === 'rollback') return [];
  const bases = [
    ...(item.entry && !isForeign(item.entry.newest, item.candidate) ? [item.entry.newest.commit] : []),
    ...evidenceOf(item).map(({ commit }) => commit),
  ];
  return bases
    .filter((base) => !item.candidate.commit.startsWith(base))
    .map((base) => comparison('source', base, item.candidate.commit));
}

export function decideImage(
  item: ImageOnChannel,
  intent: Intent,
  relations: ReadonlyMap<string, Relation>,
): ImageDecision {
  const { entry, candidate } = item;
  if (intent.type === 'rollback') {
    const seen = intent.seen.get(item.image.image);
    return entry && !isSamePosition(entry.newest, seen)
      ? { do: 'superseded', by: { tag: entry.current.tag, source: entry.newest, reason: 'release' } }
      : { do: 'roll-back' };
  }
  const seenFrom = (base: string): Relation =>
    candidate.commit.startsWith(base)
      ? 'identical'
      : (relations.get(comparison('source', base, candidate.commit).key) ?? 'unknown');
  const evidence = evidenceOf(item).map((each) => ({ ...each, relation: seenFrom(each.commit) }));
  const weighty = WEIGHT.flatMap((relation) => evidence.find((each) => each.relation === relation) ?? [])[0];
  const history = {
    newest: entry?.newest,
    relation: entry && (isForeign(entry.newest, candidate) ? 'unknown' : seenFrom(entry.newest.commit)),
    rolledBack: entry?.status === 'rolled-back',
    fromFile: weighty?.relation,
  };
  const decision = decide(history, candidate.run, intent.order);
  switch (decision.do) {
    case 'apply':
    case 'roll-back':
      return { do: decision.do };
    case 'superseded':
      if (decision.by === 'rollback' && isDeployed(item)) return { do: 'keep' };
      return { do: 'superseded', by: supersededBy(decision.by, entry, weighty) };
    case 'refuse':
      return { do: 'refuse', problem: refusal(item, decision, weighty) };
  }
}

/** What a tag in a file says against a candidate, the weightiest first; an unknown commit says nothing. */
const WEIGHT: readonly Relation[] = ['diverged', 'behind', 'identical', 'ahead'];

interface Evidence {
  tag: string;
  commit: string;
  entry: MatchedEntry;
}

/** Commits that tags in the files name, where the files don't show what the ledger says. */
function evidenceOf({ matches, entry }: ImageOnChannel): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const seen of matches.flatMap(({ entries }) => entries)) {
    if (entry && shows(seen, entry.current)) continue;
    const { tag = '' } = splitTag(seen);
    const commit = commitInTag(tag);
    if (commit !== undefined && !found.has(commit)) found.set(commit, { tag, commit, entry: seen });
  }
  return [...found.values()];
}

/** Whether an entry names this release, as far as it names anything. */
export function shows(seen: MatchedEntry, release: Pick<LedgerRelease, 'tag' | 'digest'>): boolean {
  return namesRelease(splitTag(seen), release);
}

/** Commits of two repositories can't be compared; where nobody said, they are taken for the same one's. */
export function isForeign(newest: Position, candidate: Position): boolean {
  return (
    newest.repository !== undefined &&
    candidate.repository !== undefined &&
    newest.repository.toLowerCase() !== candidate.repository.toLowerCase()
  );
}

function isDeployed({ entry, written, matches }: ImageOnChannel): boolean {
  const { releaseTag: tag, digest } = written;
  if (entry === undefined || !isSameImage(entry.current, { tag, digest })) return false;
  return matches.every(({ entries }) => entries.every((seen) => shows(seen, entry.current)));
}

function isSamePosition(a: Position, b: Position | undefined): boolean {
  return b !== undefined && a.commit === b.commit && a.run === b.run && !isForeign(a, b);
}

function supersededBy(
  reason: SupersededImage['by']['reason'],
  entry: LedgerEntry | undefined,
  evidence: Evidence | undefined,
): SupersededImage['by'] {
  if (reason === 'file' || entry === undefined) return { tag: evidence?.tag ?? '', reason };
  const { current, newest } = entry;
  return { tag: current.tag, source: reason === 'rollback' ? current.source : newest, reason };
}

function refusal(
  { channel, image, candidate, entry, matches }: ImageOnChannel,
  { reason, seenFrom }: { reason: 'diverged' | 'unknown'; seenFrom: 'ledger' | 'file' },
  evidence: (Evidence & { relation: Relation }) | undefined,
): Problem {
  const [match] = matches;
  const ours = `commit ${short(candidate.commit)} (${image.releaseTag})`;
  const inLedger = entry && { ...entry.newest, where: `the newest in the ledger of channel ${channel}` };
  const theirs =
    seenFrom === 'file' && evidence
      ? { commit: evidence.commit, where: `deployed by ${formatPlace(evidence.entry.place)}` }
      : (inLedger ?? { commit: '?', where: `of channel ${channel}` });
  const foreign = 'repository' in theirs && isForeign(theirs, candidate) ? ` of ${theirs.repository}` : '';
  const them = `commit ${short(theirs.commit)}${foreign}, ${theirs.where}`;
  const place = seenFrom === 'file' ? evidence?.entry.place : match?.deploy.place;
  return problem({
    code: 'deploy/order-unknown',
    message:
      reason === 'diverged'
        ? `${image.key}: ${ours} and ${them}, are on different lines of history; neither is newer.`
        : `${image.key}: it is not known whether ${ours} is newer than ${them}.`,
    image: image.key,
    ...(place && { place }),
  });
}

const short = (commit: string) => commit.slice(0, 12);
