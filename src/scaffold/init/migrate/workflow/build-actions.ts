import { posix } from 'node:path';
import { newBuild, type Build, type Metadata } from '../build.js';
import {
  readCaches,
  readFields,
  readPlatforms,
  readProvenance,
  readSbom,
  variableFor,
} from '../build-settings.js';
import { noteLogin, noteReplaced } from '../findings.js';
import { addBuild } from '../commands/session.js';
import { hasHoles, onlyHole } from '../holes.js';
import { asExpression } from '../tag-rules.js';
import { isInside, pathAt } from '../paths.js';
import { versionOf } from './version-rule.js';
import {
  inputOf,
  itemsOf,
  leaveStep,
  linesOf,
  metadataIn,
  pairsOf,
  switchOf,
  type ActionStep,
} from './step.js';

/** Inputs of docker/build-push-action that are read below, or that say nothing of the image. */
const READ = new Set([
  ...['context', 'file', 'target', 'build-args', 'build-contexts', 'secrets', 'secret-envs', 'secret-files'],
  ...[
    'platforms',
    'labels',
    'annotations',
    'no-cache',
    'cache-from',
    'cache-to',
    'provenance',
    'sbom',
    'attests',
  ],
  ...['push', 'load', 'outputs', 'tags', 'builder', 'pull', 'github-token'],
]);

/** docker/build-push-action from version 2 on: https://github.com/docker/build-push-action#inputs */
export function readBuildPush(step: ActionStep): void {
  if (step.inputs.has('repository')) return readFirstVersion(step);
  const build = buildOf(step);
  readContext(build, step);
  readSettings(build, step);
  readSecrets(build, step);
  readDestination(build, step);
  for (const name of step.inputs.keys())
    if (!READ.has(name))
      leaveStep(
        step,
        `input \`${name}\` of ${step.uses}`,
        'There is no such key; a bake file may have one, and `bake:` takes a bake file.',
      );
  finish(step, build);
}

export function buildOf({ place, uses, session: { scenario } }: ActionStep): Build {
  return newBuild(place, uses, scenario);
}

export function finish(step: ActionStep, build: Build): void {
  addBuild(step, build);
  noteReplaced(step.session.findings, step.place, step.uses, '`images`');
  step.outputs.set('digest', '${{ steps.build.outputs.digest }}');
}

/** A path from the root of the repository; without one, git’s own context, which is all that is committed. */
function readContext(build: Build, step: ActionStep): void {
  const written = inputOf(step, 'context', 'path') ?? '{{defaultContext}}';
  const [, below] = /^\{\{defaultContext\}\}(?::(.*))?$/.exec(written) ?? [];
  const isDefault = written.startsWith('{{defaultContext}}');
  const own = ownGitContext(written, step);
  const path = isDefault ? (below ?? '.') : (own ?? pathAt('.', written));
  const isElsewhere = own === undefined && /:\/\//.test(written);
  // What only a run knows is told of with the names that it has, where they are known.
  if (hasHoles(path)) build.context = path;
  else if (!isInside(path) || isElsewhere) {
    leaveStep(
      step,
      `the context \`${written}\``,
      'Contexts are folders of this repository; write the right one.',
    );
    build.context = '.';
  } else build.context = posix.normalize(path).replace(/(?<=.)\/$/, '');
  const file = inputOf(step, 'file', 'dockerfile');
  // Of a git context the file is looked for below it, of a folder from where the step runs.
  const base = isDefault || own !== undefined ? build.context : '.';
  build.dockerfile = file === undefined ? posix.join(build.context, 'Dockerfile') : pathAt(base, file);
}

