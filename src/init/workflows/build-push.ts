import { posix } from 'node:path';
import {
  fullReference,
  isInside,
  newBuild,
  noteLeft,
  pathAt,
  type Build,
  type Metadata,
} from './findings.js';
import { hasPlaceholders, onlyPlaceholder, placeholder, placeholdersIn } from './placeholders.js';
import {
  isAddress,
  isExpression,
  isOn,
  itemsOf,
  linesOf,
  pairsOf,
  readAttests,
  readCaches,
  readFields,
  readPair,
  readPlatforms,
  readPush,
  variableFor,
  writePairs,
} from './settings.js';
import type { ActionStep } from './steps.js';
import { asExpression } from './tag-rules.js';

export function inputOf({ inputs }: Pick<ActionStep, 'inputs'>, ...names: string[]): string | undefined {
  return names.map((name) => inputs.get(name)?.trim()).find((text) => text);
}

/** Inputs that are read, or that say nothing of the image: https://github.com/docker/build-push-action#inputs */
const READ =
  'context file target build-args build-contexts secrets secret-envs secret-files platforms labels annotations no-cache cache-from cache-to provenance sbom attests push load outputs tags builder pull github-token';

export function readBuildPush(step: ActionStep): void {
  const { job, place, uses, id, written } = step;
  const build = newBuild(place, uses, job.walk.event);
  if (id !== '') build.key = id;
  job.did += 1;
  step.outputs.set('digest', placeholder('steps.build.outputs.digest'));
  if (!readContext(build, step))
    return noteLeft(job.pending, place, `\`${inputOf(step, 'context')}\` of ${uses}`, 'elsewhere');
  const target = inputOf(step, 'target');
  if (target !== undefined) build.target = target;
  writePairs(build, build.args, pairsOf(written.get('build-args')), 'build argument');
  writePairs(build, build.labels, pairsOf(written.get('labels')), 'label');
  writePairs(build, build.annotations, pairsOf(written.get('annotations')), 'annotation');
  for (const [name, source = ''] of pairsOf(inputOf(step, 'build-contexts')))
    build.contexts[name] = isAddress(source) ? source : pathAt('.', source);
  build.platforms = readPlatforms(inputOf(step, 'platforms', 'platform'));
  build.noCache = inputOf(step, 'no-cache') === 'true';
  const attests = linesOf(inputOf(step, 'attests'));
  const attestOf = (type: string) =>
    inputOf(step, type) ?? attests.find((text) => readFields(text).get('type') === type);
  readAttests(build, attestOf('provenance'), attestOf('sbom'));
  readCaches(build, linesOf(inputOf(step, 'cache-from')), linesOf(inputOf(step, 'cache-to')));
  readSecrets(build, step);
  readTags(build, step);
  readPush(build, inputOf(step, 'push'), linesOf(inputOf(step, 'outputs')));
  const unread = [...step.inputs.keys()].filter((name) => !READ.split(' ').includes(name));
  if (unread.length > 0) noteLeft(build.left, place, `\`${unread.join('`, `')}\` of ${uses}`, 'setting');
  job.walk.findings.builds.push(build);
  for (const reference of build.references) job.local.set(fullReference(reference), build);
}

