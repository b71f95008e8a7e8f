import { failure } from '../../../lib/errors.js';
import type { LedgerMove } from '../../ledger/ledger.js';
import type { SwapResult, TargetChange } from '../../target.js';
import { readRef } from './history.js';
import { gitHubProblem } from './problems.js';
import { RequestFailed } from './requests.js';
import { branchMove, committed, settle, standStill, type SwapContext } from './swap-context.js';
import {
  createCommitOnBranch,
  removeRef,
  setRef,
  treeOf,
  updateRefs,
  writeCommit,
  writeLedgerCommit,
  ZEROS,
  type RefMove,
  type Written,
} from './writes.js';

/**
 * For servers that can't move branch and ledgers together: the ledgers go first, each by its own
 * compare-and-set, then the branch. Who is overtaken in between is told so; what was refused is taken back.
 * @throws ReleaseError, RequestFailed
 */
export async function swapApart(context: SwapContext, change: TargetChange): Promise<SwapResult> {
  const { explainer, server } = context;
  const byContents = server.updateRefs === 'missing' && !change.proposal;
  if (byContents && change.files.some((file) => file.mode !== '100644')) {
    throw failure(gitHubProblem('unsafe-write', explainer.place('')));
  }
  const commit = change.files.length > 0 && !byContents ? await context.deployCommit(change) : undefined;
  const moved: RefMove[] = [];
  try {
    const { result, ledgers } = await moveAll(context, change, commit, moved);
    if (ledgers === 'to be taken back') await takeBack(context, moved);
    return result;
  } catch (error) {
    await takeBack(context, moved);
    throw error;
  }
}

interface Swapped {
  result: SwapResult;
  ledgers: 'as they stand' | 'to be taken back';
}

/** @param moved collects the ledgers that have moved */
async function moveAll(
  context: SwapContext,
  change: TargetChange,
  commit: Written | undefined,
  moved: RefMove[],
): Promise<Swapped> {
  for (const ledger of change.ledgers) {
    const result = await moveLedger(context, change, ledger, commit?.oid);
    if ('status' in result) return { result, ledgers: 'to be taken back' };
    moved.push(result);
  }
  if (change.files.length === 0) return { result: committed(), ledgers: 'as they stand' };
  const written = commit
    ? await moveBranch(context, change, commit)
    : await createCommitOnBranch(context.repository, change);
  if (written === 'stale') return { result: { status: 'stale' }, ledgers: 'to be taken back' };
  if (written instanceof RequestFailed) {
    const result = await settle(context, written, 'reference', change);
    const undone = result.status === 'stale' || (await isAnswered(context, change, written));
    return { result, ledgers: undone ? 'to be taken back' : 'as they stand' };
  }
  const overtaken = await wereOvertaken(context, moved);
  return { result: { ...committed(written), ...(overtaken && { overtaken }) }, ledgers: 'as they stand' };
}

/** Moves one ledger; a name that the server does not take is given up for the other one. */
async function moveLedger(
  context: SwapContext,
  change: TargetChange,
  ledger: LedgerMove,
  commit: string | undefined,
): Promise<RefMove | SwapResult> {
  const { repository, names } = context;
  const after = await writeLedgerCommit(repository, ledger, ledger.text(commit));
  for (;;) {
    const move = { name: names.of(ledger.channel), before: ledger.before ?? ZEROS, after, force: false };
    const refused = await setRef(repository, move);
    if (!refused) return move;
    switch (refused.trouble) {
      case 'rules':
      case 'permission-denied':
      case 'missing':
      case 'other': {
        // A refusal of this API is certain, but not what it means: a race can look the same.
        const standing = await standStill(repository, [move]);
        if (standing === 'moved') return { status: 'stale' };
        if (standing === 'unknown') return { status: 'unknown', cause: refused };
        if (ledger.before !== undefined || names.isBranch(ledger.channel))
          return { status: 'ledger-refused', cause: refused };
        names.refuseOwn();
        continue;
      }
      default:
        return settle(context, refused, 'reference', change);
    }
  }
}

async function moveBranch(
  context: SwapContext,
  change: TargetChange,
  commit: Written,
): Promise<Written | RequestFailed | 'stale'> {
  const { repository, server } = context;
  const move = branchMove(context, change, commit);
  if (server.updateRefs === 'there') {
    const refused = await updateRefs(repository, await context.repositoryId(), [move]);
    return refused ?? commit;
  }
  // The branch of a pull request is set by force, and only whoever has just moved the ledger does so.
  if ((await standStill(repository, [move])) === 'moved') return 'stale';
  return (await setRef(repository, move)) ?? commit;
}

/** Whether an error in unknown words came after all with an answer: the branch has not moved. */
async function isAnswered(
  { repository }: SwapContext,
  { base, proposal }: TargetChange,
  refused: RequestFailed,
): Promise<boolean> {
  if (refused.trouble !== 'other' || proposal) return false;
  const branch = { name: `refs/heads/${repository.branch}`, before: base, after: base, force: false };
  return (await standStill(repository, [branch])) === 'still';
}

/** Whether a ledger has moved on since; one that can't be read may have. */
async function wereOvertaken({ repository }: SwapContext, moved: readonly RefMove[]): Promise<boolean> {
  try {
    for (const { name, after } of moved) {
      if ((await readRef(repository, name.slice('refs/'.length))) !== after) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof RequestFailed) return true;
    throw error;
  }
}

/**
 * Lets the ledgers say again what they said before, by commits on top: nothing that came in between is lost. A
 * ledger that was not there before is removed. Best effort: the reason for it is what has to be reported.
 */
async function takeBack({ repository }: SwapContext, moved: readonly RefMove[]): Promise<void> {
  for (const { name, before, after } of moved) {
    try {
      if (before === ZEROS) {
        const now = await readRef(repository, name.slice('refs/'.length));
        if (now === after) await removeRef(repository, name);
        continue;
      }
      const back = await writeCommit(repository, {
        message: 'Take back: the deploy commit did not land',
        tree: await treeOf(repository, before),
        parents: [after],
      });
      await setRef(repository, { name, before: after, after: back.oid, force: false });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
    }
  }
}
