import type { Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type ReleaseScene } from '../check.js';
import { advice, certainRecipe, finalStage, type ImageScene, type Recipe } from '../scene.js';

/** What the image is when it runs. */
export const RUNTIME_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/runs-as-root'],
    finds: 'Neither the Dockerfile nor the base image sets a user.',
    run: forEachImage(checkUser),
  },
  {
    codes: ['preflight/no-health-check'],
    finds:
      'Neither the Dockerfile nor the base image has a HEALTHCHECK, and no manifest of the checkout has a probe for the image.',
    run: checkHealth,
  },
];

const ROOT = /^(?:root|0)(?::.*)?$/;

function checkUser(scene: ImageScene): Problem[] {
  const recipe = certainRecipe(scene);
  const stage = recipe && finalStage(recipe);
  if (!recipe || !stage) return [];
  const last = lastOf(recipe, 'USER');
  const base = recipe.base(stage);
  const inherited = base === 'scratch' ? '' : base && (base.user ?? '');
  // Where nobody was asked what the base image says, nothing is known.
  const user = last?.rest ?? inherited;
  if (user === undefined || !(user === '' || ROOT.test(user.replaceAll(/["']/g, '')))) return [];
  return [
    advice(scene, {
      code: 'preflight/runs-as-root',
      place: recipe.place(last?.line ?? stage.line),
      message: `Image ${scene.image.key} runs as root: ${last ? `its last USER is ${last.rest}` : 'nothing sets a user'}.`,
      fix: 'Add `USER` before CMD, with a user of the image (`node` in the official Node.js images) or a number.',
    }),
  ];
}

function checkHealth({ images, containers }: ReleaseScene): Problem[] {
  const probed = containers.filter(({ probe }) => probe === 'set').flatMap((container) => container.images);
  return images.flatMap((scene) => {
    const recipe = certainRecipe(scene);
    const stage = recipe && finalStage(recipe);
    if (!recipe || !stage || !scene.planned || probed.includes(scene.planned.image)) return [];
    const base = recipe.base(stage);
    if (lastOf(recipe, 'HEALTHCHECK') || base === undefined) return [];
    if (base !== 'scratch' && base.healthcheck === 'set') return [];
    return [
      advice(scene, {
        code: 'preflight/no-health-check',
        place: recipe.place(stage.line),
        message: `Nothing tells whether image ${scene.image.key} works: it has no HEALTHCHECK, and no manifest here has a probe for it.`,
        fix: 'Give its container a readinessProbe, or add HEALTHCHECK; `HEALTHCHECK NONE` says that none is wanted.',
      }),
    ];
  });
}

/** The last instruction of this name that the final image gets from its own Dockerfile. */
function lastOf(recipe: Recipe, keyword: string) {
  const stage = finalStage(recipe);
  return (stage ? recipe.chain(stage) : [])
    .flatMap(({ instructions }) => instructions)
    .filter((instruction) => instruction.keyword === keyword)
    .at(-1);
}
