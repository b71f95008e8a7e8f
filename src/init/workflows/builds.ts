import { posix } from 'node:path';
import type { Place } from '../../lib/errors.js';
import type { BuildOptions, FoundLogin } from '../found.js';
import { bareRecipe, fullReference, isInside, noteLeft, pathAt, type Build, type Metadata } from './findings.js';
import type { Job } from './jobs.js';
import { asExpression, hasPlaceholders, onlyPlaceholder, placeholdersIn, splitOutside } from './placeholders.js';

/** The settings of a build, by the names of the inputs of docker/build-push-action; `docker build` has the same. */
export interface BuildSettings {
  job: Job;
  place: Place;
  /** `docker/build-push-action@v6`, `docker build` */
  by: string;
  folder: string;
  values: ReadonlyMap<string, string>;
  /** The same without values of variables: for texts that are written into a file. */
  written: ReadonlyMap<string, string>;
  env: ReadonlyMap<string, string>;
}

/** Inputs of https://github.com/docker/build-push-action and options of `docker build` that are read or change nothing. */
const READ =
  'context path file dockerfile target build-args build-contexts secrets secret-envs secret-files platforms platform labels annotations no-cache cache-from cache-to provenance sbom push load outputs tags builder pull github-token quiet progress squash rm force-rm compress debug check layers iidfile metadata-file';

/** Reads one build. @returns undefined if it is of another repository */
export function readBuild(settings: BuildSettings): Build | undefined {
  const { job, place, by, values, written } = settings;
  const of = (...names: string[]) => names.map((name) => values.get(name)?.trim()).find(Boolean);
  const lines = (name: string) => linesOf(values.get(name));
  const { kind: event, ref } = job.walk.event;
  const build: Build = {
    ...bareRecipe('.', 'Dockerfile'),
    ...{ place, by, event, ref, references: [], published: 'no', left: [] },
  };
  job.did += 1;
  if (!readContext(build, settings, of('context', 'path'), of('file', 'dockerfile'))) {
    noteLeft(job.pending, place, `\`${of('context')}\` of ${by}`, 'elsewhere');
    return undefined;
  }
  build.args = recordOf(written.get('build-args'), 'build argument', build);
  build.labels = recordOf(written.get('labels'), 'label', build);
  build.annotations = recordOf(written.get('annotations'), 'annotation', build);
  for (const [name, source = ''] of pairsOf(values.get('build-contexts')))
    if (hasPlaceholders(name + source)) noteLeft(build.left, place, `the build context ${asExpression(name)}`, 'value');
    else build.contexts[name] = /^[a-z-]+:\/\//.test(source) ? source : pathAt(settings.folder, source);
  const platforms = splitOutside(of('platforms', 'platform') ?? '', /[,\s]+/).filter((each) => each !== '');
  const open = [of('target') ?? '', ...platforms].filter(hasPlaceholders).map(asExpression);
  if (open.length > 0) noteLeft(build.left, place, `\`${open.join(', ')}\``, 'value');
  build.target = hasPlaceholders(of('target') ?? '') ? undefined : of('target');
  build.platforms = platforms.filter((platform) => !hasPlaceholders(platform));
  build.noCache = of('no-cache') === 'true';
  readAttests(build, of('provenance') ?? '', of('sbom') ?? '');
  readCaches(build, [...lines('cache-to'), ...lines('cache-from')]);
  readSecrets(build, settings);
  readTags(build, settings);
  readPush(build, of('push'), lines('outputs'));
  const unread = [...values.keys()].filter((name) => !READ.split(' ').includes(name));
  if (unread.length > 0) noteLeft(build.left, place, `\`${unread.join('`, `')}\` of ${by}`, 'setting');
  job.walk.findings.builds.push(build);
  for (const reference of build.references) job.local.set(fullReference(reference), build);
  return build;
}

