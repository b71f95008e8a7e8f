import type { PullRequestMode } from '../../config/config.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import type { Proposals } from './proposals.js';
import { writePullRequest, type ProposalFacts } from './pull-request-text.js';
import type { Deployment } from '../target.js';

/** The name of the one branch whose pull request holds what a channel proposes. */
export function proposalBranch(channel: string): string {
  return `image-release-pr/${channel}`;
}

export interface ProposalWork extends Omit<ProposalFacts, 'server' | 'autoMerge'> {
  proposals: Proposals;
  /** See `proposalBranch`; it points to `head`. */
  branch: string;
  head: string;
  /** Of all deploys that share the pull request: labels add up, it merges by itself only if all want that. */
  modes: readonly PullRequestMode[];
  signal?: AbortSignal;
}

/** `commit`: if it is merged, what the target's branch got. */
export type Proposed = Pick<Extract<Deployment, { status: 'proposed' }>, 'pullRequest' | 'state' | 'commit'> & {
  warnings: Problem[];
};

/** Opens or updates the pull request of a commit. May be repeated, to complete what an earlier run left undone. */
export async function propose(work: ProposalWork): Promise<Proposed> {
  const { proposals, branch, head, signal } = work;
  const { labels, autoMerge } = joinModes(work.modes);
  const title = work.message.split('\n', 1)[0] ?? '';
  const body = writePullRequest({ ...work, server: proposals.server, autoMerge });
  const put = await proposals.put({ branch, head, title, body, labels }, { signal });
  const { number, url, warnings } = put;
  const proposed = { pullRequest: { number, url }, commit: head, warnings };
  if (put.state === 'merged') return { ...proposed, state: 'merged', commit: put.commit };
  if (put.state === 'closed') return { ...proposed, state: 'closed' };
  if (autoMerge === undefined) return { ...proposed, state: 'open' };

  const request = { method: autoMerge, message: work.message };
  const merge = await proposals.mergeWhenReady({ number, url, head, branch }, request, { signal });
  if (merge.status === 'merged') return { ...proposed, state: 'merged', commit: merge.commit };
  if (merge.status !== 'refused') return { ...proposed, state: STATES[merge.status] };
  const refusal = warning({
    code: 'deploy/pull-request-incomplete',
    message: `The pull request ${url} does not merge by itself.`,
    detail: merge.detail,
  });
  return { ...proposed, state: 'open', warnings: [...warnings, refusal] };
}

const STATES = { enabled: 'waiting', closed: 'closed', moved: 'open' } as const;

export function pullRequestNeedsApi(target: string): Problem {
  return problem({
    code: 'deploy/pull-request-refused',
    message: `Can't open a pull request: ${target} is reached through plain git (mode: pull-request).`,
    fix: 'Set GITHUB_TOKEN to a token that may write contents and pull requests there, or use mode: commit.',
  });
}

function joinModes(modes: readonly PullRequestMode[]): PullRequestMode {
  const autoMerges = new Set(modes.map(({ autoMerge }) => autoMerge));
  return {
    labels: [...new Set(modes.flatMap(({ labels }) => labels))],
    autoMerge: autoMerges.size === 1 ? modes[0]?.autoMerge : undefined,
  };
}
