import { ReleaseError, type Problem } from '../../lib/errors.js';
import { formatReference } from '../../plan/references.js';
import type { RegistryCheck } from '../pullable.js';

/** What the registry says of something that is deployed. */
export type Served =
  /** `digest`: where the tag stands. */
  | { status: 'served'; digest: string }
  /** The tag stands at another digest; the one that was deployed may be there still. */
  | { status: 'moved'; digest: string; deployed: 'served' | 'gone' }
  /** The tag is gone, the digest is there. */
  | { status: 'untagged'; digest: string }
  | { status: 'gone' }
  | { status: 'unanswered'; problems: readonly Problem[] }
  /** Nothing was asked: there is no reference, or the check is off. */
  | { status: 'unasked' };

export interface Deployed {
  key: string;
  /** Repository reference without tag. */
  image: string;
  tag?: string;
  digest?: string;
}

/**
 * Asks whether what is deployed can still be pulled, by its tag and by its digest.
 * @throws Cancelled
 */
export async function askRegistry(
  { key, image, tag, digest }: Deployed,
  registry: RegistryCheck,
  signal?: AbortSignal,
): Promise<Served> {
  if (registry.check === 'none') return { status: 'unasked' };
  const resolve = (reference: string) => registry.resolve(image, reference, signal);
  try {
    const found = tag === undefined ? undefined : await resolve(tag);
    if (found !== undefined && (digest === undefined || digest === found))
      return { status: 'served', digest: found };
    const there = digest !== undefined && (await resolve(digest)) !== undefined;
    if (found !== undefined) return { status: 'moved', digest: found, deployed: there ? 'served' : 'gone' };
    if (!there) return { status: 'gone' };
    return tag === undefined ? { status: 'served', digest } : { status: 'untagged', digest };
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return { status: 'unanswered', problems: error.problems.map((problem) => ({ image: key, ...problem })) };
  }
}

/**
 * What is wrong when the registry does not serve what is deployed as it was deployed.
 * @param previous tag of the release before it
 */
export function servedProblem(
  deployed: Deployed,
  served: Served,
  previous: string | undefined,
): readonly Problem[] {
  const { key, image, tag, digest } = deployed;
  const name = formatReference({ name: image, tag, digest });
  switch (served.status) {
    case 'served':
    case 'unasked':
      return [];
    case 'unanswered':
      return served.problems;
    case 'moved':
      return [
        {
          code: 'deploy/not-pullable',
          severity: 'error',
          message: `${image}:${tag} has the digest ${served.digest} in the registry, but ${digest} was deployed${served.deployed === 'gone' ? ', which the registry no longer serves' : ''}.`,
          fix: 'Find out what else pushes this tag: pods that start from now on may run another image. Then release again.',
          image: key,
        },
      ];
    case 'untagged':
      return [
        {
          code: 'deploy/not-pullable',
          severity: 'error',
          message: `The registry no longer serves the tag ${image}:${tag}; its digest ${digest} is still there.`,
          fix: `Put the tag back before pods have to pull it: \`docker buildx imagetools create --tag ${image}:${tag} ${image}@${digest}\`.`,
          image: key,
        },
      ];
    case 'gone':
      return [
        {
          code: 'deploy/not-pullable',
          severity: 'error',
          message: `The registry no longer serves ${name}: the next pod that has to pull it fails.`,
          fix: `Release again: \`image-release release ${key}\`${previous === undefined ? '' : `; or go back to the release before: \`image-release rollback ${key} --to ${previous}\``}.`,
          image: key,
        },
      ];
  }
}
