import { problem, type Problem, type ProblemDraft } from '../lib/errors.js';
import { didYouMean } from '../lib/suggestion.js';
import { allBasesOf, baseKey, type Config, type DeployConfig } from './config.js';
import type { WrittenDeploy } from './schema-deploy.js';

const invalid = (draft: Omit<ProblemDraft, 'code'>): Problem => problem({ code: 'config/invalid', ...draft });

/** Rules beyond the schema: how settings fit together. */
export function checkConfig(config: Config, deploy: WrittenDeploy | undefined): Problem[] {
  const { images, bake } = config;
  return [
    ...(images.length === 0 && bake === undefined ? [noImages(config)] : []),
    ...checkDeploy(config, deploy),
    // With a bake file all images are known only after it is read.
    ...(bake === undefined ? checkImages(config) : []),
  ];
}

export const NO_IMAGES_FIX = 'Begin with `images:` and below it one line per image, such as `  api: { context: api }`.';

function noImages({ origin, place }: Config): Problem {
  const message = `${origin} names no image: it has neither \`images\` nor \`bake\`.`;
  return invalid({ place: place(''), message, fix: NO_IMAGES_FIX });
}

/** Checks the images together; all of them must be known. */
export function checkImages(config: Config): Problem[] {
  return [
    ...config.images
      .filter(({ dockerfile }) => dockerfile.startsWith('../'))
      .map((image) =>
        invalid({
          image: image.key,
          place: config.place(`images.${image.key}.dockerfile`),
          message: `The Dockerfile of image ${image.key} is outside the repository: ${image.dockerfile}, relative to its root.`,
          fix: `\`dockerfile\` is relative to the context, which is ${image.context}; correct the path, or move the file into the repository.`,
        }),
      ),
    ...checkBases(config),
    ...checkDeployImages(config),
  ];
}

/** `image:<key>` contexts must name an image, and no image may be built on itself. */
function checkBases({ images, helpers, place }: Config): Problem[] {
  const keys = images.map(({ key }) => key);
  const known = [...images, ...helpers];
  return images.flatMap((image) =>
    Object.entries(image.contexts).flatMap(([name, source]) => {
      const base = baseKey(source);
      if (base === undefined) return [];
      const at = { image: image.key, place: place(`images.${image.key}.contexts.${name}`) };
      if (!known.some(({ key }) => key === base))
        return invalid({
          ...at,
          message: `Image ${image.key} is built on ${source}, and there is no image ${base}.`,
          fix:
            didYouMean(
              source,
              keys.map((key) => `image:${key}`),
            ) ?? `Use one of the images: ${keys.join(', ')}.`,
        });
      if (base !== image.key && !allBasesOf(known, base).includes(image.key)) return [];
      return invalid({
        ...at,
        message: `Image ${image.key} is built on ${source}, which is built on ${image.key} in turn.`,
        fix: 'Break the circle: move what both need into another image.',
      });
    }),
  );
}

function checkDeployImages({ images, deploy, place }: Config): Problem[] {
  const known = images.map(({ key }) => key);
  return deploy.flatMap((target, index) =>
    [
      ...(target.images ?? []).map((key, position) => ({ key, at: `images.${position}` })),
      ...Object.keys(target.names ?? {}).map((key) => ({ key, at: `add-missing.${key}` })),
    ]
      .filter(({ key }) => !known.includes(key))
      .map(({ key, at }) =>
        invalid({
          place: place(`deploy.${index}.${at}`),
          message: `\`deploy\` names the image \`${key}\`, which is not among \`images\`.`,
          fix: didYouMean(key, known) ?? `Use one of the images: ${known.join(', ')}.`,
        }),
      ),
  );
}

function checkDeploy({ deploy, place }: Config, written: WrittenDeploy | undefined): Problem[] {
  const targets = Array.isArray(written) ? written : [written];
  return deploy.flatMap((target, index) => {
    const problems: Problem[] = [];
    const report = (key: string, message: string, fix: string) =>
      problems.push(invalid({ place: place(`deploy.${index}${key && `.${key}`}`), message, fix }));

    if (target.repository !== undefined && target.branch === undefined)
      report(
        'repository',
        `\`deploy.branch\` is missing: ${target.repository} is another repository, whose default branch is unknown.`,
        'Add the branch that your GitOps controller follows, for instance `branch: main`.',
      );
    const own = targets[index];
    for (const key of ['labels', 'auto-merge'] as const)
      if (target.mode === 'commit' && typeof own === 'object' && own[key] !== undefined && own[key] !== false)
        report(
          key,
          `\`deploy.${key}\` applies to pull requests, but this target commits to its branch.`,
          'Add `mode: pull-request`, or remove the key.',
        );
    // A ledger moves together with one branch: with two it could keep the order of neither.
    const channel = target.channel ?? target.branch;
    const first = deploy.find(
      (other) => (other.channel ?? other.branch) === channel && other.repository === target.repository,
    )!;
    if (destinationOf(first) !== destinationOf(target))
      report(
        '',
        `${target.kustomization} and ${first.kustomization} share the channel ${channel ?? 'of the default branch'}, but go to ${destinationOf(first)} and ${destinationOf(target)}.`,
        'Give one of them another `channel`: each keeps the order of releases for one branch and one mode.',
      );
    if (first.when !== target.when)
      report(
        'when',
        `${target.kustomization} and ${first.kustomization} share the channel ${channel ?? 'of the default branch'}, and only one of them is deployed by promotion.`,
        'Give one of them another `channel`, such as `channel: production`.',
      );
    return problems;
  });
}

function destinationOf({ branch, mode }: DeployConfig): string {
  const to = branch === undefined ? 'the default branch' : `branch ${branch}`;
  return mode === 'commit' ? to : `${to} by pull request`;
}
