import type { Config, HelperTarget, ImageConfig } from '../config/config.js';
import type { BuildDescription } from '../dockerfile/description.js';
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
 * @param platforms in place of every image's own; empty: as configured
 */
export function helpersOf(
  image: Pick<ImageConfig, 'contexts'>,
  config: Pick<Config, 'images' | 'helpers'>,
  selected: readonly string[],
  platforms: readonly string[] = [],
): HelperTarget[] {
  const found: HelperTarget[] = [];
  const visit = ({ contexts }: Pick<ImageConfig, 'contexts'>): void => {
    for (const source of Object.values(contexts)) {
      const key = baseKey(source);
      if (key === undefined || selected.includes(key) || found.some((other) => other.key === key)) continue;
      const helper = [...config.images, ...config.helpers].find((other) => other.key === key);
      if (helper === undefined) continue;
      found.push({ ...helper, ...(platforms.length > 0 && { platforms: [...platforms] }) });
      visit(helper);
    }
  };
  visit(image);
  return found;
}

/**
 * What of the plan determines the images: one description each, and one for everything that is built on the way.
 * @param native platform of a builder that is asked for none
 */
export function describeBuilds(images: readonly ImagePlan[], native: string): BuildDescription[] {
  const helpers = helpersIn(images).map((helper): BuildDescription => {
    // As it would be described if it were released, or what stands on it would change with the selection.
    const platforms = [...new Set([...helper.platforms, ...platformsOf(helper, images)])];
    return { ...helper, platforms: platforms.length > 0 ? platforms : [native] };
  });
  return [...images.map((image) => describeBuild(image, native)), ...helpers];
}

/** All helpers of these images, each once. */
export function helpersIn(images: readonly Pick<ImagePlan, 'helpers'>[]): HelperTarget[] {
  const all = images.flatMap(({ helpers }) => helpers ?? []);
  return all.filter(({ key }, index) => all.findIndex((other) => other.key === key) === index);
}

/** What a helper is built for: the platforms of the images that stand on it; where these name none, its own. */
export function platformsOf(
  helper: HelperTarget,
  images: readonly Pick<ImagePlan, 'platforms' | 'helpers'>[],
): string[] {
  const users = images.filter(({ helpers }) => helpers?.some(({ key }) => key === helper.key));
  const wanted = [...new Set(users.flatMap(({ platforms }) => platforms))];
  return wanted.length > 0 ? wanted : helper.platforms;
}
