import type { Problem } from '../../lib/errors.js';
import { findSights } from '../deploy-edits.js';
import { readOverrideCandidates } from './candidates.js';
import { findOverrides } from './overrides.js';
import type { BranchRequest, BranchReading } from '../rollout/branch.js';
import type { Snapshot } from '../target.js';

/** Warns of what a controller is told elsewhere in the repository, and what would hide the commit. */
export async function findHidden(
  snapshot: Snapshot,
  { deploys, rollouts, source }: BranchRequest,
  { kustomizations }: BranchReading,
): Promise<Problem[]> {
  const { sights } = findSights(kustomizations, (deploy) =>
    deploys.includes(deploy) ? rollouts.filter(({ key }) => deploy.images.includes(key)) : [],
  );
  if (sights.length === 0) return [];
  const targets = [...new Set(sights.map(({ path }) => path))].map((path) => {
    const here = sights.filter((sight) => sight.path === path);
    const { branch, target } = here[0]!.deploy;
    return {
      path,
      branch,
      repository: target.repository ?? source.repository,
      images: here.map(({ image, entries }) => ({
        key: image.key,
        image: image.image,
        entries: entries.map(({ name }) => name),
      })),
    };
  });
  return findOverrides(await readOverrideCandidates(snapshot), targets);
}
