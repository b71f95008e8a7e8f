import { posix } from 'node:path';
import type { Config, ImageConfig } from '../config/config.js';
import type { Facts } from '../facts/facts.js';
import type { Problem } from '../lib/errors.js';
import type { Plan } from '../plan/plan.js';
import { stageNames } from './dockerfile-stages.js';

type ImageCheck = (image: ImageConfig, facts: Facts, config: Config) => Problem[];

/** Checks of one image that need nothing but what was probed. */
const IMAGE_CHECKS: readonly ImageCheck[] = [checkContext, checkDockerfile, checkTarget, checkSecrets];

/**
 * Lists everything that would make this release fail later, before anything is spent.
 * Warnings do not stop a release.
 * @param images those that were asked for, also such as could not be planned
 */
export function preflight(
  plan: Plan,
  images: readonly ImageConfig[],
  facts: Facts,
  config: Config,
): Problem[] {
  return [
    ...images.flatMap((image) => IMAGE_CHECKS.flatMap((check) => check(image, facts, config))),
    ...checkCacheService(plan, facts),
    ...checkUncommitted(plan, facts),
  ];
}

function checkContext(image: ImageConfig, facts: Facts, config: Config): Problem[] {
  const found = facts.files[image.key]?.context ?? 'missing';
  if (found === 'directory') return [];
  return [
    {
      code: 'preflight/missing-context',
      severity: 'error',
      image: image.key,
      place: config.place(`images.${image.key}.context`),
      message:
        found === 'file'
          ? `The context of image ${image.key} is a file, not a folder: ${image.context}.`
          : `The context of image ${image.key} does not exist: ${image.context}.`,
      fix: `Set \`images.${image.key}.context\` to the folder that its Dockerfile copies from.`,
    },
  ];
}

function checkDockerfile(image: ImageConfig, facts: Facts, config: Config): Problem[] {
  const files = facts.files[image.key];
  if (files === undefined || files.dockerfile !== undefined) return [];
  // Of a context that is missing as a whole, nothing more need be said.
  if (files.context === 'missing' && isInside(image.dockerfile, image.context)) return [];
  return [
    {
      code: 'preflight/missing-dockerfile',
      severity: 'error',
      image: image.key,
      place: config.place(`images.${image.key}.dockerfile`),
      message: `The Dockerfile of image ${image.key} does not exist: ${image.dockerfile}.`,
      fix:
        files.dockerfileFromRoot === undefined
          ? `Create ${image.dockerfile}, or name the right file in \`images.${image.key}.dockerfile\`.`
          : `\`dockerfile\` is relative to the context: write \`${posix.relative(image.context, files.dockerfileFromRoot)}\`.`,
    },
  ];
}

function isInside(path: string, folder: string): boolean {
  return folder === '.' ? !path.startsWith('../') : path.startsWith(`${folder}/`);
}

function checkTarget(image: ImageConfig, facts: Facts, config: Config): Problem[] {
  const text = facts.files[image.key]?.dockerfile;
  if (image.target === undefined || text === undefined) return [];
  const stages = stageNames(text);
  if (stages === 'uncertain' || /^\d+$/.test(image.target)) return [];
  if (stages.includes(image.target.toLowerCase())) return [];
  return [
    {
      code: 'preflight/missing-target',
      severity: 'error',
      image: image.key,
      place: config.place(`images.${image.key}.target`),
      message: `${image.dockerfile} has no stage named ${image.target}.`,
      fix:
        stages.length === 0
          ? 'Name a stage with `FROM … AS <name>`, or remove `target`.'
          : `Use one of its stages: ${stages.join(', ')}.`,
    },
  ];
}

function checkSecrets(image: ImageConfig, facts: Facts, config: Config): Problem[] {
  const files = facts.files[image.key];
  if (files === undefined) return [];
  const place = config.place(`images.${image.key}.secrets`);
  const problem = (message: string, fix: string): Problem => ({
    code: 'preflight/missing-secret',
    severity: 'error',
    image: image.key,
    place,
    message,
    fix,
  });
  return [
    ...files.missingSecretVariables.map((name) =>
      problem(
        `Image ${image.key} needs the build secret in the environment variable ${name}, which is not set.`,
        `Set it for this step: \`env: { ${name}: \${{ secrets.${name} }} }\`.`,
      ),
    ),
    ...files.missingSecretFiles.map((file) =>
      problem(
        `Image ${image.key} needs the build secret in the file ${file}, which can't be read.`,
        'Write the file in an earlier step, or correct its path.',
      ),
    ),
  ];
}

function checkCacheService(plan: Plan, facts: Facts): Problem[] {
  const wanted = plan.images.some((image) => image.cacheTo.some((entry) => entry.includes('type=gha')));
  if (!wanted || (facts.environment.kind === 'actions' && facts.environment.cacheService)) return [];
  return [
    {
      code: 'preflight/no-cache-service',
      severity: 'warning',
      message:
        'The Actions cache is configured but this runner offers none: everything is built from scratch.',
      fix: 'On a self-hosted runner check that it reaches the cache service, or set `cache: registry`.',
    },
  ];
}

function checkUncommitted(plan: Plan, facts: Facts): Problem[] {
  if (facts.uncommitted.length === 0) return [];
  const shown = facts.uncommitted.slice(0, 5).join(', ');
  const more = facts.uncommitted.length > 5 ? ` and ${facts.uncommitted.length - 5} more` : '';
  return [
    {
      code: 'preflight/uncommitted-changes',
      severity: 'warning',
      message: `The images will carry commit ${plan.source.commit.slice(0, 7)} in their tags, but the work tree differs from it: ${shown}${more}.`,
      fix: 'Commit first, so that what is deployed can be found again.',
    },
  ];
}
