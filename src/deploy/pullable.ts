import { problem, type Problem, ReleaseError } from '../lib/errors.js';
import type { Rollout } from './deployment.js';

/** How the images of a commit are checked. */
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
  const answers = await Promise.all(
    rollouts.map(async (rollout): Promise<{ rollout: Rollout; problems: readonly Problem[] }> => {
      try {
        const digest = await registry.resolve(rollout.image, rollout.releaseTag, signal);
        const problem = problemOf(rollout, digest);
        return {
          rollout: { ...rollout, digest: rollout.digest ?? digest },
          problems: problem ? [problem] : [],
        };
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        return { rollout, problems: error.problems.map((problem) => ({ image: rollout.key, ...problem })) };
      }
    }),
  );
  return {
    rollouts: answers.map(({ rollout }) => rollout),
    problems: answers.flatMap(({ problems }) => problems),
  };
}

function problemOf({ key, image, releaseTag, digest }: Rollout, served?: string): Problem | undefined {
  const code = 'deploy/not-pullable';
  if (served === undefined) {
    const message = `The registry does not serve ${image}:${releaseTag}, so it can't be deployed.`;
    const fix = 'Publish the image under this tag first, or correct the reference.';
    return problem({ code, message, fix, image: key });
  }
  if (digest === undefined || digest === served) return undefined;
  const message = `${image}:${releaseTag} has the digest ${served} in the registry, but ${digest} was released.`;
  return problem({ code, message, image: key });
}
