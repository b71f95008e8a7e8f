import { listCommits } from './commits.js';
import { headsOf, mergeState } from './merging.js';
import type { PullRequest } from './pull-requests.js';
import { nodeId, repositoryApiUrl, repositoryPageUrl, userJson } from './representations.js';
import { ownerJson, repositoryJson } from './repository-json.js';
import { changedFiles } from './rest-commits.js';
import type { Call } from './route.js';

function accountJson(call: Call, login: string) {
  const bot = login.endsWith('[bot]');
  return userJson(call.urls, { login, type: bot ? 'Bot' : 'User', id: bot ? 41898282 : 1000 });
}

export function labelJson(call: Call, name: string) {
  return {
    id: 1,
    node_id: nodeId('LA', call.repository.id, name),
    url: `${repositoryApiUrl(call)}/labels/${encodeURIComponent(name)}`,
    name,
    color: 'ededed',
    default: false,
    description: '',
  };
}

export function commentJson(call: Call, pull: PullRequest, comment: PullRequest['comments'][number]) {
  return {
    id: comment.id,
    node_id: nodeId('IC', call.repository.id, comment.id),
    url: `${repositoryApiUrl(call)}/issues/comments/${comment.id}`,
    html_url: `${repositoryPageUrl(call)}/pull/${pull.number}#issuecomment-${comment.id}`,
    issue_url: `${repositoryApiUrl(call)}/issues/${pull.number}`,
    body: comment.body,
    user: accountJson(call, comment.author),
    created_at: comment.created,
    updated_at: comment.created,
    author_association: 'CONTRIBUTOR',
  };
}

/** A pull request as lists show it. */
export async function pullJson(call: Call, pull: PullRequest) {
  const { base, head } = await headsOf(call.repository, pull);
  const api = repositoryApiUrl(call);
  const url = `${api}/pulls/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const html = `${repositoryPageUrl(call)}/pull/${pull.number}`;
  const end = (ref: string, sha: string | undefined) => ({
    label: `${call.repository.owner}:${ref}`,
    ref,
    sha: sha ?? pull.lastHead ?? '',
    user: ownerJson(call),
    repo: repositoryJson(call),
  });
  const statuses = `${api}/statuses/${head}`;
  return {
    id: call.repository.id * 1000 + pull.number,
    node_id: nodeId('PR', call.repository.id, pull.number),
    number: pull.number,
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${url}/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    state: pull.state === 'open' ? 'open' : 'closed',
    locked: false,
    title: pull.title,
    body: pull.body,
    draft: pull.draft,
    user: accountJson(call, pull.author),
    author_association: 'CONTRIBUTOR',
    labels: pull.labels.map((name) => labelJson(call, name)),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    created_at: pull.created,
    updated_at: pull.updated,
    closed_at: pull.closed ?? null,
    merged_at: pull.merge?.at ?? null,
    merge_commit_sha: pull.merge?.oid ?? null,
    head: end(pull.head, head),
    base: end(pull.base, base),
    auto_merge: pull.autoMerge
      ? {
          enabled_by: accountJson(call, pull.autoMerge.by),
          merge_method: pull.autoMerge.method,
          commit_title: pull.autoMerge.title ?? '',
          commit_message: pull.autoMerge.message ?? '',
        }
      : null,
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${url}/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
  };
}

/** Heads that were asked about, by pull request. */
const computed = new WeakMap<PullRequest, string>();

function isComputing({ repository }: Call, pull: PullRequest, heads: string): boolean {
  if (repository.mergeability !== 'computed later' || computed.get(pull) === heads) return false;
  computed.set(pull, heads);
  return true;
}

/** A pull request by itself: with its size and whether it can be merged. */
export async function fullPullJson(call: Call, pull: PullRequest) {
  const { base, head } = await headsOf(call.repository, pull);
  const files = base && head ? await changedFiles(call, base, head) : [];
  const commits = base && head ? await listCommits(call.repository.dir, [`${base}..${head}`]) : [];
  const state = isComputing(call, pull, `${base} ${head}`)
    ? 'unknown'
    : (await mergeState(call.repository, pull)).state;
  return {
    ...(await pullJson(call, pull)),
    merged: pull.state === 'merged',
    mergeable: state === 'unknown' ? null : state !== 'dirty',
    mergeable_state: state,
    rebaseable: false,
    merged_by: pull.merge ? accountJson(call, pull.merge.by) : null,
    comments: pull.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: commits.length,
    additions: files.reduce((total, file) => total + file.additions, 0),
    deletions: files.reduce((total, file) => total + file.deletions, 0),
    changed_files: files.length,
  };
}
