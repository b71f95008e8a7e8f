import type { Config, ImageConfig } from '../config/config.js';
import type { ImageFiles } from '../facts/build-files.js';
import type { Facts } from '../facts/facts.js';
import type { BaseImage, BaseImages } from '../dockerfile/description.js';
import type { BuildUse, Dockerfile, Stage, UnreadableDockerfile } from '../dockerfile/dockerfile.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';
import type { Place, Problem } from '../lib/errors.js';
import type { Plan, PlannedImage } from '../plan/plan.js';

/** An image as the checks see it. */
export interface ImageScene {
  image: ImageConfig;
  files?: ImageFiles;
  /** Undefined: it could not be planned. */
  planned?: PlannedImage;
  /** Undefined: there is no Dockerfile, or the image is not built, so that nothing about it is news. */
  recipe?: Recipe | DoubtfulRecipe;
}

/** A Dockerfile whose instructions are certain. */
export interface Recipe {
  status: 'certain';
  dockerfile: Dockerfile;
  use: BuildUse;
  /** Stages that go into the image, ascending; the last one becomes the image. */
  stages: Stage[];
  /** What a stage stands on, from the one that begins with an external image to the stage itself. */
  chain(stage: Stage): Stage[];
  stageNamed(name: string): Stage | undefined;
  /** The external image at the root of a stage; undefined: none, or none that can be told. */
  rootImage(stage: Stage): { reference: string; line: number } | undefined;
  /** What is known of the external image at the root of a stage. */
  base(stage: Stage): BaseImage | 'scratch' | undefined;
  place(line: number): Place;
  /** As written, with the lines of here-documents. */
  sourceOf(instruction: { line: number; endLine: number; heredoc: boolean; rest: string }): string;
}

export interface DoubtfulRecipe {
  status: 'doubtful';
  reason: string;
  place: Place;
}

export function sceneOf(
  image: ImageConfig,
  plan: Plan,
  facts: Facts,
  config: Config,
  bases: BaseImages,
): ImageScene {
  const files = facts.files[image.key];
  const planned = plan.images.find(({ key }) => key === image.key);
  const text = files?.dockerfile;
  const scene = { image, ...(files && { files }), ...(planned && { planned }) };
  if (text === undefined || planned?.status === 'unchanged') return scene;
  return { ...scene, recipe: readRecipe(text, image, config, bases) };
}

function readRecipe(
  text: string,
  image: ImageConfig,
  config: Config,
  bases: BaseImages,
): Recipe | DoubtfulRecipe {
  const place = (line?: number): Place =>
    image.dockerfileInline === undefined
      ? { file: image.dockerfile, ...(line !== undefined && { line }) }
      : config.place(`images.${image.key}`);
  const doubtful = ({ unreadable, line }: UnreadableDockerfile): DoubtfulRecipe => ({
    status: 'doubtful',
    reason: unreadable,
    place: place(line),
  });
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return doubtful(dockerfile);
  const [doubt] = dockerfile.doubts;
  if (doubt) return doubtful({ unreadable: doubt.reason, line: doubt.line });
  const platforms = image.platforms.length > 0 ? image.platforms : ['linux/amd64'];
  const use = useOf(dockerfile, { ...image, platforms }, bases);
  if ('unreadable' in use) return doubtful(use);
  return {
    status: 'certain',
    dockerfile,
    place,
    ...graphOf(dockerfile, use, bases),
    use,
    sourceOf: sourceIn(text),
  };
}

function graphOf(dockerfile: Dockerfile, use: BuildUse, bases: BaseImages) {
  const { stages } = dockerfile;
  const externalImage = (stage: Stage) => use.images.find(({ line }) => line === stage.line);
  const parentOf = (stage: Stage): Stage | undefined =>
    externalImage(stage)
      ? undefined
      : stages
          .slice(0, stage.index)
          .filter(({ name }) => name === stage.base.toLowerCase())
          .at(-1);
  const chain = (stage: Stage): Stage[] => {
    const parent = parentOf(stage);
    return parent ? [...chain(parent), stage] : [stage];
  };
  const rootImage = (stage: Stage) => externalImage(chain(stage)[0]!);
  return {
    stages: use.stages.map((index) => stages[index]!),
    chain,
    rootImage,
    stageNamed: (name: string): Stage | undefined =>
      /^\d+$/.test(name)
        ? stages[Number(name)]
        : stages.filter((stage) => stage.name === name.toLowerCase()).at(-1),
    base: (stage: Stage): BaseImage | 'scratch' | undefined => {
      const root = chain(stage)[0]!;
      if (root.base.toLowerCase() === 'scratch') return 'scratch';
      const known = bases[rootImage(stage)?.reference ?? ''];
      return known === undefined || 'unresolved' in known ? undefined : known;
    },
  };
}

function sourceIn(text: string): Recipe['sourceOf'] {
  const lines = text.split(/\r?\n/);
  return ({ line, endLine, heredoc, rest }) => (heredoc ? lines.slice(line - 1, endLine).join('\n') : rest);
}

/** The recipe, where nothing about it is doubtful. */
export function certainRecipe({ recipe }: ImageScene): Recipe | undefined {
  return recipe?.status === 'certain' ? recipe : undefined;
}

/** The stage that becomes the image. */
export function finalStage({ stages }: Recipe): Stage | undefined {
  return stages.at(-1);
}

/** Advice on the Dockerfile of an image, which stops nothing. */
export function advice(
  { image }: ImageScene,
  problem: Omit<Problem, 'severity' | 'image'> & { place: Place },
): Problem {
  return { severity: 'warning', image: image.key, ...problem };
}
