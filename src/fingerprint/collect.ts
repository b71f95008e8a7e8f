import type { BuildDescription } from '../dockerfile/description.js';
import type { BuildUse, Dockerfile } from '../dockerfile/dockerfile.js';
import { hashText, type FingerprintInput } from './fingerprint.js';
import { inputName } from './names.js';
import type { TreeEntry } from './tree/read-tree.js';

/** Everything that was read of an image's inputs. */
export interface ImageSources {
  description: BuildDescription;
  dockerfile: Dockerfile;
  /** Of the Dockerfile. */
  text: string;
  /** With doubts about the Dockerfile all of its text counts instead, and all that was configured. */
  use: BuildUse;
  /** By name of the context; `''` is the main one. `folder` is relative to the repository root; empty: the root. */
  trees: Record<string, { folder: string; entries: readonly TreeEntry[] }>;
  /** Fingerprints of images of this release that it is built on, by key. */
  builtOn: Record<string, string>;
}

/** Arguments that BuildKit applies without a declaration. */
const UNDECLARED = /^(?:BUILDKIT_|SOURCE_DATE_EPOCH$)/;

const TYPE_BITS = { file: 0o100000, directory: 0o040000, link: 0o120000 };

/**
 * Names and hashes of everything that determines an image. Values of arguments, labels and settings are only in it as
 * hashes, secrets by their ids.
 */
export function collectInputs(sources: ImageSources): FingerprintInput[] {
  const { description, trees, builtOn } = sources;
  return [
    ...textInputs(sources),
    ...argInputs(sources),
    ...description.platforms.map((platform) => named('platform', platform, platform)),
    ...description.secrets.map(({ id }) => named('secret', id, id)),
    ...hashed('label', description.labels),
    ...hashed('annotation', description.annotations),
    ...Object.entries(description.extra)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => named('setting', name, canonical(value))),
    ...Object.entries(builtOn).map(([key, fingerprint]) => named('image', key, fingerprint)),
    ...contextInputs(sources),
    ...Object.entries(trees).flatMap(([context, tree]) => treeInputs(context, tree)),
  ];
}

/**
 * The stages that the target needs, by name or by their number among those: a stage that nothing needs may come and
 * go before them. The last of them is the target, which needs no separate input.
 */
function textInputs({ description, dockerfile, text, use }: ImageSources): FingerprintInput[] {
  if (dockerfile.doubts.length > 0) {
    return [
      named('Dockerfile', '', text),
      ...(description.target === undefined ? [] : [named('target', '', description.target)]),
    ];
  }
  const stages = use.stages.map((index) => dockerfile.stages[index]!);
  const seen = new Set<string>();
  const inputs = stages.map((stage, position) => {
    const own = stage.name !== undefined && !seen.has(stage.name) ? stage.name : String(position);
    seen.add(own);
    return named('stage', own, `${position} ${stage.text}`);
  });
  const globals = use.globalArgs.join('\n');
  if (globals !== '') inputs.push(named('globals', '', globals));
  // The line that names another escape character changes how the same text is read.
  const escape = /^#[ \t]*escape[ \t]*=[ \t]*(.*)$/im.exec(text)?.[1] ?? '';
  const directives = [dockerfile.syntax ?? '', escape].join('\n');
  if (directives !== '\n') inputs.push(named('frontend', '', directives));
  const references = new Set(use.images.map(({ reference }) => reference));
  return [...inputs, ...[...references].map((reference) => named('reference', reference, reference))];
}

function argInputs({ description, dockerfile, use }: ImageSources): FingerprintInput[] {
  const declared = new Set(use.declaredArgs);
  const counts = (name: string) => dockerfile.doubts.length > 0 || declared.has(name) || UNDECLARED.test(name);
  return Object.entries(description.args)
    .filter(([name]) => counts(name))
    .map(([name, value]) => named('arg', name, value));
}

/** Places of the trees; contexts that are no folders count as they are written. */
function contextInputs({ description, trees }: ImageSources): FingerprintInput[] {
  const folders = Object.entries(trees).map(([context, { folder }]) => named('context', context, folder));
  const others = Object.entries(description.contexts)
    .filter(([name, value]) => !Object.hasOwn(trees, name) && /^[a-z-]+:/.test(value))
    .map(([name, value]) => named('context', name, value));
  return [...folders, ...others];
}

function treeInputs(context: string, { folder, entries }: ImageSources['trees'][string]): FingerprintInput[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const file = inputName('file', context, prefix);
  const directory = inputName('folder', context, prefix);
  return entries.map(({ path, type, mode, content }) => ({
    name: (type === 'directory' ? directory : file) + path,
    hash: (TYPE_BITS[type] | mode).toString(16).padStart(4, '0') + content,
  }));
}

function hashed(kind: string, values: Record<string, string>): FingerprintInput[] {
  return Object.entries(values).map(([name, value]) => named(kind, name, value));
}

function named(kind: string, name: string, value: string): FingerprintInput {
  return { name: name === '' ? kind : `${kind} ${name}`, hash: hashText(value) };
}

/** JSON whose keys are sorted, so that their order doesn't count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
