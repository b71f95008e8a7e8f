import type { Config } from '../config/config.js';
import type { Facts } from '../facts/facts.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import type { Plan } from '../plan/plan.js';
import type { Container } from './manifests.js';
import type { ImageScene } from './scene.js';
import type { Workflow } from './workflows/workflow.js';

/** One matter that is looked at before anything is spent. Checks are entries of the table in checks.ts. */
export interface Check {
  /** All codes that it may report. */
  codes: readonly [ProblemCode, ...ProblemCode[]];
  /** What it finds, a sentence for docs/errors/preflight.md. */
  finds: string;
  run(release: ReleaseScene): Problem[];
}

/** What all checks look at. */
export interface ReleaseScene {
  plan: Plan;
  facts: Facts;
  config: Config;
  bases: BaseImages;
  /** Images that were asked for, also such as could not be planned. */
  images: ImageScene[];
  /** Workflows of the checkout. */
  workflows: Workflow[];
  /** Of all manifests of the checkout; none where nothing is built, since then nothing about an image is news. */
  containers: Container[];
}

/** A check of each image by itself. */
export function forEachImage(
  check: (image: ImageScene, release: ReleaseScene) => Problem[],
): (release: ReleaseScene) => Problem[] {
  return (release) => release.images.flatMap((image) => check(image, release));
}
