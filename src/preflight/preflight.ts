import type { Config, ImageConfig } from '../config/config.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { Facts } from '../facts/facts.js';
import type { Problem } from '../lib/errors.js';
import type { Plan } from '../plan/plan.js';
import { checkedImage, forEachRecipe, type Check, type CheckedImage } from './check.js';
import { ARGUMENT_CHECKS } from './checks/arguments.js';
import { BUILD_INPUT_CHECKS } from './checks/build-inputs.js';
import { ENVIRONMENT_CHECKS } from './checks/environment.js';
import { checkMaskedNames, checkWorkflows } from './checks/workflows.js';
import { checkEngines, NODE_INSTALL_CHECKS } from './checks/node-installs.js';
import { containersOf } from './manifests.js';
import { readWorkflow } from './workflows.js';

const CHECKS: readonly Check[] = [
  ...BUILD_INPUT_CHECKS,
  forEachRecipe(checkEngines),
  ...NODE_INSTALL_CHECKS,
  ...ARGUMENT_CHECKS,
  checkMaskedNames,
  checkWorkflows,
  ...ENVIRONMENT_CHECKS,
];

/**
 * Lists everything in the checkout that would make this release fail later, and advice on its images. Warnings don't
 * stop a release.
 * @param images the selected ones, including those that could not be planned
 * @param bases what registries say of the images that the Dockerfiles name; `{}` if no registry was asked
 */
export function preflight(
  plan: Plan,
  images: readonly ImageConfig[],
  facts: Facts,
  config: Config,
  bases: BaseImages,
): Problem[] {
  const checked = images.map((image) => checkedImage(image, { plan, facts, config, bases }));
  const { workflows, manifests } = facts.checkout;
  const input = {
    ...{ plan, facts, config, bases, images: checked },
    workflows: workflows.flatMap((file) => readWorkflow(file) ?? []),
    containers: checked.some(({ recipe }) => recipe) ? containersOf(manifests) : [],
  };
  return CHECKS.flatMap((check) => check(input)).filter((problem) => !isSkipped(problem, checked));
}

/**
 * Whether the image's Dockerfile skips this check, in the syntax of BuildKit's own checks:
 * `# check=skip=preflight/unlocked-install,JSONArgsRecommended`, or `skip=all`. Errors about the configuration can't be
 * skipped. https://docs.docker.com/reference/dockerfile/#check
 */
function isSkipped({ code, image }: Problem, images: readonly CheckedImage[]): boolean {
  if (image === undefined || code.startsWith('preflight/missing-')) return false;
  const text = images.find((checked) => checked.image.key === image)?.files?.dockerfile ?? '';
  const skipped = skippedChecks(text);
  return skipped.includes('all') || skipped.includes(code);
}

/** Names after `skip=` in the directive `# check=` at the top of a Dockerfile. */
function skippedChecks(dockerfile: string): string[] {
  const [directives = ''] = /^(?:\s*#\s*[a-z][a-z0-9]*\s*=.*(?:\n|$))*/i.exec(dockerfile.replace(/^\uFEFF/, ''))!;
  const skip = /^\s*#\s*check\s*=(?:.*;)?\s*skip\s*=([^;\r\n]*)/im.exec(directives)?.[1] ?? '';
  return skip.split(',').map((name) => name.trim());
}
