import type { Config, ImageConfig } from '../config/config.js';
import type { Facts } from '../facts/facts.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { Problem } from '../lib/errors.js';
import type { Plan } from '../plan/plan.js';
import { CHECKS } from './checks.js';
import { containersOf } from './manifests.js';
import { sceneOf } from './scene.js';
import { silenced } from './silence.js';
import { readWorkflow } from './workflows/workflow.js';

/**
 * Lists everything that would make this release fail later, or that its images would be better without, before
 * anything is spent. Warnings do not stop a release.
 * @param images those that were asked for, also such as could not be planned
 * @param bases what is known of the images that the Dockerfiles name; `{}` when nobody was asked
 */
export function preflight(
  plan: Plan,
  images: readonly ImageConfig[],
  facts: Facts,
  config: Config,
  bases: BaseImages,
): Problem[] {
  const scenes = images.map((image) => sceneOf(image, plan, facts, config, bases));
  const { workflows, manifests } = facts.checkout;
  const release = {
    ...{ plan, facts, config, bases, images: scenes },
    workflows: workflows.flatMap((file) => readWorkflow(file) ?? []),
    containers: scenes.some(({ recipe }) => recipe) ? containersOf(manifests) : [],
  };
  return CHECKS.flatMap(({ run }) => run(release)).filter((problem) => !silenced(problem, scenes));
}
