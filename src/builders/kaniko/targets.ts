import type { HelperTarget } from '../../config/config.js';
import type { PlannedImage } from '../../plan/plan.js';
import { baseKey } from '../../config/config.js';
import { helpersIn, platformsOf } from '../../plan/dependencies.js';
import { levelAnnotations } from '../buildx/bake-definition.js';
import type { ExecutorOrder, KanikoTarget } from './arguments.js';
import type { KanikoCandidate } from './restrictions.js';

/** An image of the release, or what is built on the way to one. */
export interface Target extends KanikoCandidate, KanikoTarget {
  /** Undefined: it is built on the way, and not published. */
  planned?: PlannedImage;
  /** Repository that it is pushed to. */
  repository: string;
  /** What its staging tag begins with. */
  tag: string;
  /** `''`: that of the node. Never empty. */
  platforms: readonly string[];
  annotations: Readonly<Record<string, string>>;
  sourceDateEpoch: number;
}

/** What has to be built. Helpers go to the repository of an image that stands on them: no other one is known. */
export function targetsOf(images: readonly PlannedImage[]): Target[] {
  const built = images.filter(({ status }) => status === 'build');
  return [
    ...built.map((image) => ({
      ...image,
      planned: image,
      repository: image.image,
      tag: image.releaseTag,
      platforms: orNode(image.platforms),
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
    platforms: orNode(platformsOf(helper, built)),
    annotations: {},
    sourceDateEpoch: user.sourceDateEpoch,
  };
}

const orNode = (platforms: readonly string[]): readonly string[] => (platforms.length > 0 ? platforms : ['']);

/** Keys of what it is built on and has to be built before. */
export function basesIn({ contexts }: Pick<Target, 'contexts'>, targets: readonly Target[]): string[] {
  const keys = Object.values(contexts).flatMap((source) => baseKey(source) ?? []);
  return targets.filter(({ key }) => keys.includes(key)).map(({ key }) => key);
}

/**
 * Named contexts as references of images.
 * @param standing reference of what was built before, by key
 */
export function contextReferences(
  { contexts }: Pick<Target, 'contexts'>,
  images: readonly PlannedImage[],
  standing: (key: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(contexts).flatMap(([name, source]) => {
      const key = baseKey(source);
      if (key === undefined) return [[name, source.replace(/^docker-image:\/\//, '')]];
      const image = images.find((other) => other.key === key);
      const published = image?.status === 'unchanged' ? `${image.image}@${image.digest}` : undefined;
      const reference = standing(key) ?? published;
      return reference === undefined ? [] : [[name, reference]];
    }),
  );
}

/** Of the index: the record of an image's inputs may be longer than an argument can be. */
const OF_INDEX = 'dev.image-release.';

/** Annotations that the executor writes on the manifest of a platform; those of an index are not its business. */
export function manifestAnnotations(target: Target, platform: string): ExecutorOrder['annotations'] {
  return Object.fromEntries(
    levelAnnotations(target.annotations, 'manifest').flatMap((text) => {
      const [, of, name, value] = /^manifest(?:\[([^\]]*)\])?:([^=]*)=([^]*)$/.exec(text) ?? [];
      const elsewhere = name?.startsWith(OF_INDEX) || (of !== undefined && of !== platform);
      return name === undefined || elsewhere ? [] : [[name, value!]];
    }),
  );
}
