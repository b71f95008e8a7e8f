import { backoffMs } from '../../backoff.js';
import type { ReadOptions } from '../../target.js';
import { readRef } from './history.js';
import type { GitHubRepository } from './tree.js';
import { removeRef, repositoryIdOf, updateRefs, ZEROS } from './writes.js';

const TRIES = 4;

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
  const { clockwork } = repository;
  const id = await repositoryIdOf(repository);
  const name = `refs/heads/${branch}`;
  let comparing = true;
  for (let tries = 1; tries <= TRIES; tries++) {
    const now = await readRef(repository, `heads/${branch}`, options);
    if (now === undefined) return 'deleted';
    if (now !== head) return 'moved';
    const failed = comparing
      ? await updateRefs(repository, id, [{ name, before: head, after: ZEROS, force: false }])
      : await removeRef(repository, name);
    if (!failed) return 'deleted';
    // Older servers: the look a moment ago has to do.
    if (failed.trouble === 'unsupported') comparing = false;
    else if (failed.trouble === 'rules' || failed.trouble === 'permission-denied') return 'kept';
    else await clockwork.sleep(backoffMs(tries, clockwork.random), options.signal);
  }
  return 'kept';
}
