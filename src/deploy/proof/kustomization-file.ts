import { posix } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { readEntries } from '../kustomization/entry.js';
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

/** Position of the paths. `texts`: in the list; `path`, `maps`: under `path`; `sources`: as `files` and `envs`. */
// oxfmt-ignore
const PATH_FIELDS = {
  texts: [
    'resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators',
    'patchesstrategicmerge',
  ],
  maps: ['patches', 'patchesjson6902', 'replacements'],
  path: ['openapi'],
  sources: ['configmapgenerator', 'secretgenerator'],
};

/** Undefined if it is not a YAML map. */
export function readKustomizationFile(path: string, bytes: Uint8Array): KustomizationFile | undefined {
  const text = new TextDecoder().decode(bytes);
  const document = parse(text);
  const root = document?.contents;
  if (!document || !isMap(root)) return undefined;
  const lines = new LineCounter();
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at);
  const lineOf = (offset = 0) => lines.linePos(offset).line;
  const resolve = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  const images: ImageEntry[] = [];
  const legacy: ImageEntry[] = [];
  const references: PathReference[] = [];
  for (const { key, value } of root.items) {
    const field = isScalar(key) ? String(key.value).toLowerCase() : '';
    const content = resolve(value);
    if ((field === 'images' || field === 'imagetags') && isSeq(content)) {
      const entries = readEntries(content, resolve).map(({ node: _, offset, ...entry }): ImageEntry => {
        return { ...entry, reference: referenceOf(entry), line: lineOf(offset) };
      });
      (field === 'images' ? images : legacy).push(...entries);
    }
    for (const node of pathNodes(field, content, resolve)) {
      if (isInline(node.text)) continue;
      references.push({ field, text: node.text, line: lineOf(node.offset) });
    }
  }
  const data = Object.entries(document.toJS({ maxAliasCount: -1 }) as Record<string, unknown>);
  const fields: Record<string, unknown> = Object.fromEntries(data.map(([key, value]) => [key.toLowerCase(), value]));
  return {
    path,
    folder: posix.dirname(path),
    kind: fields.kind === 'Component' ? 'Component' : 'Kustomization',
    fields,
    images: [...images, ...legacy],
    references,
    scalars: collectTexts(document),
  };
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

function parse(text: string): Document.Parsed | undefined {
  const document = parseDocument(text, {
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

function pathNodes(field: string, content: unknown, resolve: (node: unknown) => unknown) {
  const shape = (['texts', 'maps', 'path', 'sources'] as const).find((each) => PATH_FIELDS[each].includes(field));
  const listed = (node: unknown) => (isSeq(node) ? node.items.map(resolve) : []);
  const under = (node: unknown, name: string): unknown =>
    isMap(node)
      ? resolve(node.items.find(({ key }) => isScalar(key) && String(key.value).toLowerCase() === name)?.value)
      : undefined;
  const nodes = {
    texts: () => listed(content),
    maps: () => listed(content).map((item) => under(item, 'path')),
    path: () => [under(content, 'path')],
    sources: () => {
      const nodesOf = (item: unknown) => ['files', 'envs'].flatMap((name) => listed(under(item, name)));
      return listed(content).flatMap((item) => [...nodesOf(item), under(item, 'env')]);
    },
  };
  return (shape ? nodes[shape]() : []).flatMap((node) => {
    if (!isScalar(node) || typeof node.value !== 'string' || node.value === '') return [];
    const text = shape === 'sources' ? node.value.slice(node.value.indexOf('=') + 1) : node.value;
    return [{ text, offset: node.range?.[0] }];
  });
}
