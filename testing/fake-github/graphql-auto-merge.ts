import type { Scope } from './graphql-objects.js';
import { GraphqlRefusal, requireWrite } from './graphql-refusal.js';
import { headsOf, mergeState, refreshPulls } from './merging.js';
import { METHOD_REFUSALS, methodsOf } from './merging-methods.js';
import type { MergeMethod, PullRequest } from './pull-requests.js';

export interface AutoMergeInput {
  clientMutationId?: string;
  mergeMethod?: 'MERGE' | 'SQUASH' | 'REBASE';
  commitHeadline?: string;
  commitBody?: string;
  expectedHeadOid?: string;
}

/** https://docs.github.com/graphql/reference/mutations#enablepullrequestautomerge */
export async function enableAutoMerge(scope: Scope, number: string, input: AutoMergeInput) {
  requireWrite(scope, 'pull_requests');
  requireWrite(scope, 'contents');
  const { repository, caller } = scope;
  await refreshPulls(repository);
  const pull = repository.pulls.find((candidate) => String(candidate.number) === number);
  if (!pull) throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
  if (repository.autoMerge === 'off') {
    throw new GraphqlRefusal('UNPROCESSABLE', 'Auto merge is not allowed for this repository');
  }
  const method = (input.mergeMethod ?? 'MERGE').toLowerCase() as MergeMethod;
  if (!methodsOf(repository).includes(method)) {
    throw new GraphqlRefusal('UNPROCESSABLE', METHOD_REFUSALS[method].graphql);
  }
  if (input.expectedHeadOid && input.expectedHeadOid !== (await headsOf(repository, pull)).head) {
    throw new GraphqlRefusal('STALE_DATA', 'Head branch was modified. Review and try the merge again.');
  }
  const { state } = await mergeState(repository, pull);
  if (state !== 'blocked') {
    // The doubled subject is GitHub's: clients look for "is in clean status".
    throw new GraphqlRefusal('UNPROCESSABLE', `Pull request Pull request is in ${state} status`);
  }
  if (pull.autoMerge && repository.autoMergeAgain === 'refuse') {
    throw new GraphqlRefusal('UNPROCESSABLE', 'Pull request Auto merge is already enabled');
  }
  if (pull.autoMerge && repository.autoMergeAgain === 'ignore') return autoMergePayload(pull, input);
  pull.autoMerge = {
    method,
    by: caller.login,
    title: input.commitHeadline,
    message: input.commitBody,
  };
  return autoMergePayload(pull, input);
}

/** https://docs.github.com/graphql/reference/mutations#disablepullrequestautomerge */
export async function disableAutoMerge(scope: Scope, number: string, input: AutoMergeInput) {
  requireWrite(scope, 'pull_requests');
  requireWrite(scope, 'contents');
  await refreshPulls(scope.repository);
  const pull = scope.repository.pulls.find((candidate) => String(candidate.number) === number);
  if (!pull) throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
  if (!pull.autoMerge) throw new GraphqlRefusal('UNPROCESSABLE', "Can't disable auto-merge for this pull request.");
  delete pull.autoMerge;
  return autoMergePayload(pull, input);
}

function autoMergePayload(pull: PullRequest, { clientMutationId }: AutoMergeInput) {
  return {
    clientMutationId: clientMutationId ?? null,
    pullRequest: { __typename: 'PullRequest', number: pull.number },
  };
}