/** `https://github.com/owner/name.git#ref:folder` of this repository. */
function ownGitContext(written: string, { session: { repository } }: ActionStep): string | undefined {
  const [, name, folder] = /github\.com\/([^#]+?)(?:\.git)?(?:#[^:]*(?::(.*))?)?$/.exec(written) ?? [];
  return name !== undefined && name.toLowerCase() === repository.name?.toLowerCase()
    ? (folder ?? '.')
    : undefined;
}

export function readSettings(build: Build, step: ActionStep): void {
  const target = inputOf(step, 'target');
  if (target !== undefined) build.target = target;
  for (const [name, value] of pairsOf(inputOf(step, 'build-args', 'build_args')))
    if (value !== undefined) build.args[name] = value;
    else if (step.env.has(name)) build.args[name] = step.env.get(name)!;
    else leaveStep(step, `build argument ${name}, from the environment`, 'Write its value under `args`.');
  for (const [name, source = ''] of pairsOf(inputOf(step, 'build-contexts')))
    build.contexts[name] = /^[a-z-]+:\/\//.test(source) ? source : pathAt('.', source);
  build.platforms = readPlatforms(inputOf(step, 'platforms', 'platform') ?? '');
  for (const [name, value = ''] of pairsOf(inputOf(step, 'labels')))
    if (!hasHoles(name)) build.labels[name] = value;
  for (const [name, value = ''] of pairsOf(inputOf(step, 'annotations')))
    if (!hasHoles(name)) build.annotations[name] = value;
  build.noCache = switchOf(inputOf(step, 'no-cache')) === true;
  const cacheless = step.written.get('no-cache') ?? '';
  if (!build.noCache && cacheless.includes('${{'))
    leaveStep(
      step,
      `no-cache: ${cacheless}`,
      'Write it into the input `no-cache` of the step that releases.',
    );
  const attests = linesOf(inputOf(step, 'attests'));
  const of = (type: string) =>
    inputOf(step, type) ?? attests.find((text) => readFields(text).get('type') === type);
  const provenance = readProvenance(of('provenance'));
  const sbom = readSbom(of('sbom'));
  if (provenance !== undefined) build.provenance = provenance;
  if (sbom !== undefined) build.sbom = sbom;
  for (const { text, advice } of readCaches(
    build,
    linesOf(inputOf(step, 'cache-from')),
    linesOf(inputOf(step, 'cache-to')),
  ))
    leaveStep(step, `cache \`${asExpression(text)}\``, advice);
  const builder = inputOf(step, 'builder');
  if (builder !== undefined && !hasHoles(builder))
    leaveStep(step, `the builder ${builder}`, 'Name it: `builder: { type: buildx, name: … }`.');
}

function readSecrets(build: Build, step: ActionStep): void {
  const { environment } = step.session.findings;
  for (const [id, value = ''] of pairsOf(inputOf(step, 'secrets'))) {
    const same = Object.entries(environment).find(([, text]) => text === value)?.[0];
    const own = variableFor(id);
    const name =
      same ??
      (environment[own] === undefined || environment[own] === value
        ? own
        : `${own}_${Object.keys(environment).length}`);
    build.secrets[id] = { env: name };
    environment[name] = value;
  }
  for (const [id, name = id] of pairsOf(inputOf(step, 'secret-envs'))) {
    build.secrets[id] = { env: name };
    const value = step.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  for (const [id, file = id] of pairsOf(inputOf(step, 'secret-files')))
    build.secrets[id] = { file: pathAt('.', file) };
}

function readDestination(build: Build, step: ActionStep): void {
  const tags = inputOf(step, 'tags') ?? '';
  const items = itemsOf(tags);
  const metadata = metadataOf(items, step) ?? metadataIn(inputOf(step, 'labels') ?? '', step);
  const fixed = items.filter((tag) => !/^(?:metadata \d+ tags\b|.*\bsteps\.)/.test(onlyHole(tag) ?? ''));
  for (const tag of items)
    if (metadata === undefined && !fixed.includes(tag))
      leaveStep(step, `tags ${tag}`, 'What gives them was not understood; write rules under `tags`.');
  if (metadata !== undefined) build.metadata = metadata;
  const versioned = metadata === undefined ? [] : fixed.filter((tag) => OF_VERSION.test(tag));
  build.references = fixed.filter((tag) => !versioned.includes(tag));
  if (metadata !== undefined && versioned.length > 0) {
    const names = versioned.map((tag) => tag.replace(/:[^/]*$/, ''));
    for (const tag of versioned.filter((each) => !each.replace(OF_VERSION, '').endsWith(':')))
      leaveStep(
        step,
        `tag ${asExpression(tag)}`,
        'What stands beside the version is a `prefix=` or a `suffix=` of its rule.',
      );
    build.metadata =
      fixed.length < items.length
        ? { ...metadata, images: [...new Set([...metadata.images, ...names])] }
        : versionOf({ ...metadata, images: names }, build.event);
  }
  // Tags that are written out are all the tags; the step beside them gives labels only.
  if (metadata !== undefined && build.references.length > 0 && !tags.includes('metadata'))
    build.metadata = { ...metadata, images: [], rules: [] };
  const outputs = linesOf(inputOf(step, 'outputs')).map(readFields);
  const digest = outputs.find((fields) => fields.get('push-by-digest') === 'true');
  const push = switchOf(inputOf(step, 'push'));
  if (digest !== undefined) {
    build.published = 'by-digest';
    const name = digest.get('name');
    if (name !== undefined) build.references.push(...name.split(','));
  } else if (
    push !== false ||
    outputs.some((fields) => fields.get('push') === 'true' || fields.get('type') === 'registry')
  )
    build.published = 'yes';
  for (const [index, fields] of outputs.entries()) {
    const further = [...fields.keys()].filter((name) => !PUBLISHING.has(name));
    if (further.length > 0)
      leaveStep(
        step,
        `output ${linesOf(inputOf(step, 'outputs'))[index]!}`,
        `A release has no ${further.map((name) => `\`${name}\``).join(', ')}: its images are as the builder makes them.`,
      );
    if (['local', 'tar', 'oci'].includes(fields.get('type') ?? ''))
      leaveStep(
        step,
        `output ${[...fields].map((pair) => pair.join('=')).join(',')}`,
        'A release publishes images; build files in a step of their own.',
      );
  }
}

/** `image:${{ steps.meta.outputs.version }}` */
const OF_VERSION = /\$\{\{ metadata \d+ version\b.*? \}\}/;

/** Of several steps that give tags those with the same rules are one with all their images; the others are told of. */
function metadataOf(items: readonly string[], step: ActionStep): Metadata | undefined {
  const [first, ...others] = new Set(items.flatMap((item) => metadataIn(item, step) ?? []));
  if (first === undefined) return undefined;
  const rulesOf = ({ rules, flavor }: Metadata) => JSON.stringify([rules, flavor]);
  const images = new Set(first.images);
  for (const other of others)
    if (rulesOf(other) === rulesOf(first)) for (const image of other.images) images.add(image);
    else
      leaveStep(
        step,
        `the tags of ${other.what}`,
        `An image has one list of rules, and that of ${first.what} is taken: write under \`images\` what the others get.`,
      );
  return { ...first, images: [...images] };
}

/** Fields of an output that a release decides by itself, and places of files: https://docs.docker.com/build/exporters/ */
const PUBLISHING = new Set([
  ...['type', 'name', 'ref', 'push', 'push-by-digest', 'name-canonical', 'store', 'unpack'],
  ...['oci-mediatypes', 'dest', 'annotation', 'tar'],
]);

/** docker/build-push-action@v1: https://github.com/docker/build-push-action/tree/v1 */
function readFirstVersion(step: ActionStep): void {
  const build = buildOf(step);
  readContext(build, step);
  readSettings(build, step);
  const host = inputOf(step, 'registry');
  const repository = [host, inputOf(step, 'repository')].filter(Boolean).join('/');
  build.references = itemsOf(inputOf(step, 'tags')).map((tag) => `${repository}:${tag}`);
  if (switchOf(inputOf(step, 'tag_with_sha')) === true)
    build.references.push(`${repository}:sha-\${{ sha7 }}`);
  if (switchOf(inputOf(step, 'tag_with_ref')) === true)
    build.references.push(
      `${repository}:${{ tag: '${{ tag }}', 'default-branch': 'latest', branch: '${{ branch }}', 'pull-request': 'pr-${{ pr }}' }[build.event]}`,
    );
  if (build.references.length === 0) build.references = [`${repository}:latest`];
  build.published = inputOf(step, 'push') === 'false' ? 'no' : 'yes';
  noteLoginOf(step, host ?? 'docker.io');
  finish(step, build);
}

export function noteLoginOf(step: ActionStep, host: string): void {
  const username = inputOf(step, 'username');
  const password = inputOf(step, 'password');
  if (username === undefined && password === undefined) return;
  noteLogin(step.session.findings, {
    host,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  });
}
