import type { SwapResult } from '../../target.js';
import type { PushOutcome, Refusal } from './answers.js';
import { ledgerRef, type LedgerNamespace } from './ledgers.js';
import { push, type RefMove } from './push.js';
import type { GitRepository } from './repository.js';

/** A ledger commit that waits to be pushed. */
export interface LedgerCommit {
  channel: string;
  before?: string;
  after: string;
}

/** What a remote was found to be able to; learnt once per target. */
export interface RemoteAbilities {
  updates: 'together' | 'one-by-one';
  /** Where a ledger is created that exists nowhere yet. */
  newLedgers: LedgerNamespace;
}

export interface SwapPlace {
  repository: GitRepository;
  abilities: RemoteAbilities;
  /** By channel: where the ledgers that exist were found. */
  namespaces: Map<string, LedgerNamespace>;
  /** Makes a commit on top of `after` that says again what `before` said. */
  revert(before: string, after: string): Promise<string>;
  /** Where a ref stands now; undefined: nowhere, or it can't be read. */
  standingOf(ref: string): Promise<string | undefined>;
}

type Stopped = Exclude<PushOutcome, { status: 'landed' | 'stale' }>;
/** What came of it; `stopped` is for the caller to explain. */
export type Swapped =
  | { status: 'landed'; overtaken?: true }
  | { status: 'stale' }
  | { status: 'ledger-refused'; words: string }
  | { status: 'stopped'; by: Stopped };

/** Moves branch and ledgers, together where the server can; a refused ledger moves to the other namespace. */
export async function swapRefs(
  place: SwapPlace,
  branch: RefMove | undefined,
  ledgers: readonly LedgerCommit[],
): Promise<Swapped> {
  const { abilities } = place;
  /** The branch, until it has moved: a server may refuse a hidden ref and take the others all the same. */
  let open = branch;
  for (;;) {
    const ledgerMoves = ledgers.map((ledger) => moveOf(place, ledger));
    const moves = [...(open ? [open] : []), ...ledgerMoves];
    if (moves.length === 0) return { status: 'landed' };
    if (moves.length > 1 && abilities.updates === 'one-by-one') return oneByOne(place, open, ledgers);

    const outcome = await push(place.repository, moves);
    const halfway = branch !== undefined && open === undefined;
    switch (outcome.status) {
      case 'landed':
        return { status: 'landed' };
      case 'stale':
        return halfway ? { status: 'landed', overtaken: true } : { status: 'stale' };
      case 'failed':
        if (outcome.trouble === 'not-atomic') {
          abilities.updates = 'one-by-one';
          continue;
        }
        return halfway ? { status: 'landed', overtaken: true } : { status: 'stopped', by: outcome };
      case 'rules':
      case 'refused': {
        if (open && outcome.landed.includes(open.ref)) open = undefined;
        if (!concernsOnly(outcome, ledgerMoves)) return { status: 'stopped', by: outcome };
        if (elsewhere(place, ledgers, outcome)) continue;
        return branch !== undefined && open === undefined
          ? { status: 'landed', overtaken: true }
          : { status: 'ledger-refused', words: outcome.words };
      }
    }
  }
}

/**
 * For servers that can't move refs together (AWS CodeCommit, Azure DevOps): the ledgers first, so that whoever reads the branch after us reads
 * our ledger as well. Who read the ledger before us may still win the race for the branch, hence the look at the end.
 */
async function oneByOne(
  place: SwapPlace,
  branch: RefMove | undefined,
  ledgers: readonly LedgerCommit[],
): Promise<Swapped> {
  const moved: RefMove[] = [];
  for (const ledger of ledgers) {
    const result = await swapRefs(place, undefined, [ledger]);
    if (result.status !== 'landed') {
      await putBack(place, moved);
      return result;
    }
    moved.push(moveOf(place, ledger));
  }
  if (branch === undefined) return { status: 'landed' };
  const result = await swapRefs(place, branch, []);
  if (result.status !== 'landed') {
    // What may have landed is looked for by the caller.
    if (result.status !== 'stopped' || result.by.status !== 'failed') await putBack(place, moved);
    return result;
  }
  for (const { ref, after } of moved) {
    if ((await place.standingOf(ref)) !== after) return { status: 'landed', overtaken: true };
  }
  return result;
}

/**
 * Lets the ledgers say again what they said: by commits on top, which no server takes for a forced push, and
 * only where nobody has moved them on. Best effort: the reason for it is what has to be reported.
 */
async function putBack({ repository, revert }: SwapPlace, moved: readonly RefMove[]): Promise<void> {
  for (const { ref, before, after } of moved) {
    const back = before && after && (await revert(before, after));
    await push(repository, [{ ref, before: after, after: back }]);
  }
}

function moveOf(place: SwapPlace, { channel, before, after }: LedgerCommit): RefMove {
  const namespace = place.namespaces.get(channel) ?? place.abilities.newLedgers;
  return { ref: ledgerRef(namespace, channel), before, after };
}

function concernsOnly({ refs }: Refusal, moves: readonly RefMove[]): boolean {
  return refs.length > 0 && refs.every((name) => moves.some(({ ref }) => ref === name));
}

/**
 * Turns to the other namespace. A ledger that exists stays where it is: two of them would contradict each other.
 * @returns whether there is another place to try
 */
function elsewhere(place: SwapPlace, ledgers: readonly LedgerCommit[], { refs }: Refusal): boolean {
  const refused = ledgers.filter((ledger) => refs.includes(moveOf(place, ledger).ref));
  const exists = refused.some(({ before }) => before !== undefined);
  if (exists || place.abilities.newLedgers === 'heads') return false;
  place.abilities.newLedgers = 'heads';
  return true;
}

export function asResult(
  swapped: Exclude<Swapped, { status: 'stopped' }>,
  commit: { commit?: string; url?: string },
): SwapResult {
  switch (swapped.status) {
    case 'landed':
      return { status: 'committed', ...commit, ...(swapped.overtaken && { overtaken: true }) };
    case 'stale':
      return { status: 'stale' };
    case 'ledger-refused':
      return { status: 'ledger-refused', cause: new Error(swapped.words) };
  }
}
