import { failure } from '../../lib/errors.js';
import type { LedgerMove } from '../ledger/ledger.js';
import type { SwapResult, TargetChange } from '../target.js';
import { readRef } from './github-history.js';
import { gitHubProblem } from './github-problems.js';
import { RequestFailed } from './github-requests.js';
import { branchMove, committed, settle, standStill, type SwapContext } from './github-swap-context.js';
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
} from './github-writes.js';

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
  for (const ledger of change.ledgers) {
    const result = await moveLedger(context, change, ledger, commit?.oid);
    if ('after' in result) {
      moved.push(result);
      continue;
    }
    await takeBack(context, moved);
    return result;
  }
  if (change.files.length === 0) return committed();
  const written = commit ? await moveBranch(context, change, commit) : await commitContents(context, change);
  if (!(written instanceof RequestFailed) && written !== 'stale') {
    return { ...committed(written), ...((await wereOvertaken(context, moved)) && { overtaken: true }) };
  }
  try {
    const result: SwapResult =
      written === 'stale' ? { status: 'stale' } : await settle(context, written, 'reference', change);
    if (result.status === 'stale') await takeBack(context, moved);
    return result;
  } catch (error) {
    await takeBack(context, moved);
    throw error;
  }
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

async function commitContents(
  { repository }: SwapContext,
  change: TargetChange,
): Promise<Written | RequestFailed> {
  return createCommitOnBranch(repository, change);
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
        message: 'Take back: the deploy commit was refused',
        tree: await treeOf(repository, before),
        parents: [after],
      });
      await setRef(repository, { name, before: after, after: back.oid, force: false });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
    }
  }
}
