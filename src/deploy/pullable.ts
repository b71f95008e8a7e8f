import { problem, type Problem } from '../lib/errors.js';
import type { Rollout } from './deployment.js';
import { problemsOf } from './problems-of.js';

export type RegistryCheck =
  | {
      check: 'registry';
      /** The digest of a tag; undefined when the registry has no such tag. */
      resolve(image: string, tag: string, signal?: AbortSignal): Promise<string | undefined>;
    }
  | { check: 'none' };

/** Asks the registry for each image: it must serve the tag, at the digest that was released. */
export async function confirmRollouts(
  rollouts: readonly Rollout[],
  registry: RegistryCheck,
  signal?: AbortSignal,
): Promise<{ rollouts: Rollout[]; problems: Problem[] }> {
  if (registry.check === 'none') return { rollouts: [...rollouts], problems: [] };
  const problems = new Map<Rollout, Problem[]>();
  const confirmed = await Promise.all(
    rollouts.map(async (rollout): Promise<Rollout> => {
      try {
        const digest = await registry.resolve(rollout.image, rollout.releaseTag, signal);
        problems.set(rollout, problemOf(rollout, digest));
        return { ...rollout, digest: rollout.digest ?? digest };
      } catch (error) {
        problems.set(
          rollout,
          problemsOf(error).map((problem) => ({ image: rollout.key, ...problem })),
        );
        return rollout;
      }
    }),
  );
  return { rollouts: confirmed, problems: rollouts.flatMap((rollout) => problems.get(rollout) ?? []) };
}

function problemOf({ key, image, releaseTag, digest }: Rollout, served?: string): Problem[] {
  const code = 'deploy/not-pullable';
  if (served === undefined) {
    const message = `The registry does not serve ${image}:${releaseTag}, so it can't be deployed.`;
    const fix = 'Publish the image under this tag first, or correct the reference.';
    return [problem({ code, message, fix, image: key })];
  }
  if (digest === undefined || digest === served) return [];
  const message = `${image}:${releaseTag} has the digest ${served} in the registry, but ${digest} was released.`;
  return [problem({ code, message, image: key })];
}
