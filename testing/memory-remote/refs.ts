import { LEDGER_FILE, LEDGER_PLACES, ledgerRef, type LedgerReading } from '../../src/deploy/ledger/ledger.js';
import type { CommitResult, TargetChange, TargetCommit, TargetFile } from '../../src/deploy/target.js';
import type { MemoryCommit, Objects } from './objects.js';

/** Full names of refs (`refs/heads/main`) and where they stand: the whole state of a repository. */
export type Refs = ReadonlyMap<string, string>;

/** Where a server accepts ledgers. */
export type LedgerSupport = 'everywhere' | 'branches' | 'nowhere';

export interface Swapped {
  refs: Refs;
  result: Extract<CommitResult, { status: 'committed' | 'stale' | 'ledger-refused' }>;
}

export const branchRef = (branch: string) => `refs/heads/${branch}`;

export function readLedger(objects: Objects, refs: Refs, channel: string): LedgerReading {
  const ref = LEDGER_PLACES.map((place) => ledgerRef(place, channel)).find((name) => refs.has(name));
  if (ref === undefined) return { channel };
  const oid = refs.get(ref) as string;
  const { files, message } = objects.read(oid);
  const file = files.get(LEDGER_FILE);
  return { channel, ref, oid, text: file && Buffer.from(file.bytes).toString('utf8'), message };
}

export function commitsBetween(objects: Objects, since: string, head: string): TargetCommit[] {
  const before = new Set(objects.history(since).map(({ oid }) => oid));
  return objects.history(head).flatMap(({ oid, message }) => (before.has(oid) ? [] : [{ oid, message }]));
}

/** A commit with these files on top of `base`. */
export function writeOnTop(objects: Objects, base: string, change: Pick<TargetChange, 'files' | 'message'>): string {
  const files = new Map<string, TargetFile>(objects.read(base).files);
  for (const { path, bytes, mode } of change.files) files.set(path, { bytes, mode });
  return objects.write({ parents: [base], files, message: change.message });
}

/** Moves branch (or that of a pull request) and ledgers, all or none, if each points to what was read. */
export function commitRefs(
  objects: Objects,
  refs: Refs,
  branch: string,
  change: TargetChange,
  support: LedgerSupport,
): Swapped {
  const { proposal, base, files } = change;
  const name = branchRef(proposal?.branch ?? branch);
  const moved = new Map(refs);
  let commit: string | undefined;
  if (files.length > 0) {
    if (refs.get(name) !== (proposal ? proposal.before : base)) return { refs, result: { status: 'stale' } };
    commit = writeOnTop(objects, base, change);
    moved.set(name, commit);
  }
  for (const { ref, before, text, message } of change.ledgers) {
    const isBranch = ref.startsWith(branchRef(''));
    if (support === 'nowhere' || (support === 'branches' && !isBranch))
      return { refs, result: { status: 'ledger-refused', cause: new Error(`${ref} is refused`) } };
    if (refs.get(ref) !== before) return { refs, result: { status: 'stale' } };
    const ledger: MemoryCommit['files'] = new Map([[LEDGER_FILE, { bytes: Buffer.from(text), mode: '100644' }]]);
    const parents = before === undefined ? [] : [before];
    moved.set(ref, objects.write({ parents, files: ledger, message: message(commit) }));
  }
  return { refs: moved, result: { status: 'committed', commit } };
}
