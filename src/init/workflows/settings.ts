import type { FoundImage } from '../found.js';
import { noteLeft, type Advice, type Build } from './findings.js';
import { hasPlaceholders, placeholdersIn, splitOutside } from './placeholders.js';

/** Settings that docker's options and the inputs of its actions share. */

/** One per line, like docker's actions read lists; comments fall away. */
export function linesOf(text: string | undefined): string[] {
  const lines = (text ?? '').split('\n').map((line) => line.trim().replace(/^"(.*)"$/s, '$1'));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** Separated by commas or lines, except inside of expressions. */
export function itemsOf(text: string | undefined): string[] {
  const items = linesOf(text).flatMap((line) => splitOutside(line, /,/));
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

export type Pair = [name: string, value?: string];

/** `NAME=value`; a name alone takes its value from the environment. */
export function readPair(text: string): Pair {
  const end = text.indexOf('=');
  return end < 0 ? [text.trim()] : [text.slice(0, end).trim(), text.slice(end + 1)];
}

/** `NAME=value` per line; a value of several lines is in quotes. */
export function pairsOf(text: string | undefined): Pair[] {
  const joined = (text ?? '').replace(/^\s*"([^"]*)"\s*$/gm, (_, quoted: string) =>
    quoted.replaceAll('\n', '\u0000'),
  );
  return linesOf(joined).map((line) => readPair(line.replaceAll('\u0000', '\n')));
}

/** `type=gha,scope=x` as fields; text without `=` is the reference of an image. */
export function readFields(text: string): Map<string, string> {
  const fields = splitOutside(text, /,/).map((field) => readPair(field.replace(/^"|"$/g, '')));
  return new Map(fields.map(([name, value]) => (value === undefined ? ['ref', name] : [name, value])));
}

export function readCaches(build: Build, from: readonly string[], to: readonly string[]): void {
  const all = [...to, ...from].map(readFields);
  const typeOf = (fields: Map<string, string>) => fields.get('type') ?? 'registry';
  for (const fields of all) {
    const type = typeOf(fields);
    if (type === 'gha' || type === 'registry') build.cache ??= type;
    else if (!['inline', 'local'].includes(type))
      noteLeft(build.left, build.place, `the cache \`${type}\``, 'setting');
  }
  const ref = all
    .slice(0, to.length)
    .find((fields) => typeOf(fields) === 'registry')
    ?.get('ref');
  if (build.cache === 'registry' && ref !== undefined && !hasPlaceholders(ref)) build.cacheRef = ref;
}

/** `provenance: mode=max`, `--sbom=false`. */
export function readAttests(build: Build, provenance = '', sbom = ''): void {
  const isOff = (text: string) => /^false$|disabled=true/.test(text);
  const mode = isOff(provenance) ? 'off' : /mode=(max|min)/.exec(provenance)?.[1];
  if (mode !== undefined) build.provenance = mode as NonNullable<FoundImage['provenance']>;
  if (sbom !== '' && !hasPlaceholders(sbom)) build.sbom = isOff(sbom) ? 'off' : 'on';
}

/** Whether the build goes to the registry, by `push` and its outputs. */
export function readPush(build: Build, push: string | undefined, outputs: readonly string[]): void {
  const fields = outputs.map(readFields);
  const digest = fields.find((each) => each.get('push-by-digest') === 'true');
  const isPushed = fields.some((each) => each.get('push') === 'true' || each.get('type') === 'registry');
  if (digest !== undefined) build.references.push(...(digest.get('name')?.split(',') ?? []));
  build.published = digest !== undefined ? 'by-digest' : isOn(push) || isPushed ? 'yes' : 'no';
}

/** `true`, or an expression that only a run knows. */
export const isOn = (text: string | undefined) => text !== undefined && text !== '' && text !== 'false';

/** The name of a variable for a secret that a workflow passes by value. */
export function variableFor(id: string): string {
  const name = id.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `SECRET_${name}` : name;
}

export function readPlatforms(text: string | undefined): string[] {
  return splitOutside(text ?? '', /[,\s]+/).filter((platform) => platform !== '');
}

/** A path, or an address that stays as it is. */
export const isAddress = (text: string) => /^[a-z-]+:\/\//.test(text);

const OF_A_RUN = /^(?:secrets|vars|github)\.[\w.-]+$|^(?:sha|branch|tag|ref)$/;

/** Whether a text is an expression of secrets, settings and the run alone: only such values go into a workflow. */
export function isExpression(text: string | undefined): text is string {
  const names = placeholdersIn(text ?? '');
  return names.length > 0 && names.every((name) => OF_A_RUN.test(name));
}

/** Names whose values are secret whatever they are. */
const SECRETIVE = /pass(?:w|phrase)|pwd|secret|token|credential|api_?key|private_?key|auth/i;

/** Labels that every release sets by itself. */
const OWN_LABELS =
  /^(?:(?:index|manifest):)?org\.opencontainers\.image\.(?:created|revision|source|url|version|ref\.name)$|^org\.label-schema\.(?:build-date|vcs-ref|vcs-url|version)$/;

/** Writes pairs that may be in a configuration; the others are reported. */
export function writePairs(
  build: Pick<Build, 'place' | 'left'>,
  into: Record<string, string>,
  pairs: readonly Pair[],
  kind: string,
): void {
  const advice: Advice = kind === 'build argument' ? 'argument' : 'value';
  for (const [name, value] of pairs)
    if (value !== undefined && !hasPlaceholders(name + value) && !SECRETIVE.test(name)) into[name] = value;
    else if (!OWN_LABELS.test(name) && !hasPlaceholders(name))
      noteLeft(build.left, build.place, `${kind} ${name}`, advice);
}
