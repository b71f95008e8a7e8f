import type { LedgerMove, LedgerReading } from '../../src/deploy/ledger/ledger.js';
import type { SwapResult, TargetChange, TargetCommit, TargetFile } from '../../src/deploy/target.js';
import type { MemoryCommit, Objects } from './objects.js';

/** Full names of refs (`refs/heads/main`) and where they stand: the whole state of a repository. */
export type Refs = ReadonlyMap<string, string>;

/** What a server lets clients do with refs outside `refs/heads` and `refs/tags`. */
export type LedgerSupport = 'own-namespace' | 'branches-only' | 'refused';

export interface Swapped {
  refs: Refs;
  result: Extract<SwapResult, { status: 'committed' | 'stale' | 'ledger-refused' }>;
}

export const branchRef = (branch: string) => `refs/heads/${branch}`;

/** Both names that a channel's ledger may have; the first that exists counts. */
export const ledgerRefs = (channel: string) =>
  [`refs/image-release/${channel}`, `refs/heads/image-release/${channel}`] as const;

export function readLedger(objects: Objects, refs: Refs, channel: string): LedgerReading {
  const name = ledgerRefs(channel).find((candidate) => refs.has(candidate));
  if (name === undefined) return { channel };
  const oid = refs.get(name) as string;
  const file = objects.read(oid).files.get('ledger.json');
  return { channel, oid, text: file && Buffer.from(file.bytes).toString('utf8') };
}

export function commitsBetween(objects: Objects, since: string, head: string): TargetCommit[] {
  const before = new Set(objects.history(since).map(({ oid }) => oid));
  return objects.history(head).flatMap(({ oid, message }) => (before.has(oid) ? [] : [{ oid, message }]));
}

/** A commit with these files on top of `base`. */
export function writeOnTop(
  objects: Objects,
  base: string,
  change: Pick<TargetChange, 'files' | 'message'>,
): string {
  const files = new Map<string, TargetFile>(objects.read(base).files);
  for (const { path, bytes, mode } of change.files) files.set(path, { bytes, mode });
  return objects.write({ parents: [base], files, message: change.message });
}

/** Moves branch and ledgers, all or none, if each stands where it was read. */
export function swapRefs(
  objects: Objects,
  refs: Refs,
  branch: string,
  change: TargetChange,
  support: LedgerSupport,
): Swapped {
  const onBranch = swapBranch(objects, refs, branch, change);
  if (onBranch.result.status !== 'committed') return onBranch;
  const both = swapLedgers(objects, onBranch.refs, change.ledgers, onBranch.result.commit, support);
  return both.result.status === 'committed'
    ? { refs: both.refs, result: onBranch.result }
    : { refs, result: both.result };
}

/** The half of a swap that goes to the branch, or to the branch of a pull request. */
export function swapBranch(objects: Objects, refs: Refs, branch: string, change: TargetChange): Swapped {
  const { proposal, base } = change;
  const name = branchRef(proposal?.branch ?? branch);
  if (change.files.length === 0) return { refs, result: { status: 'committed' } };
  const expected = proposal ? proposal.before : base;
  if (refs.get(name) !== expected) return { refs, result: { status: 'stale' } };
  const commit = writeOnTop(objects, base, change);
  return { refs: new Map(refs).set(name, commit), result: { status: 'committed', commit } };
}

/** The half of a swap that goes to the ledgers. */
export function swapLedgers(
  objects: Objects,
  refs: Refs,
  moves: readonly LedgerMove[],
  commit: string | undefined,
  support: LedgerSupport,
): Swapped {
  const moved = new Map(refs);
  for (const { channel, before, text, message } of moves) {
    const [own, branch] = ledgerRefs(channel);
    const name = moved.has(own) || support !== 'branches-only' ? own : branch;
    if (support === 'refused') return { refs, result: { status: 'ledger-refused', cause: REFUSED } };
    if (readLedger(objects, moved, channel).oid !== before) return { refs, result: { status: 'stale' } };
    const files: MemoryCommit['files'] = new Map([
      ['ledger.json', { bytes: Buffer.from(text(commit)), mode: '100644' }],
    ]);
    moved.set(name, objects.write({ parents: before === undefined ? [] : [before], files, message }));
  }
  return { refs: moved, result: { status: 'committed', commit } };
}

const REFUSED = new Error('the server takes no refs outside of refs/heads and refs/tags');
