import type { FoundImage } from '../found.js';
import type { Build } from './build.js';
import { hasHoles, splitOutside } from './holes.js';

/** Settings that builders share: docker's options and its actions' inputs hold the same texts. */

/** `NAME=value`; a name alone is taken from the environment. */
export function readPair(text: string): { name: string; value?: string } {
  const end = text.indexOf('=');
  return end < 0 ? { name: text.trim() } : { name: text.slice(0, end).trim(), value: text.slice(end + 1) };
}

/** `type=gha,scope=x` as fields; text without `=` is the reference of an image. */
export function readFields(text: string): Map<string, string> {
  const fields = splitOutside(text, /,/).map((field) => readPair(field.replace(/^"|"$/g, '')));
  return new Map(fields.map(({ name, value }) => (value === undefined ? ['ref', name] : [name, value])));
}

/** @returns what can't be carried over, in words, and what takes its place */
export function readCaches(
  build: Build,
  from: readonly string[],
  to: readonly string[],
): { text: string; advice: string }[] {
  const read = (text: string) => {
    const fields = readFields(text);
    return { text, type: fields.get('type') ?? 'registry', ref: fields.get('ref') };
  };
  const [written, sources] = [to.map(read), from.map(read)];
  for (const { type, ref } of [...written, ...sources]) {
    if (type === 'gha' || type === 'registry') build.cache ??= type;
    // An image that a cache is only read from must not be written over with one.
    const isPlace =
      type === 'registry' && build.cache === 'registry' && written.some((each) => each.ref === ref);
    if (isPlace && ref !== undefined && !hasHoles(ref)) build.cacheRef ??= ref;
  }
  const isKept = ({ type, ref = '' }: (typeof written)[number]) =>
    type === build.cache && (type === 'gha' || hasHoles(ref) || build.cacheRef === ref);
  return [...written, ...sources]
    .filter((entry) => !isKept(entry))
    .map(({ text }) => ({ text, advice: INSTEAD[build.cache ?? 'none'] }));
}

const INSTEAD = {
  gha: 'A release has one cache for each image: on a runner, GitHub’s.',
  registry:
    'A release has one cache for each image, in the registry beside it (`cache: registry`); with `ref` it has another place.',
  none: 'GitHub’s cache takes its place on a runner; elsewhere the builder keeps its own.',
};

/** `provenance: mode=max`, `--provenance=false`. */
export function readProvenance(text: string | undefined): FoundImage['provenance'] {
  if (text === undefined || text === '' || hasHoles(text)) return undefined;
  if (/^false$|disabled=true/.test(text)) return 'off';
  return /mode=max/.test(text) ? 'max' : /mode=min/.test(text) ? 'min' : undefined;
}

export function readSbom(text: string | undefined): FoundImage['sbom'] {
  if (text === undefined || text === '' || hasHoles(text)) return undefined;
  return /^false$|disabled=true/.test(text) ? 'off' : 'on';
}

/** The name of a variable for a secret that a workflow hands over by value. */
export function variableFor(id: string): string {
  const name = id.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `SECRET_${name}` : name;
}

/** `id=npm,env=NPM_TOKEN`, `id=npmrc,src=.npmrc`. */
export function readSecret(
  text: string,
): { id: string; from: { env: string } | { file: string } } | undefined {
  const fields = readFields(text);
  const id = fields.get('id');
  if (id === undefined) return undefined;
  const file = fields.get('src') ?? fields.get('source');
  const env = fields.get('env') ?? (fields.get('type') === 'env' ? file : undefined);
  if (env !== undefined) return { id, from: { env } };
  return { id, from: file === undefined ? { env: id } : { file } };
}

export function readPlatforms(text: string): string[] {
  return splitOutside(text, /[,\s]+/)
    .map((platform) => platform.trim())
    .filter((platform) => platform !== '');
}
