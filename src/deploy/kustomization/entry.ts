import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { isNullWord } from './scalar.js';

/** The fields of an entry that are edited, in the order in which they are written. */
export const EDITED_FIELDS = ['newName', 'newTag', 'digest'] as const;
export type EditedField = (typeof EDITED_FIELDS)[number];

/** What kustomize 5.6 knows: https://pkg.go.dev/sigs.k8s.io/kustomize/api/types#Image */
const KNOWN_FIELDS = ['name', 'newName', 'tagSuffix', 'newTag', 'digest'] as const;
type KnownField = (typeof KNOWN_FIELDS)[number];

/** One entry of `images:` as it reads; a field that is absent, empty or null is undefined. */
export interface KustomizationEntry {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
  /** Where its name stands (or the alias that it is), as an offset in the text. */
  offset: number;
  node: EntryNode;
}

export interface EntryNode {
  map: YAMLMap;
  seq: YAMLSeq;
  /** Fields in the order of the file; one that is written twice is there twice. */
  fields: EntryField[];
  /** Keys that kustomize does not know. */
  unknown: EntryField[];
  /** Fields that a merge key brings in. `offset`: of that key. */
  inherited: Map<string, { text?: string; offset: number }>;
  /** The alias that stands in place of the entry. */
  alias?: Alias;
}

export interface EntryField {
  name: string;
  /** The key as it is written: kustomize takes `newtag` for `newTag`. */
  key: string;
  pair: Pair;
  text?: string;
  /** Of the key. */
  offset: number;
}

type Resolve = (alias: Alias) => unknown;

/** The entries of one list; items that are no maps or have no name are passed over. */
export function readEntries(seq: YAMLSeq, resolve: Resolve): KustomizationEntry[] {
  return seq.items.flatMap((item) => {
    const map = isAlias(item) ? resolve(item) : item;
    if (!isMap(map)) return [];
    const node = readNode(map, seq, resolve);
    if (isAlias(item)) node.alias = item;
    const own = new Map(node.fields.map((field) => [field.name, field]));
    const textOfField = (name: string) => (own.get(name) ?? node.inherited.get(name))?.text;
    const name = textOfField('name');
    if (name === undefined) return [];
    const offset = node.alias?.range?.[0] ?? own.get('name')?.offset ?? map.range?.[0] ?? 0;
    const [newName, newTag, digest] = EDITED_FIELDS.map(textOfField);
    return [{ name, newName, newTag, digest, offset, node }];
  });
}

/** The text of a scalar as a person reads it; undefined for null, empty and anything but a scalar. */
export function textOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  if (node.type === 'PLAIN' && isNullWord(node.source ?? '')) return undefined;
  const text = String(node.value);
  return text === '' ? undefined : text;
}

function readNode(map: YAMLMap, seq: YAMLSeq, resolve: Resolve): EntryNode {
  const node: EntryNode = { map, seq, fields: [], unknown: [], inherited: new Map() };
  for (const pair of map.items) {
    const { key, value } = pair;
    const written = isScalar(key) ? String(key.value) : '';
    const offset = (isScalar(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
    if (written === '<<') {
      for (const [name, text] of mergedFields(value, resolve)) node.inherited.set(name, { text, offset });
      continue;
    }
    const name = knownField(written);
    const text = textOf(isAlias(value) ? resolve(value) : value);
    if (name === undefined) node.unknown.push({ name: written, key: written, pair, text, offset });
    else node.fields.push({ name, key: written, pair, text, offset });
  }
  return node;
}

function mergedFields(value: unknown, resolve: Resolve): [name: string, text?: string][] {
  const target = isAlias(value) ? resolve(value) : value;
  if (isSeq(target)) return target.items.flatMap((item) => mergedFields(item, resolve));
  if (!isMap(target)) return [];
  return target.items.flatMap(({ key, value: inner }) => {
    const written = isScalar(key) ? String(key.value) : '';
    if (written === '<<') return mergedFields(inner, resolve);
    return [[knownField(written) ?? written, textOf(isAlias(inner) ? resolve(inner) : inner)]];
  });
}

function knownField(written: string): KnownField | undefined {
  return KNOWN_FIELDS.find((field) => field.toLowerCase() === written.toLowerCase());
}
