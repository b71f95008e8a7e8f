import { argumentsOf } from '../../dockerfile/instructions.js';
import { warning, type Problem } from '../../lib/errors.js';
import { forEachRecipe, type Check, type CheckedImage, type PreflightInput, type Recipe } from '../check.js';

export const ARGUMENT_CHECKS: readonly Check[] = [forEachRecipe(checkUndeclared), forEachRecipe(checkPublicVariables)];

/** BuildKit takes them without ARG, and fills some in: https://docs.docker.com/reference/dockerfile/#predefined-args */
export const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|BUILDKIT_.*|BUILDPLATFORM|TARGET(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|BUILD(?:OS|ARCH|VARIANT))$/i;

function checkUndeclared(
  { use, stages, rootImage }: Recipe,
  { image }: CheckedImage,
  { config }: PreflightInput,
): Problem[] {
  // An ONBUILD instruction may be an ARG.
  if (stages.some((stage) => rootImage(stage)?.base?.onBuild.length)) return [];
  return Object.keys(image.args)
    .filter((name) => !PREDEFINED.test(name) && !use.declaredArgs.includes(name))
    .map((name) =>
      warning({
        code: 'preflight/undeclared-argument',
        image: image.key,
        place: config.place(`images.${image.key}.args.${name}`),
        message: `Image ${image.key} gets the build argument ${name}, which ${image.dockerfile} doesn't declare.`,
        fix: `Add \`ARG ${name}\` to the stage that uses it, or remove it from \`args\`.`,
      }),
    );
}

/** Bundlers compile these into the code for the browser, so a default is seldom right. */
export const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC)_\w+$/;

function checkPublicVariables(
  recipe: Recipe,
  { image, planned }: CheckedImage,
  { containers }: PreflightInput,
): Problem[] {
  const known = variablesOf(recipe);
  const variables = containers
    .filter(({ images }) => planned !== undefined && images.includes(planned.image))
    .flatMap((container) => container.variables)
    .filter(({ name }) => PUBLIC.test(name) && !known.has(name));
  const first = variables.filter(({ name }, index) => variables.findIndex((other) => other.name === name) === index);
  return first.map(({ name, place }) =>
    warning({
      code: 'preflight/public-variable',
      image: image.key,
      place,
      message: `${name} is set when image ${image.key} runs, but goes into the browser code at build time, and ${image.dockerfile} has no ARG of this name.`,
      fix: `Add \`ARG ${name}\` before the build step, and \`images.${image.key}.args.${name}\` to the configuration.`,
    }),
  );
}

/** Names that ARG, ENV or a command give to the stages of the image: RUN may write an `.env` file. */
function variablesOf({ stages, dockerfile, sourceOf }: Recipe): Set<string> {
  const names = stages
    .flatMap(({ instructions }) => instructions)
    .flatMap((instruction) => {
      const { keyword, rest } = instruction;
      if (keyword === 'ARG') return argumentsOf(rest, dockerfile.escape).map(({ name }) => name);
      if (keyword !== 'ENV' && keyword !== 'RUN') return [];
      return [...sourceOf(instruction).matchAll(/\b[A-Z][A-Z0-9_]+(?=[= ])/g)].map(([name]) => name);
    });
  return new Set(names);
}
