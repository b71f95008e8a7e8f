import { posix } from 'node:path';
import { parseDockerfile } from '../../dockerfile/parse.js';
import type { Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type ReleaseScene } from '../check.js';
import { copiedBy } from '../node/copied.js';
import { certainRecipe, type ImageScene } from '../scene.js';

/** What the configuration names, and has to be there. */
export const BUILD_INPUT_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/missing-context'],
    finds: 'The context of an image does not exist, or is a file.',
    run: forEachImage(checkContext),
  },
  {
    codes: ['preflight/missing-dockerfile'],
    finds:
      'There is no Dockerfile where the configuration says (a path that was meant from the root is recognised), or it, its ignore file or a context is a link out of the repository or no regular file.',
    run: (release) => [...forEachImage(checkDockerfile)(release), ...checkRefused(release)],
  },
  {
    codes: ['preflight/missing-target'],
    finds: 'The Dockerfile has no stage of the configured name.',
    run: forEachImage(checkTarget),
  },
  {
    codes: ['preflight/missing-secret'],
    finds: 'A build secret names a variable that is not set, or a file that can’t be read.',
    run: forEachImage(checkSecrets),
  },
  {
    codes: ['preflight/dockerfile-unreadable'],
    finds:
      'A Dockerfile can’t be read with certainty: its image is always built, and the checks below pass it over.',
    run: forEachImage(checkDoubts),
  },
  {
    codes: ['preflight/empty-context'],
    finds: 'A Dockerfile copies from a folder that holds nothing.',
    run: forEachImage(checkEmpty),
  },
];

function checkContext({ image, files }: ImageScene, { config }: ReleaseScene): Problem[] {
  const found = files?.context ?? 'missing';
  if (found !== 'file' && found !== 'missing') return [];
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

function checkDockerfile({ image, files }: ImageScene, { config }: ReleaseScene): Problem[] {
  if (files === undefined || files.dockerfile !== undefined || files.context === 'remote') return [];
  if (files.refused.some(({ path }) => path === image.dockerfile)) return [];
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

/** Also of targets that are built on the way to an image: BuildKit would read, and print, what a link leads to. */
function checkRefused({ images, facts, config }: ReleaseScene): Problem[] {
  const keys = [...images.map(({ image }) => image.key), ...config.helpers.map(({ key }) => key)];
  return keys.flatMap((key) =>
    (facts.files[key]?.refused ?? []).map(({ path, reason }): Problem => ({
      code: 'preflight/missing-dockerfile',
      severity: 'error',
      image: key,
      place: config.place(`images.${key}.dockerfile`),
      message: `Image ${key} can't be built: ${path} ${reason}.`,
      fix: `Put what belongs at ${path} there itself, in place of a link.`,
    })),
  );
}

function isInside(path: string, folder: string): boolean {
  return folder === '.' ? !path.startsWith('../') : path.startsWith(`${folder}/`);
}

/** The names that there are in place of the configured one; undefined: it is there, or that can't be told. */
function otherStages({ image, files }: ImageScene): string[] | undefined {
  if (image.target === undefined || files?.dockerfile === undefined) return undefined;
  const dockerfile = parseDockerfile(files.dockerfile);
  if ('unreadable' in dockerfile || dockerfile.doubts.length > 0) return undefined;
  // COPY --from takes numbers, a target does not: BuildKit answers that stage "0" could not be found.
  const stages = dockerfile.stages.flatMap(({ name }) => name ?? []);
  return stages.includes(image.target.toLowerCase()) ? undefined : stages;
}

function checkTarget(scene: ImageScene, { config }: ReleaseScene): Problem[] {
  const stages = otherStages(scene);
  if (stages === undefined) return [];
  const { image } = scene;
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

function checkSecrets({ image, files }: ImageScene, { config }: ReleaseScene): Problem[] {
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
        `Set it for this step: \`env: { ${name}: '\${{ secrets.${name} }}' }\`.`,
      ),
    ),
    ...files.missingSecretFiles.map((file) =>
      problem(
        `Image ${image.key} needs the build secret in the file ${file}, which can't be read, or is no regular file of at most 500 KiB.`,
        'Write the file in an earlier step, or correct its path.',
      ),
    ),
  ];
}

function checkDoubts(scene: ImageScene): Problem[] {
  const { image, recipe } = scene;
  if (recipe?.status !== 'doubtful' || otherStages(scene)) return [];
  return [
    {
      code: 'preflight/dockerfile-unreadable',
      severity: 'warning',
      image: image.key,
      place: recipe.place,
      message: `The Dockerfile of image ${image.key} can't be read with certainty: ${recipe.reason}.`,
      fix: 'The image is always built. Correct the line if BuildKit refuses it too.',
    },
  ];
}

function checkEmpty(scene: ImageScene, { config }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  const { image, files } = scene;
  if (files?.context !== 'empty' || !recipe) return [];
  const copies = recipe.stages.some(({ instructions }) =>
    instructions.some((instruction) => copiedBy(instruction).sources.length > 0),
  );
  if (!copies) return [];
  return [
    {
      code: 'preflight/empty-context',
      severity: 'warning',
      image: image.key,
      place: config.place(`images.${image.key}.context`),
      message: `The context of image ${image.key} holds no files: ${image.context}. Its Dockerfile copies from there.`,
      fix: 'Check out submodules or make the files in an earlier step, or correct the path.',
    },
  ];
}
