import { baseKey, basesOf, type HelperTarget } from '../../config/config.js';
import type { PlannedImage } from '../../plan/plan.js';
import { helpersIn, platformsOf } from '../../plan/dependencies.js';
import { levelAnnotations } from '../buildx/bake-definition.js';

/** An image of the release, or a helper target that images are built on. */
export interface Target
  extends Omit<HelperTarget, 'platforms' | 'paths' | 'cacheEntries'>, Pick<PlannedImage, 'sourceDateEpoch'> {
  /** Undefined: a helper target, which is not published. */
  planned?: PlannedImage;
  repository: string;
  tag: string;
  /** Empty: that of the node. */
  platforms: readonly string[];
}

/** All targets to build. Helpers go to the repository of an image that is built on them: no other one is known. */
export function targetsOf(images: readonly PlannedImage[]): Target[] {
  const built = images.filter(({ status }) => status === 'build');
  return [
    ...built.map((image) => ({
      ...image,
      planned: image,
      repository: image.image,
      tag: image.releaseTag,
    })),
    ...helpersIn(built).map((helper) => helperTarget(helper, built)),
  ];
}

function helperTarget(helper: HelperTarget, built: readonly PlannedImage[]): Target {
  const user = built.find(({ helpers }) => helpers?.some(({ key }) => key === helper.key))!;
  return {
    ...helper,
    repository: user.image,
    tag: helper.key,
    platforms: platformsOf(helper, built),
    annotations: {},
    sourceDateEpoch: user.sourceDateEpoch,
  };
}

/** One pod builds for each; `''`: the platform of the node. */
export const podPlatforms = ({ platforms }: Target): readonly string[] => (platforms.length > 0 ? platforms : ['']);

/** Keys of the targets that it is built on. */
export function basesIn(target: Target, targets: readonly Target[]): string[] {
  const keys = basesOf(target);
  return targets.filter(({ key }) => keys.includes(key)).map(({ key }) => key);
}

/**
 * Named contexts as references of images.
 * @param built reference of a target that is built before
 */
export function contextReferences(
  { contexts }: Target,
  images: readonly PlannedImage[],
  built: (key: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(contexts).flatMap(([name, source]) => {
      const key = baseKey(source);
      if (key === undefined) return [[name, source.replace(/^docker-image:\/\//, '')]];
      const image = images.find((other) => other.key === key);
      const published = image?.status === 'unchanged' ? `${image.image}@${image.digest}` : undefined;
      const reference = built(key) ?? published;
      return reference === undefined ? [] : [[name, reference]];
    }),
  );
}

/** Annotations of an index: the record of an image's inputs can be longer than an argument may be. */
const INDEX_ONLY = 'dev.image-release.';

/** Annotations that the executor writes into the manifest of a platform. */
export function manifestAnnotations(target: Target, platform: string): Record<string, string> {
  return Object.fromEntries(
    levelAnnotations(target.annotations, 'manifest').flatMap((text) => {
      const [, of, name, value] = /^manifest(?:\[([^\]]*)\])?:([^=]*)=([^]*)$/.exec(text) ?? [];
      const elsewhere = name?.startsWith(INDEX_ONLY) || (of !== undefined && of !== platform);
      return name === undefined || elsewhere ? [] : [[name, value!]];
    }),
  );
}
