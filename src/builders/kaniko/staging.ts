import { Cancelled, failure } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import type { KanikoPorts } from './ports.js';
import type { Target } from './targets.js';

/** A tag that a pod pushes to, and that is deleted afterwards. */
export interface StagingTag {
  image: string;
  tag: string;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const LONGEST = 128;

/**
 * The executor can't push by digest alone. The tag is unique to the run, so no run overwrites another's image, and
 * registries with immutable tags accept it.
 * @param task `build`, or the name of another image that is built for the target
 * @returns undefined if nothing is published
 */
export function stagingTag(
  { repository, tag }: Pick<Target, 'repository' | 'tag'>,
  { platform, task, run }: { platform: string; task: string; run: string },
  { mode }: Plan['publish'],
): StagingTag | undefined {
  if (mode === 'build-only') return undefined;
  const [, ...parts] = platform.split('/');
  const end = ['', task, run, ...parts].join('-');
  const start = tag.replace(/[^\w.-]/g, '-').replace(/^[.-]+/, '');
  return { image: repository, tag: start.slice(0, LONGEST - end.length) + end };
}

/** The executor writes the digest before it pushes: only the registry knows whether the image is there. */
export async function verifyPushed(
  key: string,
  { image, digest }: { image: string; digest: string | undefined },
  { resolve }: Pick<KanikoPorts, 'resolve'>,
  signal: AbortSignal,
): Promise<string> {
  if (signal.aborted) throw new Cancelled('building');
  if (digest === undefined)
    throw failure({
      code: 'kaniko/executor',
      image: key,
      message: `Image ${key} can't be verified: the executor wrote no digest.`,
    });
  if ((await resolve(image, digest)) === digest) return digest;
  throw failure({
    code: 'kaniko/not-pushed',
    image: key,
    message: `Image ${key}: Kaniko pushed ${digest}, but the registry of ${image} does not have it.`,
  });
}

/** Nothing depends on them, and many registries delete no tags. */
export async function removeStagingTags(
  tags: readonly StagingTag[],
  { deleteTag }: Pick<KanikoPorts, 'deleteTag'>,
  say: (line: string) => void,
): Promise<void> {
  const left = await Promise.all(
    tags.map(async ({ image, tag }) => {
      const deleted = await deleteTag(image, tag).catch(() => false);
      return deleted ? [] : [`${image}:${tag}`];
    }),
  );
  const names = left.flat();
  if (names.length > 0) say(`The registry deletes no tags, so these unused tags stay: ${names.join(', ')}.`);
}
