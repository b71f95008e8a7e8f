import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Alias, Document, Scalar, YAMLMap, YAMLSeq, Pair } from 'yaml';
import { TOO_DEEP, tooDeepAt } from '../../lib/bounded.js';
import { failure, type Place } from '../../lib/errors.js';
import { placeAt } from './text.js';
import { isNullWord } from './style.js';

export interface KustomizationDocument {
  path: string;
  text: string;
  /** Entries of `images` and of the legacy `imageTags`, in the order of the file. */
  entries: KustomizationEntry[];
  lists: ImageList[];
  /** Undefined when the file has comments only. */
  root?: YAMLMap;
  /** Everything as plain data, scalars as strings. */
  toData(): unknown;
  placeOf(offset: number): Place;
}

export interface ImageList {
  name: string;
  key: Scalar;
  /** Undefined: the key has no value yet. */
  seq?: YAMLSeq;
}

const LIST_KEYS = ['images', 'imagetags'];
const KINDS = ['Kustomization', 'Component'];

/** kustomize also refuses aliases that multiply without bounds. */
const MOST_ALIASES = 10_000;

/** Reads the text of a Kustomization. Keys are compared without case, as kustomize's decoder does. */
export function readDocument(path: string, text: string): KustomizationDocument {
  const placeOf = (offset: number) => placeAt(path, text, offset);
  const parsed = parseSingle(path, text);
  const contents: unknown = parsed?.contents;
  const root = isMap(contents) ? contents : undefined;
  if (contents !== undefined && root === undefined)
    throw foreign(`${path} is not a Kustomization: it has no keys.`, placeOf(parsed?.contents?.range?.[0] ?? 0));
  if (root) refuseForeign(path, root, placeOf);
  const lists = root ? readLists(path, root, placeOf) : [];
  const resolve = (alias: Alias): unknown => parsed && alias.resolve(parsed);
  return {
    path,
    text,
    root,
    lists,
    entries: lists.flatMap(({ seq }) => (seq ? readEntries(seq, resolve) : [])),
    toData: () => parsed && dataOf(path, parsed),
    placeOf,
  };
}

/** The one document of the stream that is not empty; undefined when there is none. */
function parseSingle(path: string, text: string): Document.Parsed | undefined {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw unparsable(path, text, TOO_DEEP, deep);
  // Warnings of the parser would go to standard error past every report.
  const stream = parseAllDocuments(text, {
    ...{ schema: 'failsafe', uniqueKeys: false, strict: false, prettyErrors: false, logLevel: 'error' },
    keepSourceTokens: true,
  });
  const documents = Array.isArray(stream) ? stream : [];
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error) throw unparsable(path, text, error.message, error.pos[0]);
  const [first, second] = documents.filter(
    ({ contents }) => contents && !(isScalar(contents) && contents.source === ''),
  );
  if (second) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `${path} has several documents; kustomize reads only the first.`,
      fix: 'Keep one document in the file.',
      place: placeAt(path, text, second.contents?.range[0] ?? 0),
    });
  }
  return first;
}

function unparsable(path: string, text: string, message: string, offset?: number) {
  const conflict = /^<{7}(?= |\r?$)/m.exec(text);
  const at = conflict?.index ?? offset;
  return failure({
    code: 'deploy/kustomization-unreadable',
    message: conflict
      ? `${path} has an unresolved merge conflict.`
      : `${path} is not valid YAML: ${message.replace(/\.$/, '')}.`,
    ...(conflict && { fix: 'Resolve the conflict and commit the file.' }),
    place: at === undefined ? { file: path } : placeAt(path, text, at),
  });
}

function refuseForeign(path: string, root: YAMLMap, placeOf: (offset: number) => Place): void {
  const [version] = valuesOf(root, 'apiversion');
  const [kind] = valuesOf(root, 'kind');
  if (version?.text?.startsWith('kustomize.toolkit.fluxcd.io/')) {
    throw foreign(
      `${path} is Flux's own Kustomization resource, not a kustomization.yaml.`,
      placeOf(version.offset),
      'Name the kustomization.yaml in the folder that its spec.path points to.',
    );
  }
  if (kind?.text !== undefined && !KINDS.includes(kind.text))
    throw foreign(`${path} is not a Kustomization but a ${kind.text}.`, placeOf(kind.offset));
}

function foreign(message: string, place: Place, fix = 'Name a file with kind Kustomization or Component.') {
  return failure({ code: 'deploy/kustomization-missing', message, fix, place });
}

