import { retryAfterMs } from '../../../github/failures.js';
import { isOid, isPull, LONGEST_WAIT_MS, onFailure } from '../../../github/requests.js';
import { request, RequestFailed, requestOnce } from '../../../github/requests.js';
import type { GitHubRepository } from '../../../github/requests.js';
import { backoffMs } from '../../../lib/sleep.js';
import type { BranchProposal, MergeRequest, MergeResult } from '../../proposals/proposals.js';
import type { ReadOptions } from '../../target.js';
import { readRef } from './history.js';

/** How often the pull request is read; each time after something moved or an answer did not come. */
const MOST_READS = 6;

const ENABLE = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  mutation: enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;
const DISABLE = ENABLE.replace('Enable', 'Disable').replace('enable', 'disable');

/**
 * Enables auto-merge, or merges at exactly the given head what has nothing to wait for. Both name the head, so
 * nothing else than what was proposed can be merged; both may be repeated.
 * https://docs.github.com/graphql/reference/mutations#enablepullrequestautomerge
 * https://docs.github.com/rest/pulls/pulls#merge-a-pull-request
 */
export async function mergeWhenReady(
  repository: GitHubRepository,
  proposal: BranchProposal,
  merge: MergeRequest,
  options: ReadOptions,
): Promise<MergeResult> {
  const merged = readAndMerge(repository, proposal, merge, options);
  return onFailure(merged, ({ message: detail }) => ({ status: 'refused', detail }));
}

async function readAndMerge(
  repository: GitHubRepository,
  proposal: BranchProposal,
  merge: MergeRequest,
  options: ReadOptions,
): Promise<MergeResult> {
  const { clockwork } = repository;
  const { number: pull_number } = proposal;
  let last: RequestFailed | undefined;
  let isReplaced = false;
  for (let reads = 1; reads <= MOST_READS; reads++) {
    if (reads > 1) {
      const atLeast = last?.kind === 'rate-limited' ? retryAfterMs(last.failure) : 0;
      if (atLeast > LONGEST_WAIT_MS) break;
      await clockwork.sleep(backoffMs(reads - 1, clockwork.random, atLeast), options.signal);
    }
    const { data } = await request(repository, ({ rest, at }) => rest.pulls.get({ ...at, pull_number }), {
      ...options,
      isAnswer: isPull(pull_number),
    });
    if (data.head.sha !== proposal.head) {
      if (data.state === 'closed') return { status: 'moved' };
      const head = await readRef(repository, `refs/heads/${proposal.branch}`, options);
      if (head !== proposal.head) return { status: 'moved' };
      // The pull request does not show the new head of its branch yet.
      continue;
    }
    if (data.merged) return { status: 'merged', commit: data.merge_commit_sha ?? proposal.head };
    if (data.state === 'closed') return { status: 'closed' };
    if (data.auto_merge && isWanted(data.auto_merge, pull_number, merge)) return { status: 'enabled' };
    if (data.auto_merge && isReplaced) {
      const input = { pullRequestId: data.node_id };
      const disabled = await mutate(repository, DISABLE, input, pull_number, options);
      if (disabled instanceof RequestFailed) last = disabled;
    }

    const done = await tryMerge(repository, data, proposal.head, merge, options);
    if (done instanceof RequestFailed) {
      last = done;
      continue;
    }
    if (!data.auto_merge || isReplaced || done.status !== 'enabled') return done;
    // That of an earlier release: GitHub doesn't document whether it takes over the new message.
    isReplaced = true;
  }
  const detail = last?.message ?? `It does not show its new head ${proposal.head.slice(0, 12)} yet.`;
  return { status: 'refused', detail };
}

/** @returns the failure if it is worth another try */
async function tryMerge(
  repository: GitHubRepository,
  pull: { node_id: string; number: number },
  sha: string,
  merge: MergeRequest,
  options: ReadOptions,
): Promise<MergeResult | RequestFailed> {
  const text = mergeText(pull.number, merge);
  const input = {
    pullRequestId: pull.node_id,
    expectedHeadOid: sha,
    mergeMethod: merge.method.toUpperCase(),
    ...(text && { commitHeadline: text.title, commitBody: text.body }),
  };
  const enabled = await mutate(repository, ENABLE, input, pull.number, options);
  if (!(enabled instanceof RequestFailed)) return { status: 'enabled' };
  const first = classifyMergeFailure(enabled);
  if (first !== 'merge-now') return first;

  const merged = await requestOnce(
    repository,
    ({ rest, at }) =>
      rest.pulls.merge({
        ...{ ...at, pull_number: pull.number, sha, merge_method: merge.method },
        ...(text && { commit_title: text.title, commit_message: text.body }),
      }),
    { ...options, isAnswer: ({ data }) => isOid(data.sha) },
  );
  if (!(merged instanceof RequestFailed)) return { status: 'merged', commit: merged.data.sha };
  const second = classifyMergeFailure(merged);
  return second === 'merge-now' ? merged : second;
}

const mutate = (repository: GitHubRepository, mutation: string, input: object, number: number, options: ReadOptions) =>
  requestOnce(
    repository,
    ({ graphql }) => graphql<{ mutation: { pullRequest: { number: number } } }>(mutation, { input }),
    { ...options, isAnswer: (answer) => answer.mutation.pullRequest.number === number },
  );

/**
 * GitHub documents none of these sentences; they are as people report them:
 * https://github.com/peter-evans/enable-pull-request-automerge/issues/343 (clean), /issues/355 (unstable: checks
 * that are not required are running or have failed).
 */
const NOTHING_TO_WAIT_FOR = /is in (clean|unstable|has_hooks) status|protected branch rules not configured/i;
const ENABLED_ALREADY = /auto.?merge is already enabled|already (in|added to) the merge queue/i;
const MOVED = /is in unknown status|(base|head) (branch|sha) (was modified|did)|merge already in progress/i;

export function classifyMergeFailure(failed: RequestFailed): 'merge-now' | MergeResult | RequestFailed {
  const { message } = failed.failure;
  switch (failed.kind) {
    case 'rate-limited':
    case 'transient':
    case 'stale':
    // It was clean when auto-merge was requested, and is not any more: a check has started.
    case 'rules':
      return failed;
    default:
      if (NOTHING_TO_WAIT_FOR.test(message)) return 'merge-now';
      if (ENABLED_ALREADY.test(message)) return { status: 'enabled' };
      return MOVED.test(message) ? failed : { status: 'refused', detail: failed.message };
  }
}

/** Title and text of the merge commit; the trailers stay its last paragraph. */
function mergeText(number: number, { method, message }: MergeRequest) {
  if (method === 'rebase') return undefined;
  const [subject = '', ...rest] = message.split('\n');
  return { title: `${subject} (#${number})`, body: rest.join('\n').trim() };
}

function isWanted(
  auto: { merge_method: string; commit_title: string | null; commit_message: string | null },
  number: number,
  merge: MergeRequest,
): boolean {
  const text = mergeText(number, merge);
  if (auto.merge_method !== merge.method) return false;
  return !text || (auto.commit_title === text.title && auto.commit_message?.trim() === text.body);
}
