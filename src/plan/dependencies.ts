import { allBasesOf, basesOf, type Config, type HelperTarget, type ImageConfig } from '../config/config.js';
import type { BuildDescription } from '../dockerfile/description.js';
import { withPlatforms, type ImagePlan, type PlannedDeploy, type PlannedImage } from './plan.js';

/**
 * Targets that an image needs and this run doesn't release: helper targets of a bake file, and images of this repository
 * that are not selected. Nearest first, each once.
 * @param selected keys of the images that are released
 * @param platforms override those of the image; empty: as configured
 */
export function helpersOf(
  image: Pick<ImageConfig, 'contexts'>,
  config: Pick<Config, 'images' | 'helpers'>,
  selected: readonly string[],
  platforms: readonly string[] = [],
): HelperTarget[] {
  const found: HelperTarget[] = [];
  const visit = (built: Pick<ImageConfig, 'contexts'>): void => {
    for (const key of basesOf(built)) {
      if (selected.includes(key) || found.some((other) => other.key === key)) continue;
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
 * What determines the images and their helpers, one description each.
 * @param native platform of the builder, for images without platforms
 */
export function describeBuilds(images: readonly ImagePlan[], native: string): BuildDescription[] {
  const helpers = helpersIn(images).map((helper): BuildDescription => {
    // As if it were released: else the images that are built on it would change with the selection.
    const platforms = [...new Set([...helper.platforms, ...platformsOf(helper, images)])];
    return { ...helper, platforms: platforms.length > 0 ? platforms : [native] };
  });
  return [...withPlatforms(images, native).map((image) => ({ ...image, ...image.configured })), ...helpers];
}

/** All helpers of these images, each once. */
export function helpersIn(images: readonly Pick<ImagePlan, 'helpers'>[]): HelperTarget[] {
  const all = images.flatMap(({ helpers }) => helpers ?? []);
  return all.filter(({ key }, index) => all.findIndex((other) => other.key === key) === index);
}

/** The platforms of the images that need a helper; if they have none, its own. */
export function platformsOf(
  helper: HelperTarget,
  images: readonly Pick<ImagePlan, 'platforms' | 'helpers'>[],
): string[] {
  const users = images.filter(({ helpers }) => helpers?.some(({ key }) => key === helper.key));
  const wanted = [...new Set(users.flatMap(({ platforms }) => platforms))];
  return wanted.length > 0 ? wanted : helper.platforms;
}

/** Keys of the images whose content a release deploys: those that a target deploys, and those that they are built on. */
export function deployedKeys(images: readonly PlannedImage[], deploys: readonly PlannedDeploy[]): ReadonlySet<string> {
  const keys = deploys.flatMap((deploy) => (deploy.status === 'deploy' ? deploy.images : []));
  return new Set([...keys, ...keys.flatMap((key) => allBasesOf(images, key))]);
}
