import { backoffMs } from '../../backoff.js';
import type { MergeResult, MergeWish, OpenProposal } from '../../proposals/proposals.js';
import type { ReadOptions } from '../../target.js';
import { waitOf } from './answers.js';
import { mergeVerdict } from './proposals-answers.js';
import { readRef } from './history.js';
import { attempt, isOid, isPull, LONGEST_WAIT_MS, request, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';

/** Looks at the pull request; each follows something that moved or an answer that did not come. */
const MOST_LOOKS = 6;

const ENABLE = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  mutation: enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

const DISABLE = `mutation ($input: DisablePullRequestAutoMergeInput!) {
  mutation: disablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

interface MutationAnswer {
  mutation: { pullRequest: { number: number } };
}

interface Pull {
  node_id: string;
  number: number;
  /** Methods that the repository allows; empty where it does not say. */
  allowed: string[];
}

/**
 * Enables auto-merge, or merges at exactly the given head what has nothing to wait for. Both name the head, so
 * nothing else than what was proposed can be merged; both may be repeated.
 * https://docs.github.com/graphql/reference/mutations#enablepullrequestautomerge
 * https://docs.github.com/rest/pulls/pulls#merge-a-pull-request
 */
export async function mergeWhenReady(
  repository: GitHubRepository,
  proposal: OpenProposal & { branch: string },
  wish: MergeWish,
  options: ReadOptions,
): Promise<MergeResult> {
  try {
    return await lookAndMerge(repository, proposal, wish, options);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    return refused(error, []);
  }
}

async function lookAndMerge(
  repository: GitHubRepository,
  proposal: OpenProposal & { branch: string },
  wish: MergeWish,
  options: ReadOptions,
): Promise<MergeResult> {
  const { octokit, owner, repo, clockwork } = repository;
  let last: RequestFailed | undefined;
  let allowed: string[] = [];
  let isReplaced = false;
  for (let looks = 1; looks <= MOST_LOOKS; looks++) {
    if (looks > 1) {
      const atLeast = last?.trouble === 'later' ? waitOf(last.failure) : 0;
      if (atLeast > LONGEST_WAIT_MS) break;
      await clockwork.sleep(backoffMs(looks - 1, clockwork.random, atLeast), options.signal);
    }
    const { data } = await request(
      (call) => octokit.rest.pulls.get({ owner, repo, pull_number: proposal.number, request: call }),
      clockwork,
      { ...options, isAnswer: isPull(proposal.number) },
    );
    if (data.head.sha !== proposal.head) {
      if (data.state === 'closed') return { status: 'moved' };
      const head = await readRef(repository, `heads/${proposal.branch}`, options);
      if (head !== proposal.head) return { status: 'moved' };
      // The pull request has not heard of the new head of its branch yet.
      continue;
    }
    if (data.merged) return { status: 'merged', commit: data.merge_commit_sha ?? proposal.head };
    if (data.state === 'closed') return { status: 'closed' };
    if (data.auto_merge && isWished(data.auto_merge, proposal.number, wish)) return { status: 'enabled' };
    if (data.auto_merge && isReplaced) {
      const input = { pullRequestId: data.node_id };
      const disabled = await attempt(
        (call) => octokit.graphql<MutationAnswer>(DISABLE, { input, request: call }),
        options.signal,
        ({ mutation }) => mutation.pullRequest.number === data.number,
      );
      if (disabled instanceof RequestFailed) last = disabled;
    }

    allowed = methodsOf(data.base.repo);
    const done = await tryMerge(repository, { ...data, allowed }, proposal.head, wish, options);
    if (data.auto_merge && !isReplaced && !(done instanceof RequestFailed) && done.status === 'enabled') {
      // That of an earlier release: whether GitHub takes the new message for it is not documented.
      isReplaced = true;
      continue;
    }
    if (!(done instanceof RequestFailed)) return done;
    last = done;
  }
  if (last) return refused(last, allowed);
  const words = `It does not show its new head ${proposal.head.slice(0, 12)} yet.`;
  return { status: 'refused', words, fix: 'Merge it by hand, or run again later.' };
}

/** @returns the failure when it is worth another look */
async function tryMerge(
  repository: GitHubRepository,
  pull: Pull,
  head: string,
  wish: MergeWish,
  options: ReadOptions,
): Promise<MergeResult | RequestFailed> {
  const { octokit, owner, repo } = repository;
  const text = mergeText(pull.number, wish);
  const input = {
    pullRequestId: pull.node_id,
    expectedHeadOid: head,
    mergeMethod: wish.method.toUpperCase(),
    ...(text ? { commitHeadline: text.title, commitBody: text.body } : {}),
  };
  const enabled = await attempt(
    (call) => octokit.graphql<MutationAnswer>(ENABLE, { input, request: call }),
    options.signal,
    ({ mutation }) => mutation.pullRequest.number === pull.number,
  );
  if (!(enabled instanceof RequestFailed)) return { status: 'enabled' };
  const first = judge(enabled, pull.allowed);
  if (first !== 'merge-now') return first;

  const merged = await attempt(
    (call) =>
      octokit.rest.pulls.merge({
        owner,
        repo,
        pull_number: pull.number,
        sha: head,
        merge_method: wish.method,
        ...(text ? { commit_title: text.title, commit_message: text.body } : {}),
        request: call,
      }),
    options.signal,
    ({ data }) => isOid(data.sha),
  );
  if (!(merged instanceof RequestFailed)) return { status: 'merged', commit: merged.data.sha };
  const second = judge(merged, pull.allowed);
  return second === 'merge-now' ? merged : second;
}

function judge(failed: RequestFailed, allowed: string[]): 'merge-now' | MergeResult | RequestFailed {
  switch (failed.trouble) {
    case 'later':
    case 'transient':
    case 'stale':
    // It was clean when auto-merge was asked for, and is not any more: a check has started.
    case 'rules':
      return failed;
    default: {
      const verdict = mergeVerdict(failed.failure.message, allowed);
      if (verdict.do === 'merge-now') return 'merge-now';
      if (verdict.do === 'look-again') return failed;
      return verdict.do === 'wait' ? { status: 'enabled' } : refused(failed, allowed);
    }
  }
}

function refused(failed: RequestFailed, allowed: readonly string[]): MergeResult {
  const verdict = mergeVerdict(failed.failure.message, allowed);
  const fix = verdict.do === 'give-up' ? verdict.fix : 'Merge it by hand, or run again later.';
  return { status: 'refused', words: failed.message, fix };
}

/** Title and text of the merge commit; the trailers stay its last paragraph. */
function mergeText(number: number, { method, message }: MergeWish) {
  if (method === 'rebase') return undefined;
  const [subject = '', ...rest] = message.split('\n');
  return { title: `${subject} (#${number})`, body: rest.join('\n').trim() };
}

/** Whether the pull request will be merged with this message. */
function isWished(
  auto: { merge_method: string; commit_title: string | null; commit_message: string | null },
  number: number,
  wish: MergeWish,
): boolean {
  const text = mergeText(number, wish);
  if (auto.merge_method !== wish.method) return false;
  return !text || (auto.commit_title === text.title && auto.commit_message?.trim() === text.body);
}

function methodsOf(base: {
  allow_merge_commit?: boolean;
  allow_squash_merge?: boolean;
  allow_rebase_merge?: boolean;
}): string[] {
  return [
    ...(base.allow_merge_commit ? ['merge'] : []),
    ...(base.allow_squash_merge ? ['squash'] : []),
    ...(base.allow_rebase_merge ? ['rebase'] : []),
  ];
}
