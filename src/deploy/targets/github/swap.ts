import type { SwapResult, TargetChange } from '../../target.js';
import type { GitHubTrouble } from './answers.js';
import { readRef } from './history.js';
import { createNamespaceJudge } from './namespace.js';
import { RequestFailed } from './requests.js';
import { swapApart } from './swap-apart.js';
import { branchMove, committed, settle, type SwapContext } from './swap-context.js';
import type { GitHubRepository } from './tree.js';
import { repositoryIdOf, treeOf, updateRefs, writeDeployCommit, writeLedgerCommit, ZEROS } from './writes.js';

/** What the target shares with its swap. */
export interface SwapParts extends Pick<SwapContext, 'names' | 'explainer'> {
  /** Trees of commits that were read already. */
  trees: ReadonlyMap<string, string>;
}

/** Makes the swap of one target; how the server wants it done is learnt once and kept. */
export function createSwap(
  repository: GitHubRepository & { branch: string },
  { names, explainer, trees }: SwapParts,
): (change: TargetChange) => Promise<SwapResult> {
  let id: string | undefined;
  let ledgers: 'together' | 'apart' = 'together';
  const context: SwapContext = {
    repository,
    names,
    explainer,
    server: { updateRefs: 'there' },
    deployCommit: async (change) =>
      writeDeployCommit(
        repository,
        change,
        trees.get(change.base) ?? (await treeOf(repository, change.base)),
      ),
    repositoryId: async () => (id ??= await repositoryIdOf(repository)),
  };
  const judge = createNamespaceJudge(context);

  async function swapTogether(change: TargetChange): Promise<SwapResult | 'apart'> {
    const commit = change.files.length > 0 ? await context.deployCommit(change) : undefined;
    const written: { channel: string; before: string; after: string }[] = [];
    for (const move of change.ledgers) {
      const after = await writeLedgerCommit(repository, move, move.text(commit?.oid));
      written.push({ channel: move.channel, before: move.before ?? ZEROS, after });
    }
    const repositoryId = await context.repositoryId();
    if (await wasMerged(repository, change)) return { status: 'stale' };
    for (;;) {
      const moves = [
        ...(commit ? [branchMove(context, change, commit)] : []),
        ...written.map(({ channel, before, after }) => ({
          name: names.of(channel),
          before,
          after,
          force: false,
        })),
      ];
      if (moves.length === 0) return committed();
      const refused = await updateRefs(repository, repositoryId, moves);
      if (refused?.trouble === 'unsupported') {
        context.server.updateRefs = 'missing';
        return 'apart';
      }
      const verdict = refused && (await judge(refused, change, moves));
      switch (verdict) {
        case undefined:
          return committed(commit);
        case 'other-name':
          continue;
        case 'apart':
          return 'apart';
        case 'ledger-refused':
          return { status: 'ledger-refused', cause: refused };
        case 'stale':
          return { status: 'stale' };
        case 'not-the-ledger':
          return settle(context, refused as RequestFailed, 'reference', change);
      }
    }
  }

  return async (change) => {
    try {
      if (ledgers === 'together') {
        const result = await swapTogether(change);
        if (result !== 'apart') return result;
        ledgers = 'apart';
      }
      return await swapApart(context, change);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (change.files.length === 0 && REFUSES.includes(error.trouble))
        return { status: 'ledger-refused', cause: error };
      return settle(context, error, 'objects', change);
    }
  };
}

/**
 * Whether the branch has moved under a proposal. A pull request that is merged moves it without touching its own
 * branch; the next proposal would conflict with the merge. Nothing but this look can see it: a comparison in the
 * same update would be a write to the branch, which rules refuse.
 */
async function wasMerged(
  repository: GitHubRepository & { branch: string },
  { proposal, base }: TargetChange,
): Promise<boolean> {
  return proposal !== undefined && (await readRef(repository, `heads/${repository.branch}`, {})) !== base;
}

/** A token that may only read, where nothing but the ledger was to be written. */
const REFUSES: readonly GitHubTrouble[] = ['permission-denied', 'missing'];
