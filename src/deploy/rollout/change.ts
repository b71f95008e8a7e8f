import { writeCommitMessage, writeLedgerMessage } from '../commit-message.js';
import type { ImageChange } from '../deployment.js';
import { settleDraft, type LedgerDraft } from '../ledger/record.js';
import { writeLedger } from '../ledger/text.js';
import type { LedgerMove } from '../ledger/ledger.js';
import type { BranchOrder, BranchPlan } from './branch.js';
import type { ChangeDraft } from './steps.js';
import type { TargetChange } from '../target.js';

/** The change that a target is asked to write. Pure: the same draft is the same change. */
export function writeChange(order: BranchOrder, draft: ChangeDraft): TargetChange {
  const { plan, id } = draft;
  const { proposal } = plan;
  return {
    base: plan.base,
    files: plan.files,
    message: plan.files.length === 0 ? '' : writeMessage(order, draft),
    ...(proposal?.do === 'propose' &&
      order.proposalBranch !== undefined && {
        proposal: { branch: order.proposalBranch, before: proposal.before },
      }),
    ledgers: plan.ledgers.map((ledger) => writeMove(order, ledger, id)),
  };
}

/** Message of the deploy commit. */
export function writeMessage(order: BranchOrder, { plan, id }: ChangeDraft): string {
  const parts = changedParts(plan);
  return writeCommitMessage({
    act: order.intent.type === 'rollback' ? 'roll-back' : 'deploy',
    changes: parts.flatMap(({ changes }) => changes),
    tags: plan.tags,
    ...trailersOf(order),
    id,
    template: plan.outcomes
      .filter(({ changes }) => changes.length > 0)
      .map(({ deploy }) => deploy.target.message)
      .find((message) => message !== undefined),
  });
}

/** What the commit changes, Kustomization by Kustomization; in a pull request also what earlier runs proposed. */
export function changedParts({ outcomes, proposal }: BranchPlan): { path: string; changes: ImageChange[] }[] {
  const parts =
    proposal && proposal.do !== 'withdraw'
      ? proposal.parts.map(({ kustomization, changes }) => ({ path: kustomization, changes }))
      : outcomes.map(({ path, changes }) => ({ path, changes }));
  const paths = [...new Set(parts.flatMap(({ path, changes }) => (changes.length > 0 ? [path] : [])))];
  return paths.map((path) => ({
    path,
    changes: parts.flatMap((part) => (part.path === path ? part.changes : [])),
  }));
}

function writeMove(order: BranchOrder, draft: LedgerDraft, id: string): LedgerMove {
  const { channel, ref, before, records } = draft;
  const edited = records.some(({ what }) => what === 'edited');
  const release = order.proposalBranch === undefined ? 'deploy' : 'propose';
  const act = order.intent.type === 'rollback' ? 'roll-back' : edited ? release : 'confirm';
  return {
    channel,
    ref,
    before,
    text: (commit) => writeLedger(settleDraft(draft, commit)),
    message: writeLedgerMessage({ act, records, ...trailersOf(order), id }),
  };
}

function trailersOf({ source }: BranchOrder) {
  return { source: source.commit, run: source.run === undefined ? undefined : String(source.run) };
}
