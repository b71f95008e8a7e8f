import { posix } from 'node:path';
import { parseDockerfile } from '../../dockerfile/parse.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type CheckedImage, type PreflightInput } from '../check.js';
import { copiedBy } from '../node/projects.js';

/** Files and variables that the configuration names. */
export const BUILD_INPUT_CHECKS: readonly Check[] = [
  forEachImage(checkContext),
  forEachImage(checkDockerfile),
  checkRefused,
  forEachImage(checkTarget),
  forEachImage(checkSecrets),
  forEachImage(checkCertainty),
];

function checkContext({ image, files, recipe }: CheckedImage, { config }: PreflightInput) {
  const found = files?.context ?? 'missing';
  const report = (make: typeof problem, state: string, more = '') =>
    make({
      code: 'preflight/missing-context',
      image: image.key,
      place: config.place(`images.${image.key}.context`),
      message: `The context of image ${image.key} ${state}: ${image.context}.${more}`,
      fix: `Set \`images.${image.key}.context\` to the folder that its Dockerfile copies from, or check out the files before this step.`,
    });
  if (found === 'file') return report(problem, 'is a file, not a folder');
  if (found === 'missing') return report(problem, 'does not exist');
  const copies =
    recipe?.certain &&
    recipe.stages.some(({ instructions }) => instructions.some((one) => copiedBy(one).sources.length > 0));
  if (found !== 'empty' || !copies) return undefined;
  return report(warning, 'contains no files', ' Its Dockerfile copies from there.');
}

function checkDockerfile({ image, files }: CheckedImage, { config }: PreflightInput) {
  if (files === undefined || files.dockerfile !== undefined || files.context === 'remote') return undefined;
  if (files.refused.some(({ path }) => path === image.dockerfile)) return undefined;
  // The missing context is reported already.
  if (files.context === 'missing' && isInside(image.dockerfile, image.context)) return undefined;
  return problem({
    code: 'preflight/missing-dockerfile',
    image: image.key,
    place: config.place(`images.${image.key}.dockerfile`),
    message: `The Dockerfile of image ${image.key} does not exist: ${image.dockerfile}.`,
    fix:
      files.dockerfileFromRoot === undefined
        ? `Create ${image.dockerfile}, or name the right file in \`images.${image.key}.dockerfile\`.`
        : `\`dockerfile\` is relative to the context: write \`${posix.relative(image.context, files.dockerfileFromRoot)}\`.`,
  });
}

/** Includes helper targets: BuildKit would read, and print, the target of a link. */
function checkRefused({ images, facts, config }: PreflightInput): Problem[] {
  const keys = [...images.map(({ image }) => image.key), ...config.helpers.map(({ key }) => key)];
  return keys.flatMap((key) =>
    (facts.files[key]?.refused ?? []).map(({ path, reason }) =>
      problem({
        code: 'preflight/missing-dockerfile',
        image: key,
        place: config.place(`images.${key}.dockerfile`),
        message: `Image ${key} can't be built: ${path} ${reason}.`,
        fix: `Replace the link ${path} by the file or folder itself.`,
      }),
    ),
  );
}

function isInside(path: string, folder: string): boolean {
  return folder === '.' ? !path.startsWith('../') : path.startsWith(`${folder}/`);
}

/** Names of the stages if the configured one is certainly not among them. */
function otherStages({ image, files }: CheckedImage): string[] | undefined {
  if (image.target === undefined || files?.dockerfile === undefined) return undefined;
  const dockerfile = parseDockerfile(files.dockerfile);
  if ('unreadable' in dockerfile || dockerfile.doubts.length > 0) return undefined;
  // COPY --from takes numbers, a target does not: BuildKit answers that stage "0" could not be found.
  const stages = dockerfile.stages.flatMap(({ name }) => name ?? []);
  return stages.includes(image.target.toLowerCase()) ? undefined : stages;
}

function checkTarget(checked: CheckedImage, { config }: PreflightInput) {
  const stages = otherStages(checked);
  const { image } = checked;
  return (
    stages &&
    problem({
      code: 'preflight/missing-target',
      image: image.key,
      place: config.place(`images.${image.key}.target`),
      message: `${image.dockerfile} has no stage named ${image.target}.`,
      fix:
        stages.length === 0
          ? 'Name a stage with `FROM … AS <name>`, or remove `target`.'
          : `Use one of its stages: ${stages.join(', ')}.`,
    })
  );
}

function checkSecrets({ image, files }: CheckedImage, { config }: PreflightInput): Problem[] {
  const missing = (source: string, reason: string, fix: string): Problem =>
    problem({
      code: 'preflight/missing-secret',
      image: image.key,
      place: config.place(`images.${image.key}.secrets`),
      message: `Image ${image.key} needs the build secret in the ${source}, which ${reason}.`,
      fix,
    });
  return [
    ...(files?.missingSecretVariables ?? []).map((name) =>
      missing(
        `environment variable ${name}`,
        'is not set',
        `Set it for this step: \`env: { ${name}: '\${{ secrets.${name} }}' }\`.`,
      ),
    ),
    ...(files?.missingSecretFiles ?? []).map((file) =>
      missing(
        `file ${file}`,
        "can't be read, or is no regular file of at most 500 KiB",
        'Write the file in an earlier step, or correct its path.',
      ),
    ),
  ];
}

function checkCertainty(checked: CheckedImage) {
  const { image, recipe } = checked;
  if (recipe?.certain !== false || otherStages(checked)) return undefined;
  return warning({
    code: 'preflight/dockerfile-unreadable',
    image: image.key,
    place: recipe.place,
    message: `The Dockerfile of image ${image.key} can't be read with certainty: ${recipe.reason}.`,
  });
}
