import { failure } from '../../../lib/errors.js';
import type { SwapResult, TargetChange } from '../../target.js';
import { waitOf } from './answers.js';
import type { Explainer } from './explain.js';
import { readRef } from './history.js';
import type { LedgerNames } from './ledgers.js';
import { gitHubProblem, nameRules } from './problems.js';
import { LONGEST_WAIT_MS, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';
import { ZEROS, type RefMove, type Written } from './writes.js';

/** What certainly was not written may be tried again after this wait. */
const COME_BACK_MS = 2_000;

/** What a swap needs; shared by the ways to do it. */
export interface SwapContext {
  repository: GitHubRepository & { branch: string };
  names: LedgerNames;
  explainer: Explainer;
  /** Whether the server has updateRefs, which is tried first. */
  server: { updateRefs: 'there' | 'missing' };
  deployCommit(change: TargetChange): Promise<Written>;
  repositoryId(): Promise<string>;
}

export const committed = (written?: Written): SwapResult => ({
  status: 'committed',
  ...(written && { commit: written.oid, url: written.url }),
});

/** The reference that the deploy commit goes to. */
export function branchMove({ repository }: SwapContext, change: TargetChange, commit: Written): RefMove {
  const { base, proposal } = change;
  return proposal
    ? {
        name: `refs/heads/${proposal.branch}`,
        before: proposal.before ?? ZEROS,
        after: commit.oid,
        force: true,
      }
    : { name: `refs/heads/${repository.branch}`, before: base, after: commit.oid, force: false };
}

/**
 * What a write that did not succeed leaves us with.
 * @throws ReleaseError when trying again would not help
 */
export async function settle(
  { explainer }: SwapContext,
  failed: RequestFailed,
  phase: 'objects' | 'reference',
  change: TargetChange,
): Promise<SwapResult> {
  const landable = phase === 'reference';
  const branch = change.proposal?.branch;
  const place = explainer.place(failed.message, branch);
  switch (failed.trouble) {
    case 'stale':
      return { status: 'stale' };
    case 'later': {
      const retryAfterMs = waitOf(failed.failure);
      if (retryAfterMs > LONGEST_WAIT_MS) throw await explainer.explain(failed);
      return { status: 'later', cause: failed, retryAfterMs };
    }
    case 'transient':
      return landable
        ? { status: 'unknown', cause: failed }
        : { status: 'later', cause: failed, retryAfterMs: COME_BACK_MS };
    case 'missing':
      // The branch could be read a moment ago: what is missing is the right to write.
      throw failure(gitHubProblem('permission-denied', place));
    case 'other': {
      if (!landable) throw await explainer.explain(failed);
      const rules = nameRules(await explainer.readRules(place.branch));
      const hint = rules.length > 0 ? `\nActive rules on ${place.branch}: ${rules.join(', ')}` : '';
      return { status: 'unknown', cause: new Error(failed.message + hint) };
    }
    default:
      throw await explainer.explain(failed, { branch });
  }
}

/** Whether refs stand where they were read; `unknown` when they can't be looked at. */
export async function standStill(
  repository: GitHubRepository,
  moves: readonly RefMove[],
): Promise<'still' | 'moved' | 'unknown'> {
  try {
    for (const { name, before } of moves) {
      const now = await readRef(repository, name.slice('refs/'.length));
      if ((now ?? ZEROS) !== before) return 'moved';
    }
    return 'still';
  } catch (error) {
    if (error instanceof RequestFailed) return 'unknown';
    throw error;
  }
}
