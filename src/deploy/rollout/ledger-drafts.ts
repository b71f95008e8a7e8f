import type { Ledger } from '../ledger/ledger.js';
import { recordRelease, type LedgerDraft, type LedgerRecord, type Recording } from '../ledger/record.js';
import type { BranchOrder } from './branch.js';
import { recordPutBack } from './hand-edits.js';
import { shows, type ImageCase, type JudgedCase } from './judgement.js';

/** A channel's ledger as it was read. */
export interface Channel {
  before?: string;
  ledger: Ledger;
}

/** What a channel's ledger is to say after this release; undefined: nothing new. */
export function draftLedger(
  order: BranchOrder,
  { channel, before, ledger }: Channel & { channel: string },
  cases: readonly JudgedCase[],
  howOf: (item: JudgedCase) => Recording['how'],
): LedgerDraft | undefined {
  const images = new Map(ledger.images);
  const pending: string[] = [];
  const records: LedgerRecord[] = [];
  for (const item of cases) {
    const { image, entry, verdict } = item;
    if (verdict.do === 'refuse') continue;
    const how = howOf(item);
    const recorded =
      verdict.do === 'superseded'
        ? verdict.putBack && recordPutBack(item, verdict.putBack, order.now)
        : recordRelease(entry, recordingOf(order, item, verdict.do, how));
    if (!recorded) continue;
    images.set(image.image, recorded);
    if (how === 'edited') pending.push(image.image);
    records.push({
      key: image.key,
      tag: recorded.current.tag,
      what: how === 'edited' ? 'edited' : 'confirmed',
      before: entry?.current.tag,
    });
  }
  return records.length === 0
    ? undefined
    : { channel, before, ledger: { channel, images }, pending, records };
}

function recordingOf(
  { proposalBranch, source, now }: BranchOrder,
  { written, candidate, entry, sights }: ImageCase,
  verdict: Recording['verdict'],
  how: Recording['how'],
): Recording {
  const stood =
    entry?.status !== 'proposed' ||
    sights.some(({ entries }) => entries.some((seen) => shows(seen, entry.current)));
  const mode = proposalBranch === undefined ? 'commit' : 'pull-request';
  const former = stood ? 'stood' : 'never-stood';
  return { image: written, candidate, verdict, how, mode, former, source, now };
}

/**
 * What is undone rests on the ledger as it was read, which says what belongs there instead: so the ledger moves
 * along, though it says the same, and is compared.
 */
export function draftGuard(
  { channel, before, ledger }: Channel & { channel: string },
  undone: readonly ImageCase[],
): LedgerDraft | undefined {
  if (undone.length === 0) return undefined;
  const records = undone.flatMap(({ image, entry }): LedgerRecord[] =>
    entry ? [{ key: image.key, tag: entry.current.tag, what: 'edited', before: image.releaseTag }] : [],
  );
  return { channel, before, ledger, pending: [], records };
}
