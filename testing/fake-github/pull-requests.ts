export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** A pull request or issue: what git can't hold. */
export interface PullRequest {
  number: number;
  title: string;
  body: string | null;
  /** Branch names within the repository; forks are not modelled. */
  head: string;
  base: string;
  state: 'open' | 'closed' | 'merged';
  labels: string[];
  comments: { id: number; body: string }[];
  merge?: { oid: string; at: string };
  autoMerge?: { method: MergeMethod; by: string; title?: string; message?: string };
  /** Head commit at the time of closing, when the branch may be gone. */
  lastHead?: string;
}
