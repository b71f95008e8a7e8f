import type { Config, HelperTarget, ImageConfig } from '../config/config.js';
import type { BuildDescription } from '../inputs/description.js';
import { describeBuild, type ImagePlan } from './plan.js';

const IMAGE = 'image:';

/** Key of the image or helper that a named context stands for; undefined: it is a path, a URL or the like. */
export function baseKey(source: string): string | undefined {
  return source.startsWith(IMAGE) ? source.slice(IMAGE.length) : undefined;
}

/**
 * What has to be built on the way to an image and is not released by this run: helper targets of a bake file, and
 * images of this repository that were not asked for. Nearest first, each once.
 * @param selected keys of the images that are released
 */
export function helpersOf(
  image: Pick<ImageConfig, 'contexts'>,
  config: Pick<Config, 'images' | 'helpers'>,
  selected: readonly string[],
): HelperTarget[] {
  const found: HelperTarget[] = [];
  const visit = ({ contexts }: Pick<ImageConfig, 'contexts'>): void => {
    for (const source of Object.values(contexts)) {
      const key = baseKey(source);
      if (key === undefined || selected.includes(key) || found.some((other) => other.key === key)) continue;
      const helper = [...config.images, ...config.helpers].find((other) => other.key === key);
      if (helper === undefined) continue;
      found.push(asHelper(helper));
      visit(helper);
    }
  };
  visit(image);
  return found;
}

/** Without what concerns only publishing, so that it counts for no image's inputs. */
function asHelper(target: HelperTarget): HelperTarget {
  const { key, context, dockerfile, dockerfileInline, args, secrets, platforms, contexts, labels } = target;
  return {
    key,
    context,
    dockerfile,
    ...(dockerfileInline !== undefined && { dockerfileInline }),
    ...(target.target !== undefined && { target: target.target }),
    args,
    secrets,
    platforms,
    contexts,
    labels,
    noCache: target.noCache,
    extra: target.extra,
    ...(target.cacheEntries !== undefined && { cacheEntries: target.cacheEntries }),
  };
}

/**
 * What of the plan determines the images: one description each, and one for everything that is built on the way.
 * @param native platform of a builder that is asked for none
 */
export function describeBuilds(images: readonly ImagePlan[], native: string): BuildDescription[] {
  const helpers = helpersIn(images).map(
    (helper): BuildDescription => ({
      ...helper,
      annotations: {},
      platforms: platformsOf(helper, images, native),
    }),
  );
  return [...images.map((image) => describeBuild(image, native)), ...helpers];
}

/** All helpers of these images, each once. */
export function helpersIn(images: readonly Pick<ImagePlan, 'helpers'>[]): HelperTarget[] {
  const all = images.flatMap(({ helpers }) => helpers ?? []);
  return all.filter(({ key }, index) => all.findIndex((other) => other.key === key) === index);
}

/** Those of the images that stand on it, which can't do with fewer; else its own. */
export function platformsOf(
  helper: HelperTarget,
  images: readonly Pick<ImagePlan, 'platforms' | 'helpers'>[],
  native?: string,
): string[] {
  const users = images.filter(({ helpers }) => helpers?.some(({ key }) => key === helper.key));
  const wanted = [...new Set(users.flatMap(({ platforms }) => platforms))];
  const own = wanted.length > 0 ? wanted : helper.platforms;
  return own.length > 0 || native === undefined ? own : [native];
}
