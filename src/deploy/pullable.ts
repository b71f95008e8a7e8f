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
  const confirmed = await Promise.all(
    rollouts.map(async (rollout) => {
      try {
        const digest = await registry.resolve(rollout.image, rollout.releaseTag, signal);
        return { rollout: { ...rollout, digest: rollout.digest ?? digest }, problems: problemOf(rollout, digest) };
      } catch (error) {
        return { rollout, problems: problemsOf(error).map((problem) => ({ image: rollout.key, ...problem })) };
      }
    }),
  );
  return { rollouts: confirmed.map(({ rollout }) => rollout), problems: confirmed.flatMap(({ problems }) => problems) };
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
