import { headsOf, mergeState } from './merging.js';
import type { PullRequest } from './pull-requests.js';
import { nodeId, repositoryPageUrl } from './representations.js';
import type { Call } from './route.js';

/** What clients read of a pull request in a list. */
export async function pullJson(call: Call, pull: PullRequest) {
  const { base, head } = await headsOf(call.repository, pull);
  return {
    node_id: nodeId('PR', call.repository.id, pull.number),
    number: pull.number,
    html_url: `${repositoryPageUrl(call)}/pull/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    title: pull.title,
    body: pull.body,
    labels: pull.labels.map((name) => ({ name })),
    merged_at: pull.merge?.at ?? null,
    merge_commit_sha: pull.merge?.oid ?? null,
    head: { ref: pull.head, sha: head ?? pull.lastHead ?? '' },
    base: { ref: pull.base, sha: base ?? '' },
    auto_merge: pull.autoMerge
      ? {
          merge_method: pull.autoMerge.method,
          commit_title: pull.autoMerge.title ?? '',
          commit_message: pull.autoMerge.message ?? '',
        }
      : null,
  };
}

/** Heads that were asked about, by pull request. */
const computed = new WeakMap<PullRequest, string>();

function isComputing({ repository }: Call, pull: PullRequest, heads: string): boolean {
  if (repository.mergeability !== 'computed later' || computed.get(pull) === heads) return false;
  computed.set(pull, heads);
  return true;
}

/** A pull request by itself: with whether it can be merged. */
export async function fullPullJson(call: Call, pull: PullRequest) {
  const { base, head } = await headsOf(call.repository, pull);
  const state = isComputing(call, pull, `${base} ${head}`)
    ? 'unknown'
    : (await mergeState(call.repository, pull)).state;
  return {
    ...(await pullJson(call, pull)),
    merged: pull.state === 'merged',
    mergeable: state === 'unknown' ? null : state !== 'dirty',
  };
}
