import type { ReadOptions } from './target.js';

/** Pull requests into the target's branch. Adapter: `targets/github-proposals`. */
export interface Proposals {
  /** The open pull request from `branch`; undefined: none. */
  find(branch: string, options?: ReadOptions): Promise<OpenProposal | undefined>;
  /**
   * Opens a pull request, or brings title, body and labels of the open one up to date.
   * @throws ReleaseError `deploy/pull-request-refused` (for instance GITHUB_TOKEN may not create any)
   */
  put(proposal: ProposalText, options?: ReadOptions): Promise<PutProposal>;
  /** Closes the open pull request, with a comment that says why; its branch is deleted. */
  withdraw(proposal: OpenProposal & { branch: string }, reason: string, options?: ReadOptions): Promise<void>;
  /**
   * Lets the pull request merge as soon as the rules allow; one that is clean already is merged now, at exactly
   * this head. `refused`: the repository does not allow it; the pull request stands.
   */
  mergeWhenReady(
    proposal: OpenProposal,
    method: MergeMethod,
    options?: ReadOptions,
  ): Promise<
    { status: 'enabled' } | { status: 'merged'; commit: string } | { status: 'refused'; words: string }
  >;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface OpenProposal {
  number: number;
  url: string;
  /** Commit that its branch stands at. */
  head: string;
}

export interface PutProposal extends OpenProposal {
  done: 'opened' | 'updated';
}

export interface ProposalText {
  branch: string;
  title: string;
  /** Markdown. */
  body: string;
  labels: readonly string[];
}
