import { posix } from 'node:path';
import { type Document, isAlias, isMap, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { placesOf, rootOf, type YamlValue } from '../../lib/yaml-value.js';
import { readEntries } from '../kustomization/document.js';
import { referenceOf } from '../kustomization/match.js';
import type { ImageRule } from '../kustomization/image-reference.js';

/** Any Kustomization of the repository, as far as the proof needs it; the build reports its mistakes. */
export interface KustomizationFile {
  path: string;
  folder: string;
  kind: 'Kustomization' | 'Component';
  /** Its fields by lower-case key, scalars as strings: kustomize's decoder compares keys without case. */
  fields: Readonly<Record<string, unknown>>;
  /** Entries of `images`, then of the legacy `imageTags`, as kustomize lines them up. */
  images: ImageEntry[];
  references: PathReference[];
  /** Every other text in it that may be a path. */
  scalars: string[];
}

export interface ImageEntry extends ImageRule {
  /** The image that it should yield: `name:tag@digest`. */
  reference: string;
  line: number;
}

/** A text that kustomize takes for a path (or an address). */
export interface PathReference {
  field: string;
  text: string;
  line: number;
}

/** Undefined if it is not a YAML map. */
export function readKustomizationFile(path: string, bytes: Uint8Array): KustomizationFile | undefined {
  const lines = new LineCounter();
  const document = parse(new TextDecoder().decode(bytes), lines);
  if (!document || !isMap(document.contents)) return undefined;
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const resolve = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  const images: Record<string, ImageEntry[]> = { images: [], imagetags: [] };
  const references: PathReference[] = [];
  for (const { name, value } of rootOf(document, placesOf(path, lines)).entries()) {
    const field = name.toLowerCase();
    if (images[field] && isSeq(value?.node)) {
      images[field] = readEntries(value.node, resolve).map(({ node: _, offset, ...entry }): ImageEntry => {
        return { ...entry, reference: referenceOf(entry), line: lineOf(offset) };
      });
    }
    const source = SOURCE_FIELDS.includes(field) ? /^[^=]*=/ : '';
    for (const { text: written = '', place } of value ? pathsIn(field, value) : []) {
      const text = written.replace(source, '');
      if (written !== '' && !isInline(text)) references.push({ field, text, line: place.line ?? 1 });
    }
  }
  const data = Object.entries(document.toJS({ maxAliasCount: -1 }) as Record<string, unknown>);
  const fields: Record<string, unknown> = Object.fromEntries(data.map(([key, value]) => [key.toLowerCase(), value]));
  return {
    path,
    folder: posix.dirname(path),
    kind: fields.kind === 'Component' ? 'Component' : 'Kustomization',
    fields,
    images: Object.values(images).flat(),
    references,
    scalars: collectTexts(document),
  };
}

// oxfmt-ignore
const PATH_FIELDS = [
  'resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators',
  'patchesstrategicmerge',
];
/** Lists of maps with a path. */
const MAP_FIELDS = ['patches', 'patchesjson6902', 'replacements'];
/** Lists of maps with lists of `name=path`. */
const SOURCE_FIELDS = ['configmapgenerator', 'secretgenerator'];

/** The paths in the value of a field. */
function pathsIn(field: string, value: YamlValue): YamlValue[] {
  const under = (map: YamlValue, ...names: string[]) =>
    map.entries().flatMap((entry) => (entry.value && names.includes(entry.name.toLowerCase()) ? [entry.value] : []));
  const listed = value.items();
  if (PATH_FIELDS.includes(field)) return listed;
  if (MAP_FIELDS.includes(field)) return listed.flatMap((item) => under(item, 'path'));
  if (field === 'openapi') return under(value, 'path');
  if (!SOURCE_FIELDS.includes(field)) return [];
  return listed.flatMap((item) => [
    ...under(item, 'files', 'envs').flatMap((list) => list.items()),
    ...under(item, 'env'),
  ]);
}

/** A patch, generator or transformer may be written out in place of its path. */
export function isInline(text: string): boolean {
  return /[\n{}]|:\s/.test(text);
}

/** Every text in any YAML, also in texts that are YAML themselves. */
export function textsIn(yaml: string): string[] {
  const document = parse(yaml);
  return document ? collectTexts(document) : [];
}

/** The value of a key, compared without case. */
export function fieldOf(map: unknown, key: string): unknown {
  if (typeof map !== 'object' || map === null) return undefined;
  const found = Object.entries(map).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found?.[1];
}

function parse(text: string, lineCounter?: LineCounter): Document.Parsed | undefined {
  const document = parseDocument(text, {
    lineCounter,
    ...{ schema: 'failsafe', merge: true, uniqueKeys: false, strict: false, logLevel: 'silent', prettyErrors: false },
  });
  return document.errors.every(({ code }) => code === 'MULTIPLE_DOCS') ? document : undefined;
}

function collectTexts(document: Document): string[] {
  const texts: string[] = [];
  visit(document, {
    Scalar(key, { value }) {
      if (key === 'key' || typeof value !== 'string' || value === '') return;
      if (value.includes('\n')) texts.push(...textsIn(value));
      else texts.push(value);
    },
  });
  return texts;
}
