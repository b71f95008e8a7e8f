import { failure } from '../../../lib/errors.js';
import { retryAfterMs } from '../../../github/failures.js';
import { LONGEST_WAIT_MS, onFailure, type GitHubRepository, type RequestFailed } from '../../../github/requests.js';
import type { LedgerReading } from '../../ledger/ledger.js';
import type { CommitResult, TargetChange } from '../../target.js';
import type { Explainer } from './explain.js';
import { readRef } from './history.js';
import { gitHubProblem, nameRules } from './problems.js';
import { updateRefs, writeCommit, writeLedgerCommit, ZEROS, type RefMove } from './writes.js';

export interface CommitContext {
  repository: GitHubRepository & { branch: string };
  explainer: Explainer;
  /** Writes the tree of the change, if that was not done before. */
  treeOf(change: TargetChange): Promise<string>;
  repositoryId(): Promise<string>;
  /** The ledgers as the update has left them. */
  onMoved(ledgers: LedgerReading[]): void;
}

/** Wait after a failure that certainly wrote nothing. */
const RETRY_MS = 2_000;

/** Writes the commits, then moves branch and ledgers together. */
export function commitChange(context: CommitContext, change: TargetChange): Promise<CommitResult> {
  return onFailure(writeAndMove(context, change), (failed) => classifyObjectFailure(context, failed, change));
}

async function writeAndMove(context: CommitContext, change: TargetChange): Promise<CommitResult> {
  const { repository } = context;
  const { message, base } = change;
  const tree = change.files.length > 0 ? await context.treeOf(change) : undefined;
  const commit = tree === undefined ? undefined : await writeCommit(repository, { tree, message, parents: [base] });
  const ledgers = await Promise.all(
    change.ledgers.map(async (move) => {
      const text = move.text(commit?.oid);
      return { ...move, text, oid: await writeLedgerCommit(repository, move, text) };
    }),
  );
  const { proposal } = change;
  const place = proposal
    ? { name: `refs/heads/${proposal.branch}`, beforeOid: proposal.before ?? ZEROS, force: true }
    : { name: `refs/heads/${repository.branch}`, beforeOid: base, force: false };
  const moves: RefMove[] = [
    ...(commit ? [{ ...place, afterOid: commit.oid }] : []),
    ...ledgers.map(({ ref: name, before: beforeOid = ZEROS, oid: afterOid }) => {
      return { name, beforeOid, afterOid, force: false };
    }),
  ];
  const result = { status: 'committed', ...(commit && { commit: commit.oid, url: commit.url }) } as const;
  if (moves.length === 0) return result;
  const id = await context.repositoryId();
  // A merge of the pull request moves the target's branch and leaves the pull request's as it is; the next proposal would
  // conflict with that merge. The update can't compare the target's branch: to name it there is a write, which rules refuse.
  if (proposal && (await readRef(repository, `refs/heads/${repository.branch}`)) !== base) return { status: 'stale' };
  let refused = await updateRefs(repository, id, moves);
  // An error of no known kind may be a lost race, or about any of the refs: a second one decides.
  if (refused?.kind === 'other' && (await lookAt(repository, moves)) === 'unmoved')
    refused = await updateRefs(repository, id, moves);
  if (refused) return classifyUpdateFailure(context, refused, change, moves);
  context.onMoved(ledgers);
  return result;
}

/** Whether the refs are where they were read. */
async function lookAt(
  repository: GitHubRepository,
  moves: readonly RefMove[],
): Promise<'unmoved' | 'moved' | 'unknown'> {
  const now = await onFailure(Promise.all(moves.map(({ name }) => readRef(repository, name))), () => undefined);
  if (now === undefined) return 'unknown';
  return moves.every(({ beforeOid }, index) => (now[index] ?? ZEROS) === beforeOid) ? 'unmoved' : 'moved';
}

async function classifyObjectFailure(
  { explainer }: CommitContext,
  failed: RequestFailed,
  { files, proposal }: TargetChange,
): Promise<CommitResult> {
  const noRight = failed.kind === 'permission-denied' || failed.kind === 'missing';
  if (noRight && files.length === 0) return { status: 'ledger-refused', cause: failed };
  if (failed.kind === 'transient') return { status: 'later', cause: failed, retryAfterMs: RETRY_MS };
  return classifyFailure(explainer, failed, proposal?.branch);
}

/** A failure of the update itself: the refs may have moved. */
async function classifyUpdateFailure(
  { repository, explainer }: CommitContext,
  failed: RequestFailed,
  { files, ledgers, proposal }: TargetChange,
  moves: readonly RefMove[],
): Promise<CommitResult> {
  const branch = proposal?.branch ?? repository.branch;
  const refusedLedger = { status: 'ledger-refused', cause: failed } as const;
  switch (failed.kind) {
    case 'transient':
      return { status: 'unknown', cause: failed };
    case 'permission-denied':
    case 'missing':
      if (files.length === 0) return refusedLedger;
      break;
    case 'rules': {
      // Rules apply to branches. If none of this branch's can be the reason, it is one of the ledger's branch.
      const onBranch = ledgers.some(({ ref }) => ref.startsWith('refs/heads/'));
      if (onBranch && (files.length === 0 || nameRules(await explainer.readRules(branch)).length === 0))
        return refusedLedger;
      break;
    }
    case 'other': {
      const look = await lookAt(repository, moves);
      if (look === 'moved') return { status: 'stale' };
      if (look === 'unmoved' && ledgers.length > 0) return refusedLedger;
      const rules = nameRules(await explainer.readRules(branch));
      const hint = rules.length > 0 ? `\nActive rules on ${branch}: ${rules.join(', ')}` : '';
      return { status: 'unknown', cause: new Error(failed.message + hint) };
    }
    default:
  }
  return classifyFailure(explainer, failed, branch);
}

async function classifyFailure(
  explainer: Explainer,
  failed: RequestFailed,
  branch: string | undefined,
): Promise<CommitResult> {
  switch (failed.kind) {
    case 'stale':
      return { status: 'stale' };
    case 'rate-limited': {
      const wait = retryAfterMs(failed.failure);
      if (wait > LONGEST_WAIT_MS) throw await explainer.explain(failed);
      return { status: 'later', cause: failed, retryAfterMs: wait };
    }
    case 'missing':
      // The branch could be read a moment ago: the token lacks the right to write.
      throw failure(gitHubProblem('permission-denied', explainer.place(failed.message, branch)));
    default:
      throw await explainer.explain(failed, { branch });
  }
}
