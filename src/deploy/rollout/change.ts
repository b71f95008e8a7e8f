import { writeCommitMessage, writeLedgerMessage, type Act } from '../commit-message.js';
import type { ImageChange, TargetChange } from '../target.js';
import { recordLedger, type LedgerMove } from '../ledger/ledger.js';
import type { LedgerDraft } from '../ledger/record.js';
import type { BranchPlan, BranchRequest, ChangeDraft } from './branch.js';

/** The change that a target is asked to write. Pure: the same draft is the same change. */
export function writeChange(request: BranchRequest, draft: ChangeDraft): TargetChange {
  const { plan, id } = draft;
  const { proposal } = plan;
  return {
    base: plan.base,
    files: plan.files,
    message: plan.files.length === 0 ? '' : writeMessage(request, draft),
    ...(proposal?.do === 'propose' && { proposal: { branch: request.proposalBranch!, before: proposal.before } }),
    ledgers: plan.ledgers.map((ledger) => writeMove(request, ledger, id)),
  };
}

export function writeMessage(request: BranchRequest, { plan, id }: ChangeDraft): string {
  const parts = changedParts(plan);
  return writeCommitMessage({
    act: actOf(request, 'deploy'),
    changes: parts.flatMap(({ changes }) => changes),
    tags: plan.tags,
    ...{ advances: plan.advances, reference: plan.reference, url: pageOf(request.sourceUrl) },
    ...trailersOf(request),
    id,
    template: plan.outcomes
      .filter(({ changes }) => changes.length > 0)
      .map(({ deploy }) => deploy.target.message)
      .find((message) => message !== undefined),
  });
}

/** What the commit changes, Kustomization by Kustomization; in a pull request also what earlier runs proposed. */
export function changedParts({ outcomes, proposal }: BranchPlan): { path: string; changes: ImageChange[] }[] {
  const parts = proposal && proposal.do !== 'withdraw' ? proposal.parts : outcomes;
  const changed = new Map<string, ImageChange[]>();
  for (const { path, changes } of parts) {
    if (changes.length > 0) changed.set(path, [...(changed.get(path) ?? []), ...changes]);
  }
  return [...changed].map(([path, changes]) => ({ path, changes }));
}

function writeMove(request: BranchRequest, draft: LedgerDraft, id: string): LedgerMove {
  const { reading, ref, ledger, pending, records } = draft;
  const { text, amendments } = recordLedger(reading, ledger, pending);
  const edited = records.some(({ what }) => what === 'edited');
  const release = request.proposalBranch === undefined ? 'deploy' : 'propose';
  const act = actOf(request, edited ? release : 'confirm');
  return {
    ...{ channel: reading.channel, ref, before: reading.oid, text },
    message: (commit) =>
      writeLedgerMessage({ act, records, ...trailersOf(request), id, amendments: amendments(commit) }),
  };
}

function actOf({ intent }: BranchRequest, release: Act): Act {
  if (intent.type === 'rollback') return 'roll-back';
  return release === 'deploy' ? (intent.act ?? release) : release;
}

/** Only addresses that a reader can open. */
const pageOf = (url: string | undefined) => (url !== undefined && /^https?:/.test(url) ? url : undefined);

function trailersOf({ source }: BranchRequest) {
  return { source: source.commit, run: source.run === undefined ? undefined : String(source.run) };
}
