import type { Config } from '../config/config.js';
import type { Source } from '../facts/source.js';
import { ReleaseError } from '../lib/errors.js';
import { namesOwn } from '../plan/plan-deploys.js';
import { isDeployCommit } from './commit-message.js';
import { locateKustomizations } from './kustomization/location.js';

/**
 * Whether a push has only deploy commits. With the token of a person or an App such a push starts the workflow again,
 * without an end. A trailer proves little: a squash or a cherry-pick copies it. So each commit must have edited only
 * Kustomizations of the pushed branch.
 */
export async function isOwnPush(
  { deploy }: Config,
  source: Source,
  editedFiles: (commit: string) => Promise<string[] | undefined>,
): Promise<boolean> {
  const { event, ref, defaultBranch } = source;
  if (event.name !== 'push' || ref.type !== 'branch') return false;
  const commits = event.commits ?? [];
  if (commits.length === 0 || !commits.every(({ message }) => isDeployCommit(message))) return false;
  const targets = deploy.filter(
    (target) =>
      (target.repository === undefined || namesOwn(target, source)) && (target.branch ?? defaultBranch) === ref.name,
  );
  if (targets.length === 0) return false;
  try {
    for (const { id } of commits) {
      const files = (await editedFiles(id)) ?? [];
      const known = targets.flatMap(({ kustomization }) => {
        const located = locateKustomizations(kustomization, files);
        return located.status === 'found' ? located.paths : [];
      });
      if (files.length === 0 || !files.every((file) => known.includes(file))) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof ReleaseError) return false;
    throw error;
  }
}
