import { argumentsOf } from '../../dockerfile/instructions.js';
import type { Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type ReleaseScene } from '../check.js';
import type { Container } from '../manifests.js';
import { advice, certainRecipe, type ImageScene, type Recipe } from '../scene.js';

/** Build arguments, and variables that should be some. */
export const ARGUMENT_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/undeclared-argument'],
    finds: 'A build argument is given that no stage of the image declares.',
    run: forEachImage(checkUndeclared),
  },
  {
    codes: ['preflight/public-variable'],
    finds:
      'A manifest sets `NEXT_PUBLIC_*`, `VITE_*`, `REACT_APP_*`, `GATSBY_*` or `EXPO_PUBLIC_*` for an image whose Dockerfile has no such ARG: the browser’s code was made without it.',
    run: checkPublicVariables,
  },
];

/** BuildKit takes them without ARG: https://docs.docker.com/reference/dockerfile/#predefined-args */
const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|BUILDKIT_.*|BUILDPLATFORM|TARGET(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|BUILD(?:OS|ARCH|VARIANT))$/i;

function checkUndeclared(scene: ImageScene, { config, bases }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  // Instructions of an ONBUILD image may declare any.
  if (recipe === undefined || standsOnUnknown(recipe, bases)) return [];
  const { image } = scene;
  return Object.keys(image.args)
    .filter((name) => !PREDEFINED.test(name) && !recipe.use.declaredArgs.includes(name))
    .map((name) =>
      advice(scene, {
        code: 'preflight/undeclared-argument',
        place: config.place(`images.${image.key}.args.${name}`),
        message: `Image ${image.key} is given the build argument ${name}, which ${image.dockerfile} doesn't declare.`,
        fix: `Add \`ARG ${name}\` to the stage that uses it, or remove it from \`args\`.`,
      }),
    );
}

function standsOnUnknown({ use }: Recipe, bases: ReleaseScene['bases']): boolean {
  return use.images.some(({ reference }) => {
    const base = bases[reference];
    return base !== undefined && !('unresolved' in base) && base.onBuild.length > 0;
  });
}

/** What bundlers put into the code of the browser when they run: later it is too late. */
const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC)_\w+$/;

function checkPublicVariables({ images, containers }: ReleaseScene): Problem[] {
  return images.flatMap((scene) => {
    const recipe = certainRecipe(scene);
    if (recipe === undefined || scene.planned === undefined) return [];
    const own = containers.filter(({ images: names }) => names.includes(scene.planned!.image));
    const known = variablesOf(recipe);
    const seen = new Set<string>();
    return own.flatMap(({ variables }) =>
      variables.flatMap(({ name, place }) => {
        if (!PUBLIC.test(name) || known.has(name) || seen.has(name)) return [];
        seen.add(name);
        return publicVariable(scene, name, place);
      }),
    );
  });
}

function publicVariable(scene: ImageScene, name: string, place: Container['place']): Problem {
  const { key, dockerfile } = scene.image;
  return advice(scene, {
    code: 'preflight/public-variable',
    place,
    message: `${name} is set when image ${key} runs, but goes into the browser's code when it is built, and ${dockerfile} has no ARG of this name.`,
    fix: `Add \`ARG ${name}\` before the build step, and \`images.${key}.args.${name}\` to the configuration.`,
  });
}

/** Names that ARG or ENV give to the stages of the image. */
function variablesOf({ stages, dockerfile, sourceOf }: Recipe): Set<string> {
  const found = new Set<string>();
  for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
    if (instruction.keyword === 'ARG') {
      for (const { name } of argumentsOf(instruction.rest, dockerfile.escape)) found.add(name);
    } else if (instruction.keyword === 'ENV' || instruction.keyword === 'RUN') {
      // RUN may write an `.env` file, or set it for its command alone.
      for (const [name] of sourceOf(instruction).matchAll(/\b[A-Z][A-Z0-9_]+(?=[= ])/g)) found.add(name);
    }
  }
  return found;
}
