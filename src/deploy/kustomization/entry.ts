import { type Alias, isAlias, isMap, isScalar, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { isNullWord } from './style.js';

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
