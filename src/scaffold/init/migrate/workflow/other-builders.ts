import { posix } from 'node:path';
import { readPlatforms } from '../build-settings.js';
import { noteReplaced } from '../findings.js';
import { splitOutside } from '../holes.js';
import { pathAt } from '../paths.js';
import { buildOf, finish, noteLoginOf, readSettings } from './build-actions.js';
import { inputOf, itemsOf, leaveStep, pairsOf, type ActionStep } from './step.js';

/** Actions that build and push by inputs of other names. */
export interface BuilderInputs {
  name: string;
  registry?: string;
  tags: string;
  context?: string;
  file?: string;
}

/** `elgohr/Publish-Docker-Github-Action`, `mr-smithers-excellent/docker-build-push` and alike: name, registry, tags. */
export function readNamedBuild(step: ActionStep, inputs: BuilderInputs): void {
  const build = buildOf(step);
  const context = inputOf(step, inputs.context ?? 'context');
  build.context = pathAt('.', context ?? '.');
  build.dockerfile = pathAt(
    '.',
    inputOf(step, inputs.file ?? 'dockerfile') ?? posix.join(build.context, 'Dockerfile'),
  );
  const args = inputOf(step, 'buildargs', 'buildArgs', 'build-args', 'build_args');
  for (const [name, value] of pairsOf(args?.replaceAll(',', '\n')))
    if (value !== undefined) build.args[name] = value;
  const target = inputOf(step, 'target', 'build_target');
  if (target !== undefined) build.target = target;
  build.platforms = readPlatforms(inputOf(step, 'platforms', 'platform') ?? '');
  const host = inputs.registry === undefined ? undefined : inputOf(step, inputs.registry);
  const name = inputOf(step, inputs.name) ?? '';
  const repository = host === undefined || name.startsWith(`${host}/`) ? name : `${host}/${name}`;
  const tags = itemsOf(inputOf(step, inputs.tags));
  build.references = tags.length > 0 ? tags.map((tag) => `${repository}:${tag}`) : [`${repository}:latest`];
  build.published = inputOf(step, 'push') === 'false' || inputOf(step, 'no_push') === 'true' ? 'no' : 'yes';
  noteLoginOf(step, host ?? 'docker.io');
  finish(step, build);
}

const wordsOf = (text: string | undefined) =>
  text === undefined ? undefined : splitOutside(text, /[\s,]+/).filter(Boolean);

/** redhat-actions/buildah-build: https://github.com/redhat-actions/buildah-build#action-inputs */
export function readBuildahBuild(step: ActionStep): void {
  const build = buildOf(step);
  build.context = pathAt('.', inputOf(step, 'context') ?? '.');
  const [file] = itemsOf(inputOf(step, 'containerfiles', 'dockerfiles'));
  build.dockerfile = pathAt('.', file ?? posix.join(build.context, 'Containerfile'));
  if (file === undefined && !step.session.repository.paths.includes(build.dockerfile))
    build.dockerfile = posix.join(build.context, 'Dockerfile');
  readSettings(build, step);
  build.platforms = [
    ...build.platforms,
    ...itemsOf(inputOf(step, 'archs', 'arch')).map((arch) => `linux/${arch}`),
  ];
  const image = inputOf(step, 'image') ?? '';
  const tags = wordsOf(inputOf(step, 'tags')) ?? ['latest'];
  build.references = tags.map((tag) => (tag.includes('/') ? tag : `${image}:${tag}`));
  step.outputs.set('image', image);
  step.outputs.set('tags', tags.join(' '));
  step.outputs.set('image-with-tag', build.references[0] ?? '');
  finish(step, build);
}

/** redhat-actions/push-to-registry puts the registry in front of what was built. */
export function readPushToRegistry(step: ActionStep): void {
  const image = inputOf(step, 'image') ?? '';
  const registry = inputOf(step, 'registry');
  const tags = wordsOf(inputOf(step, 'tags')) ?? ['latest'];
  const { local } = step.session;
  const build = tags
    .map((tag) => local.get(tag.includes('/') ? tag : `${image}:${tag}`))
    .find((each) => each !== undefined);
  if (build === undefined)
    return leaveStep(step, `${step.uses} of ${image}`, 'Name its Dockerfile under `images`.');
  build.references = tags.map((tag) =>
    tag.includes('/') ? tag : [registry, `${image}:${tag}`].filter(Boolean).join('/'),
  );
  build.published = 'yes';
  step.session.touched += 1;
  if (registry !== undefined) noteLoginOf(step, registry.split('/')[0]!);
  noteReplaced(step.session.findings, step.place, step.uses, 'the release, which publishes all images');
}
