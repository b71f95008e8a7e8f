import { failure, messageOf, type Problem, type ReleaseError } from '../../lib/errors.js';
import type { BranchOrder } from './branch.js';

export function branchBusy({ description }: BranchOrder, races: number): ReleaseError {
  return failure({
    code: 'deploy/branch-busy',
    message: `${description} moved under each of ${races} tries; nothing was committed.`,
    fix: 'Run the deploy again; if it persists, find out what commits there all the time.',
  });
}

export function noAnswer({ description }: BranchOrder, cause: unknown, failures: number): ReleaseError {
  return failure({
    code: 'deploy/no-answer',
    message: `${description} gave no verdict on the deploy commit in ${failures} tries.`,
    fix: 'Run the deploy again when the server is well: what has landed is recognised, nothing is deployed twice.',
    detail: messageOf(cause),
  });
}

export function ledgerRefused({ description }: BranchOrder, cause: unknown): Problem {
  return {
    code: 'deploy/ledger-refused',
    severity: 'warning',
    message: `${description} takes no ledger; the order of releases is told from the tags in the Kustomizations alone.`,
    fix: 'Let the token create refs (refs/image-release/*, or branches image-release/*), so that a late run can not undo a newer one that had nothing to change.',
    detail: messageOf(cause),
  };
}
