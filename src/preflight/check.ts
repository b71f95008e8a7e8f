import type { Config, ImageConfig } from '../config/config.js';
import type { BaseImage, BaseImages } from '../dockerfile/description.js';
import type { BuildUse, Dockerfile, Instruction, Stage, UnreadableDockerfile } from '../dockerfile/dockerfile.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';
import type { ImageFiles } from '../facts/build-files.js';
import type { Facts } from '../facts/facts.js';
import type { Place, Problem } from '../lib/errors.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import type { Container } from './manifests.js';
import type { Workflow } from './workflows.js';

export type Check = (input: PreflightInput) => Problem[];

export interface PreflightInput {
  plan: Plan;
  facts: Facts;
  config: Config;
  bases: BaseImages;
  /** The selected images, including those that could not be planned. */
  images: CheckedImage[];
  workflows: Workflow[];
  /** Of all manifests of the checkout; empty if nothing is built. */
  containers: Container[];
}

export interface CheckedImage {
  image: ImageConfig;
  files?: ImageFiles;
  /** Undefined: it could not be planned. */
  planned?: PlannedImage;
  /** Undefined: there is no Dockerfile, or the image is not built. */
  recipe?: Recipe | UncertainRecipe;
}

/** A Dockerfile whose instructions are certain. */
export interface Recipe {
  certain: true;
  dockerfile: Dockerfile;
  use: BuildUse;
  /** Stages that go into the image, ascending; the last one becomes the image. */
  stages: Stage[];
  /** Instructions of a stage after those of the stages that it is based on. */
  instructionsOf(stage: Stage): Instruction[];
  /** The external image that a stage is finally based on; undefined: none, or its name is unknown. */
  rootImage(stage: Stage): { reference: string; line: number; base?: BaseImage } | undefined;
  place(line: number): Place;
  /** As written, with the lines of here-documents. */
  sourceOf(instruction: Instruction): string;
}

export interface UncertainRecipe {
  certain: false;
  reason: string;
  place: Place;
}

/** A check of each image by itself. */
export function forEachImage(
  check: (image: CheckedImage, input: PreflightInput) => Problem | readonly Problem[] | undefined,
): Check {
  return (input) => input.images.flatMap((image) => check(image, input) ?? []);
}

/** A check of each image whose Dockerfile is certain. */
export function forEachRecipe(
  check: (recipe: Recipe, image: CheckedImage, input: PreflightInput) => Problem | readonly Problem[] | undefined,
): Check {
  return forEachImage((image, input) => (image.recipe?.certain ? check(image.recipe, image, input) : undefined));
}

export function checkedImage(
  image: ImageConfig,
  { plan, facts, config, bases }: Pick<PreflightInput, 'plan' | 'facts' | 'config' | 'bases'>,
): CheckedImage {
  const files = facts.files[image.key];
  const planned = plan.images.find(({ key }) => key === image.key);
  const text = planned?.status === 'unchanged' ? undefined : files?.dockerfile;
  const recipe = text === undefined ? undefined : readRecipe(text, image, config, bases);
  return { image, files, planned, recipe };
}

function readRecipe(text: string, image: ImageConfig, config: Config, bases: BaseImages): Recipe | UncertainRecipe {
  const place = (line?: number): Place =>
    image.dockerfileInline === undefined
      ? { file: image.dockerfile, ...(line !== undefined && { line }) }
      : config.place(`images.${image.key}`);
  const uncertain = ({ unreadable: reason, line }: UnreadableDockerfile): UncertainRecipe => ({
    ...{ certain: false, reason, place: place(line) },
  });
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return uncertain(dockerfile);
  const [doubt] = dockerfile.doubts;
  if (doubt) return uncertain({ unreadable: doubt.reason, line: doubt.line });
  const platforms = image.platforms.length > 0 ? image.platforms : ['linux/amd64'];
  const use = useOf(dockerfile, { ...image, platforms }, bases);
  if ('unreadable' in use) return uncertain(use);

  const { stages } = dockerfile;
  const lines = text.split(/\r?\n/);
  const external = (stage: Stage) => use.images.find(({ line }) => line === stage.line);
  /** From the stage that begins with an external image to the stage itself. */
  const chainOf = (stage: Stage): Stage[] => {
    const parent = external(stage)
      ? undefined
      : stages.slice(0, stage.index).findLast(({ name }) => name === stage.base.toLowerCase());
    return parent ? [...chainOf(parent), stage] : [stage];
  };
  return {
    ...{ certain: true, dockerfile, use, place },
    stages: use.stages.map((index) => stages[index]!),
    instructionsOf: (stage) => chainOf(stage).flatMap(({ instructions }) => instructions),
    rootImage: (stage) => {
      const image = external(chainOf(stage)[0]!);
      const base = image && bases[image.reference];
      return image && { ...image, ...(base && !('unresolved' in base) && { base }) };
    },
    sourceOf: ({ line, endLine, heredoc, rest }) => (heredoc ? lines.slice(line - 1, endLine).join('\n') : rest),
  };
}
