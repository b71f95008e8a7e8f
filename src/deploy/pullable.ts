import type { Problem } from '../lib/errors.js';
import type { Rollout } from './deployment.js';

/** Whether and how it is checked that what the commit names can be pulled. */
export type RegistryCheck =
  | {
      check: 'registry';
      /** The digest that a tag stands at; undefined when the registry has no such tag. */
      resolve(image: string, tag: string, signal?: AbortSignal): Promise<string | undefined>;
    }
  | { check: 'none' };

/** Asks the registry for each image: it must have the tag, at the digest that was released. */
export async function confirmRollouts(
  rollouts: readonly Rollout[],
  registry: RegistryCheck,
  signal?: AbortSignal,
): Promise<{ rollouts: Rollout[]; problems: Problem[] }> {
  if (registry.check === 'none') return { rollouts: [...rollouts], problems: [] };
  const answers = await Promise.all(
    rollouts.map(async (rollout) => ({
      rollout,
      digest: await registry.resolve(rollout.image, rollout.releaseTag, signal),
    })),
  );
  return {
    rollouts: answers.map(({ rollout, digest }) => ({ ...rollout, digest: rollout.digest ?? digest })),
    problems: answers.flatMap(({ rollout, digest }) => problemOf(rollout, digest) ?? []),
  };
}

function problemOf({ key, image, releaseTag, digest }: Rollout, served?: string): Problem | undefined {
  if (served === undefined) {
    return {
      code: 'deploy/not-pullable',
      severity: 'error',
      message: `The registry does not serve ${image}:${releaseTag}, so it can't be deployed.`,
      fix: 'Publish the image under this tag first, or correct the reference.',
      image: key,
    };
  }
  if (digest === undefined || digest === served) return undefined;
  return {
    code: 'deploy/tag-moved',
    severity: 'error',
    message: `${image}:${releaseTag} stands at ${served} in the registry, but ${digest} was released.`,
    fix: 'Find out what else pushes this tag; then release again, or deploy the digest that you mean.',
    image: key,
  };
}
