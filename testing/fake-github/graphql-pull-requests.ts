import type { Scope } from './graphql-objects.js';
import { mergeState } from './merging.js';
import type { PullRequest } from './pull-requests.js';
import { readRef } from './refs.js';
import { nodeId, repositoryPageUrl } from './representations.js';

export function pullRequestNode(scope: Scope, pull: PullRequest): Record<string, unknown> {
  return {
    __typename: 'PullRequest',
    id: nodeId('PR', scope.repository.id, pull.number),
    number: pull.number,
    title: pull.title,
    body: pull.body ?? '',
    url: `${repositoryPageUrl(scope)}/pull/${pull.number}`,
    state: pull.state.toUpperCase(),
    isDraft: pull.draft,
    merged: pull.state === 'merged',
    headRefName: pull.head,
    baseRefName: pull.base,
    headRefOid: async () =>
      pull.lastHead ?? (await readRef(scope.repository.dir, `refs/heads/${pull.head}`))?.oid,
    mergeStateStatus: async () => (await mergeState(scope.repository, pull)).state.toUpperCase(),
    autoMergeRequest: pull.autoMerge
      ? { enabledAt: pull.updated, mergeMethod: pull.autoMerge.method.toUpperCase() }
      : null,
  };
}