function readTags(build: Build, { job: { walk }, place, values }: BuildSettings): void {
  const items = itemsOf(values.get('tags'));
  const isOfStep = (tag: string) => /^(?:metadata \d+ tags\b|.*\bsteps\.)/.test(onlyPlaceholder(tag) ?? '');
  const isVersioned = (tag: string) => /\$\{\{ metadata \d+ version\b.*? \}\}/.test(tag);
  const [first, ...others] = new Set(items.flatMap((item) => metadataIn(item, walk.metadata) ?? []));
  for (const { id } of others) noteLeft(build.left, place, `the tags of \`${id}\``, 'tag');
  const versioned = first === undefined ? [] : items.filter(isVersioned);
  build.references = items.filter((tag) => !isOfStep(tag) && !versioned.includes(tag));
  for (const tag of items)
    if (versioned.includes(tag) || (first === undefined && isOfStep(tag)))
      noteLeft(build.left, place, `the tag ${asExpression(tag)}`, 'tag');
  const metadata = first ?? metadataIn(values.get('labels') ?? '', walk.metadata);
  if (metadata === undefined) return;
  const named = items.some(isOfStep) || versioned.length === 0 ? metadata.images : [];
  const images = [...new Set([...named, ...versioned.map((tag) => tag.replace(/:[^/]*$/, ''))])];
  // If the tags are written out, the metadata step gives only labels.
  const isLabelsOnly = first === undefined && build.references.length > 0;
  build.metadata = { ...metadata, ...(isLabelsOnly ? { images: [], rules: [] } : { images }) };
}

/** @returns whether it is a folder of this repository, or one that only a run knows */
function readContext(build: Build, { job, folder }: BuildSettings, context = '{{defaultContext}}', file?: string) {
  const below = /^\{\{defaultContext\}\}(?::(.*))?$/.exec(context);
  if (/:\/\/|^git@|^-$/.test(context) || file === '-') return false;
  build.context = below === null ? pathAt(folder, context) : pathAt('.', below[1] ?? '.');
  if (!hasPlaceholders(build.context) && !isInside(build.context)) return false;
  for (const [at, { repository }] of job.checkouts)
    if (repository !== undefined && (at === '.' || `${build.context}/`.startsWith(`${at}/`))) return false;
  // The file of a git context is below it, that of a folder below the folder of the step.
  const base = below === null ? folder : build.context;
  build.dockerfile = file === undefined ? posix.join(build.context, 'Dockerfile') : pathAt(base, file);
  return true;
}

function readSecrets(build: Build, { job, place, folder, values, written, env }: BuildSettings): void {
  const { environment } = job.walk.findings;
  const set = (id: string, wanted: string, value: string | undefined): void => {
    if (!isExpression(value) || hasPlaceholders(id))
      return noteLeft(build.left, place, `the build secret ${asExpression(id)}`, 'value');
    const isFree = environment[wanted] === undefined || environment[wanted] === asExpression(value);
    const name = isFree ? wanted : `${wanted}_${Object.keys(environment).length}`;
    build.secrets[id] = { env: name };
    environment[name] = asExpression(value);
  };
  for (const [id, value] of pairsOf(written.get('secrets'))) set(id, variableFor(id), value);
  for (const [id, name = id] of pairsOf(values.get('secret-envs'))) set(id, name, env.get(name));
  for (const [id, file = id] of pairsOf(values.get('secret-files')))
    if (hasPlaceholders(id + file)) noteLeft(build.left, place, `the build secret ${asExpression(id)}`, 'value');
    else build.secrets[id] = { file: pathAt(folder, file) };
}

/** The metadata step that a text comes from. */
export function metadataIn(text: string, all: readonly Metadata[]): Metadata | undefined {
  for (const name of placeholdersIn(text)) {
    const at = /metadata (\d+)/.exec(name)?.[1];
    if (at !== undefined) return all[Number(at)];
    const id = /steps\.([\w-]+)\.outputs/.exec(name)?.[1];
    const known = all.findLast((each) => each.id === id);
    if (known !== undefined) return known;
  }
  return undefined;
}

function readCaches(build: Build, caches: readonly string[]): void {
  for (const cache of caches) {
    const type = readFields(cache).get('type') ?? 'registry';
    if (type === 'gha' || type === 'registry') build.cache ??= type;
    else if (!['inline', 'local'].includes(type)) noteLeft(build.left, build.place, `the cache \`${type}\``, 'setting');
  }
}

/** `provenance: mode=max`, `--sbom=false` */
function readAttests(build: Build, provenance: string, sbom: string): void {
  const isOff = (text: string) => /^false$|disabled=true/.test(text);
  const mode = isOff(provenance) ? 'off' : /mode=(max|min)/.exec(provenance)?.[1];
  build.provenance = mode as BuildOptions['provenance'];
  if (sbom !== '' && !hasPlaceholders(sbom)) build.sbom = isOff(sbom) ? 'off' : 'on';
}

/** Whether the build goes to the registry, by `push` and its outputs. */
function readPush(build: Build, push: string | undefined, outputs: readonly string[]): void {
  const fields = outputs.map(readFields);
  const digest = fields.find((each) => each.get('push-by-digest') === 'true');
  const isPushed = fields.some((each) => each.get('push') === 'true' || each.get('type') === 'registry');
  if (digest !== undefined) build.references.push(...(digest.get('name')?.split(',') ?? []));
  build.published = digest !== undefined ? 'by-digest' : isOn(push) || isPushed ? 'yes' : 'no';
}

