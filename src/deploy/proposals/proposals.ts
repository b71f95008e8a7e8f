import type { Problem } from '../../lib/errors.js';
import type { ReadOptions } from '../target.js';

/** Pull requests into the target's branch. Adapter: `targets/github/proposals`. */
export interface Proposals {
  /** Where pages of the forge are: `https://github.com`. For links. */
  readonly server: string;
  /** Tries the right to open pull requests without opening one. */
  proveRights(options?: ReadOptions): Promise<void>;
  find(branch: string, options?: ReadOptions): Promise<OpenProposal | undefined>;
  /**
   * The newest pull request from `branch`, in any state. `closed` with the current head of the branch: a person has
   * rejected exactly that. Undefined although the branch exists: a run was interrupted before it could open one.
   */
  latest(branch: string, options?: ReadOptions): Promise<LatestProposal | undefined>;
  /**
   * Opens a pull request, or brings title, body and labels of the open one up to date. One whose very head was
   * merged or closed already is not opened a second time.
   */
  put(proposal: ProposalText, options?: ReadOptions): Promise<PutProposal>;
  /**
   * Closes the open pull request of a branch, and deletes the branch.
   * @returns undefined: there is none, or the branch holds another proposal by now
   */
  withdraw(branch: string, reason: string, options?: ReadOptions): Promise<OpenProposal | undefined>;
  /** Lets it merge at exactly this head as soon as the rules allow; at once if there is nothing to wait for. */
  mergeWhenReady(proposal: BranchProposal, merge: MergeRequest, options?: ReadOptions): Promise<MergeResult>;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeRequest {
  method: MergeMethod;
  /** Message of the merge commit (a rebase keeps the commit's own): with the trailers of the deploy commit. */
  message: string;
}

export type MergeResult =
  | { status: 'enabled' }
  /** @property commit what the target's branch got */
  | { status: 'merged'; commit: string }
  /** A newer run has replaced the head: it is that run's to merge. */
  | { status: 'moved' }
  | { status: 'closed' }
  /** The repository does not allow it; the pull request stays open. @property detail GitHub's message */
  | { status: 'refused'; detail: string };

export interface OpenProposal {
  number: number;
  url: string;
  head: string;
}

export type BranchProposal = OpenProposal & { branch: string };

export type LatestProposal = OpenProposal &
  (
    | { state: 'closed' }
    | { state: 'merged'; commit: string }
    | { state: 'open'; /** It conflicts with the branch that it goes into. */ conflicts?: boolean }
  );

/** @property warnings labels that could not be set */
export type PutProposal = LatestProposal & { warnings: Problem[] };

export interface ProposalText {
  branch: string;
  head: string;
  title: string;
  body: string;
  labels: readonly string[];
}