/** @returns whether it is a folder of this repository, or one that only a run knows */
function readContext(build: Build, step: ActionStep): boolean {
  const { walk, checkouts } = step.job;
  const written = inputOf(step, 'context', 'path') ?? '{{defaultContext}}';
  const below = /^\{\{defaultContext\}\}(?::(.*))?$/.exec(written);
  const [, remote, folder = '.'] =
    /github\.com\/([^#]+?)(?:\.git)?(?:#[^:]*(?::(.*))?)?$/.exec(written) ?? [];
  const isOwn = remote?.toLowerCase() === walk.repository.name?.toLowerCase() && remote !== undefined;
  if (/:\/\/|^git@/.test(written) && !isOwn) return false;
  build.context = below !== null ? pathAt('.', below[1] ?? '.') : isOwn ? folder : pathAt('.', written);
  if (!hasPlaceholders(build.context) && !isInside(build.context)) return false;
  for (const [path, { repository }] of checkouts)
    if (repository !== undefined && (path === '.' || `${build.context}/`.startsWith(`${path}/`)))
      return false;
  const file = inputOf(step, 'file', 'dockerfile');
  // Of a git context the file is below it, of a folder it is below the folder of the step.
  const base = below !== null || isOwn ? build.context : '.';
  build.dockerfile = file === undefined ? posix.join(build.context, 'Dockerfile') : pathAt(base, file);
  return true;
}

function readSecrets(build: Build, step: ActionStep): void {
  const { environment } = step.job.walk.findings;
  const set = (id: string, wanted: string, value: string | undefined): void => {
    if (!isExpression(value)) return noteLeft(build.left, step.place, `the build secret ${id}`, 'secret');
    const isFree = environment[wanted] === undefined || environment[wanted] === asExpression(value);
    const name = isFree ? wanted : `${wanted}_${Object.keys(environment).length}`;
    build.secrets[id] = { env: name };
    environment[name] = asExpression(value);
  };
  for (const [id, value] of pairsOf(step.written.get('secrets'))) set(id, variableFor(id), value);
  for (const [id, name = id] of pairsOf(inputOf(step, 'secret-envs'))) set(id, name, step.env.get(name));
  for (const [id, file = id] of pairsOf(inputOf(step, 'secret-files')))
    build.secrets[id] = { file: pathAt('.', file) };
}

/** `image:${{ steps.meta.outputs.version }}` */
const OF_VERSION = /\$\{\{ metadata \d+ version\b.*? \}\}/;

function readTags(build: Build, step: ActionStep): void {
  const items = itemsOf(inputOf(step, 'tags'));
  const isOfStep = (tag: string) => /^(?:metadata \d+ tags\b|.*\bsteps\.)/.test(onlyPlaceholder(tag) ?? '');
  const steps = [...new Set(items.flatMap((item) => metadataIn(item, step) ?? []))];
  const rulesOf = ({ rules, flavor }: Metadata) => JSON.stringify([rules, flavor]);
  const [first, ...others] = steps;
  const same = others.filter((each) => rulesOf(each) === rulesOf(first!));
  for (const { id } of others.filter((each) => !same.includes(each)))
    noteLeft(build.left, step.place, `the tags of \`${id}\``, 'rule');
  const images = [first, ...same].flatMap((each) => each?.images ?? []);
  const tagging = first && { ...first, images };
  const metadata = tagging ?? metadataIn(inputOf(step, 'labels') ?? '', step);
  for (const tag of items)
    if (metadata === undefined && isOfStep(tag)) noteLeft(build.left, step.place, `the tags ${tag}`, 'tag');
  const versioned = metadata === undefined ? [] : items.filter((tag) => OF_VERSION.test(tag));
  build.references = items.filter((tag) => !isOfStep(tag) && !versioned.includes(tag));
  for (const tag of versioned) noteLeft(build.left, step.place, `the tag ${asExpression(tag)}`, 'rule');
  if (metadata === undefined) return;
  const isGiven = items.some(isOfStep);
  const named = [
    ...new Set([
      ...(isGiven || versioned.length === 0 ? metadata.images : []),
      ...versioned.map((tag) => tag.replace(/:[^/]*$/, '')),
    ]),
  ];
  // Written tags are all the tags; the metadata step gives labels only.
  const isLabelsOnly = tagging === undefined && build.references.length > 0;
  build.metadata = isLabelsOnly ? { ...metadata, images: [], rules: [] } : { ...metadata, images: named };
}

/** The metadata step that a text comes from. */
export function metadataIn(text: string, { job }: Pick<ActionStep, 'job'>): Metadata | undefined {
  const { metadata } = job.walk;
  for (const name of placeholdersIn(text)) {
    const at = /metadata (\d+)/.exec(name)?.[1];
    if (at !== undefined) return metadata[Number(at)];
    const id = /steps\.([\w-]+)\.outputs/.exec(name)?.[1];
    const known = metadata.findLast((each) => each.id === id);
    if (known !== undefined) return known;
  }
  return undefined;
}

/** The rules of docker/metadata-action without `tags`: https://github.com/docker/metadata-action#tags-input */
const DEFAULT_RULES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'];
const OUTPUTS = 'tags labels annotations version json bake-file bake-file-tags bake-file-labels tag-names';

export function readMetadataStep(step: ActionStep): void {
  const { job, place, id, written } = step;
  const [rules, flavor] = [linesOf(inputOf(step, 'tags')), linesOf(inputOf(step, 'flavor'))];
  const open = flavor.filter(hasPlaceholders);
  if (open.length > 0) noteLeft(job.pending, place, `the flavor of \`${id}\``, 'rule');
  const made: Metadata = {
    ...{ id, labels: {}, annotations: {}, rules: rules.length > 0 ? rules : DEFAULT_RULES },
    images: linesOf(inputOf(step, 'images')).flatMap(imagesIn),
    flavor: flavor.filter((line) => !hasPlaceholders(line) && !/^latest=auto$|=$/.test(line)),
  };
  const around = { place, left: job.pending };
  writePairs(around, made.labels, pairsOf(written.get('labels')), 'label');
  writePairs(around, made.annotations, pairsOf(written.get('annotations')), 'annotation');
  const at = job.walk.metadata.push(made) - 1;
  for (const output of OUTPUTS.split(' '))
    step.outputs.set(output, placeholder(`metadata ${at} ${output} of ${id}`));
  job.did += 1;
}

/** `ghcr.io/acme/api,acme/api`, or `name=ghcr.io/acme/api,enable=true`: https://github.com/docker/metadata-action#images-input */
function imagesIn(line: string): string[] {
  const fields = itemsOf(line).map(readPair);
  const valueOf = (name: string) => fields.find(([field]) => field === name)?.[1];
  const bare = fields.filter(([, value]) => value === undefined).map(([name]) => name);
  if (bare.length === fields.length) return bare;
  const image = valueOf('name') ?? bare[0];
  return image !== undefined && isOn(valueOf('enable') ?? 'true') ? [image] : [];
}