export function linesOf(text: string | undefined): string[] {
  const lines = (text ?? '').split('\n').map((line) => line.trim().replace(/^"(.*)"$/s, '$1'));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** Separated by commas or lines, except inside of expressions. */
export function itemsOf(text: string | undefined): string[] {
  return linesOf(text)
    .flatMap((line) => splitOutside(line, /\s*,\s*/))
    .filter(Boolean);
}

export type Pair = [name: string, value: string | undefined];

/** `NAME=value`; a name alone takes its value from the environment. */
export function readPair(text: string): Pair {
  const end = text.indexOf('=');
  return end < 0 ? [text.trim(), undefined] : [text.slice(0, end).trim(), text.slice(end + 1)];
}

/** `NAME=value` per line; a value of several lines is in quotes. */
export function pairsOf(text: string | undefined): Pair[] {
  const joined = (text ?? '').replace(/^\s*"([^"]*)"\s*$/gm, (_, quoted: string) => quoted.replaceAll('\n', '\u0000'));
  return linesOf(joined).map((line) => readPair(line.replaceAll('\u0000', '\n')));
}

/** `type=gha,scope=x` as fields; text without `=` is the reference of an image. */
export function readFields(text: string): Map<string, string> {
  const fields = splitOutside(text, /,/).map((field) => readPair(field.replace(/^"|"$/g, '')));
  return new Map(fields.map(([name, value]) => (value === undefined ? ['ref', name] : [name, value])));
}

/** `true`, or an expression that only a run knows. */
export const isOn = (text: string | undefined) => text !== undefined && text !== '' && text !== 'false';

/** The name of a variable for a secret that a workflow passes by value. */
export function variableFor(id: string): string {
  const name = id.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `SECRET_${name}` : name;
}

const OF_A_RUN = /^(?:secrets|vars|github)\.[\w.-]+$|^(?:sha|branch|tag|ref)$/;

/** Whether a text is an expression of secrets, settings and the run: only such values go into a workflow. */
export function isExpression(text: string | undefined): text is string {
  const names = placeholdersIn(text ?? '');
  return names.length > 0 && names.every((name) => OF_A_RUN.test(name));
}

/** @param login.isPlain the name is written out */
export function noteLogin(job: Job, login: FoundLogin & { place: Place; by: string; isPlain?: boolean }): void {
  const { place, by, host: written, username, password, isPlain } = login;
  const { logins } = job.walk.findings;
  const host = written.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  job.did += 1;
  const isWritten = isExpression(password) && (isPlain === true || isExpression(username));
  if (hasPlaceholders(host) || (!isWritten && host !== 'ghcr.io'))
    keepLogin(job, place, { by, what: `${by} to ${asExpression(host)}` });
  if (hasPlaceholders(host) || logins.some((login) => login.host === host)) return;
  const known = { username: asExpression(username ?? ''), password: asExpression(password ?? '') };
  logins.push(isWritten ? { host, ...known } : { host });
}

export function keepLogin(job: Job, place: Place, { by, what }: { by: string; what: string }): void {
  const { keptLogins } = job.walk.findings;
  const name = by.split('@')[0]!;
  if (!keptLogins.some((each) => each.startsWith(name))) keptLogins.push(`${by} (${place.file}:${place.line ?? 1})`);
  noteLeft(job.pending, place, what, 'before');
}

const SECRETIVE = /pass(?:w|phrase)|pwd|secret|token|credential|api_?key|private_?key|auth/i;
/** Labels that every release sets itself. */
const OWN_LABELS =
  /^(?:(?:index|manifest):)?org\.opencontainers\.image\.(?:created|revision|source|url|version|ref\.name)$|^org\.label-schema\.(?:build-date|vcs-ref|vcs-url|version)$/;

/** The pairs that may be in a configuration; the others are reported. */
export function recordOf(text: string | undefined, kind: string, { place, left }: Pick<Build, 'place' | 'left'>) {
  const record: Record<string, string> = {};
  for (const [name, value] of pairsOf(text))
    if (value !== undefined && !hasPlaceholders(name + value) && !SECRETIVE.test(name)) record[name] = value;
    else if (!OWN_LABELS.test(name) && !hasPlaceholders(name)) noteLeft(left, place, `${kind} ${name}`, 'value');
  return record;
}