function readLists(path: string, root: YAMLMap, placeOf: (offset: number) => Place): ImageList[] {
  const code = 'deploy/kustomization-unsafe';
  const refusal = (message: string, fix: string, offset: number) =>
    failure({ code, message: `${path}: ${message}`, fix, place: placeOf(offset) });
  return LIST_KEYS.flatMap((key): ImageList | [] => {
    const [first, second] = valuesOf(root, key);
    if (first === undefined) return [];
    const name = first.key.source ?? key;
    const twice = `the key ${name} is there twice; the second hides the first.`;
    if (second) throw refusal(twice, 'Merge the two lists.', second.offset);
    if (isSeq(first.value)) return { name, key: first.key, seq: first.value };
    if (first.value === null || (isScalar(first.value) && first.text === undefined)) return { name, key: first.key };
    const what = isAlias(first.value) ? 'an alias' : 'not a list';
    throw refusal(`${name} is ${what}.`, `Write ${name} as a list of entries with name and newTag.`, first.offset);
  });
}

function valuesOf(root: YAMLMap, lowerCaseKey: string) {
  return root.items.flatMap(({ key, value }) => {
    if (!isScalar(key) || String(key.value).toLowerCase() !== lowerCaseKey) return [];
    const node = isScalar(value) || isSeq(value) || isMap(value) || isAlias(value) ? value : null;
    return [{ key, value: node, text: textOf(node), offset: node?.range?.[0] ?? key.range?.[0] ?? 0 }];
  });
}

function dataOf(path: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw unparsable(path, '', error.message);
  }
}

/** The fields of an entry that are edited, in the order in which they are written. */
export const EDITED_FIELDS = ['newName', 'newTag', 'digest'] as const;
export type EditedField = (typeof EDITED_FIELDS)[number];

/** https://pkg.go.dev/sigs.k8s.io/kustomize/api/types#Image */
const KNOWN_FIELDS = ['name', 'newName', 'tagSuffix', 'newTag', 'digest'] as const;
type KnownField = (typeof KNOWN_FIELDS)[number];

/** One entry of `images:`; a field that is absent, empty or null is undefined. */
export interface KustomizationEntry extends Partial<Record<KnownField, string>> {
  name: string;
  /** Of its name (or of the alias that it is) in the text. */
  offset: number;
  node: EntryNode;
}

export interface EntryNode {
  map: YAMLMap;
  seq: YAMLSeq;
  /** Fields in the order of the file; one that is written twice is there twice. */
  fields: EntryField[];
  unknown: EntryField[];
  /** Set if part of the entry is written elsewhere in the file: an edit here would not be what it seems. */
  shared?: 'is an alias' | 'has a merge key (<<)';
}

export interface EntryField {
  name: string;
  /** The key as it is written: kustomize takes `newtag` for `newTag`. */
  key: string;
  pair: Pair;
  text?: string;
  offset: number;
}

type Resolve = (alias: Alias) => unknown;

/** The entries of one list; items that are no maps or have no name are left out. */
export function readEntries(seq: YAMLSeq, resolve: Resolve): KustomizationEntry[] {
  return seq.items.flatMap((item) => {
    const map = isAlias(item) ? resolve(item) : item;
    if (!isMap(map)) return [];
    const node = readNode(map, seq, resolve);
    if (isAlias(item)) node.shared = 'is an alias';
    const texts: Partial<Record<KnownField, string>> = Object.fromEntries(
      node.fields.map(({ name, text }) => [name, text]),
    );
    const { name } = texts;
    if (name === undefined) return [];
    const named = node.fields.findLast((field) => field.name === 'name');
    const offset = (isAlias(item) ? item.range?.[0] : named?.offset) ?? 0;
    return [{ ...texts, name, offset, node }];
  });
}

/** Tag and digest of an entry: Renovate's form keeps both in one field, `newTag: main-1a2b3c4@sha256:…`. */
export function splitTag({ newTag, digest }: Pick<KustomizationEntry, 'newTag' | 'digest'>) {
  const at = newTag?.indexOf('@') ?? -1;
  if (newTag === undefined || at < 0) return { joined: false, tag: newTag, digest };
  return { joined: true, tag: newTag.slice(0, at) || undefined, digest: newTag.slice(at + 1) };
}

/** The text of a scalar; undefined for null, empty and anything but a scalar. */
export function textOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  if (node.type === 'PLAIN' && isNullWord(node.source ?? '')) return undefined;
  const text = String(node.value);
  return text === '' ? undefined : text;
}

function readNode(map: YAMLMap, seq: YAMLSeq, resolve: Resolve): EntryNode {
  const node: EntryNode = { map, seq, fields: [], unknown: [] };
  for (const pair of map.items) {
    const { key: keyNode, value } = pair;
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    const offset = (isScalar(keyNode) ? keyNode.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
    const text = textOf(isAlias(value) ? resolve(value) : value);
    const name = KNOWN_FIELDS.find((field) => field.toLowerCase() === key.toLowerCase());
    if (key === '<<') node.shared = 'has a merge key (<<)';
    else if (name === undefined) node.unknown.push({ name: key, key, pair, text, offset });
    else node.fields.push({ name, key, pair, text, offset });
  }
  return node;
}
