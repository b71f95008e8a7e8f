import { backoffMs } from '../backoff.js';
import type { ReadOptions } from '../target.js';
import { attempt, request, RequestFailed } from './github-requests.js';
import type { GitHubRepository } from './github-tree.js';

const ZERO = '0'.repeat(40);
const TRIES = 4;

const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

/** Commit that a branch stands at; undefined: there is none. */
export async function readBranchHead(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  branch: string,
  options: ReadOptions,
): Promise<string | undefined> {
  try {
    const { data } = await request(
      (call) => octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}`, request: call }),
      clockwork,
      options,
    );
    return data.object.sha;
  } catch (error) {
    if (error instanceof RequestFailed && error.trouble === 'missing') return undefined;
    throw error;
  }
}

/**
 * Deletes a branch that stands at `head`, and no other: a newer run may have put its own proposal there.
 * @returns `kept`: the server does not let it be deleted
 */
export async function deleteBranch(
  repository: GitHubRepository,
  branch: string,
  head: string,
  options: ReadOptions,
): Promise<'deleted' | 'moved' | 'kept'> {
  const { octokit, owner, repo, clockwork } = repository;
  const { data } = await request(
    (call) => octokit.rest.repos.get({ owner, repo, request: call }),
    clockwork,
    options,
  );
  const refUpdates = [{ name: `refs/heads/${branch}`, beforeOid: head, afterOid: ZERO, force: false }];
  const input = { repositoryId: data.node_id, refUpdates };
  let comparing = true;
  for (let tries = 1; tries <= TRIES; tries++) {
    const now = await readBranchHead(repository, branch, options);
    if (now === undefined) return 'deleted';
    if (now !== head) return 'moved';
    const done = await attempt(
      (call) =>
        comparing
          ? octokit.graphql(UPDATE_REFS, { input, request: call })
          : octokit.rest.git.deleteRef({ owner, repo, ref: `heads/${branch}`, request: call }),
      options.signal,
    );
    if (!(done instanceof RequestFailed)) return 'deleted';
    // Older servers: the look a moment ago has to do.
    if (done.trouble === 'unsupported') comparing = false;
    else if (done.trouble === 'rules' || done.trouble === 'permission-denied') return 'kept';
    else await clockwork.sleep(backoffMs(tries, clockwork.random), options.signal);
  }
  return 'kept';
}
