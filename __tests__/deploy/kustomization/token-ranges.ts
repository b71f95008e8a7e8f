import { type CST, Parser } from 'yaml';

/** A range of characters in a text, end excluded. */
export interface Range {
  start: number;
  end: number;
}

/** One entry of `images` as tokens of the text, independent of the editor and without resolved values. */
export interface EntryTokens {
  list: string;
  style: 'flow' | 'block';
  /** Values by key; a key without a value is absent. */
  fields: Map<string, Range>;
  /** Start offsets of the keys. */
  keys: Map<string, number>;
}

type Collection = CST.BlockMap | CST.FlowCollection | CST.BlockSequence;
type Item = CST.CollectionItem;

/** The entries of `images` and `imageTags` in the first document. Throws if it isn't a mapping. */
export function entryTokens(text: string): EntryTokens[] {
  return listsOf(text).flatMap(({ list, value }) =>
    itemsOf(value).flatMap(({ value: entry }) => {
      if (!isCollection(entry)) return [];
      const fields = itemsOf(entry).map((pair) => ({ key: sourceOf(pair.key), range: rangeOf(pair.value) }));
      const keys = new Map(itemsOf(entry).map(({ key }) => [sourceOf(key), key?.offset ?? 0]));
      return {
        list,
        style: entry.type === 'flow-collection' ? 'flow' : 'block',
        keys,
        fields: new Map(fields.flatMap(({ key, range }) => (range ? [[key, range] as const] : []))),
      };
    }),
  );
}

/** A file with only the image lists of the text. */
export function listsAlone(text: string): string {
  const root = rootOf(text);
  const items = itemsOf(root);
  const wanted = items.flatMap((item, index) => (isListKey(sourceOf(item.key)) ? [index] : []));
  const parts = wanted.map((index) => {
    const next = items[index + 1]?.key;
    const start = items[index]!.key!.offset;
    return root.type === 'flow-collection'
      ? text.slice(start, endOf(items[index]!.value!))
      : text.slice(start, next ? next.offset : text.length);
  });
  return root.type === 'flow-collection' ? `{${parts.join(', ')}}` : parts.join('\n');
}

function listsOf(text: string) {
  return itemsOf(rootOf(text)).flatMap(({ key, value }) => {
    const list = sourceOf(key);
    return isListKey(list) && isCollection(value) ? [{ list, value }] : [];
  });
}

function isListKey(key: string): boolean {
  return key === 'images' || key === 'imageTags';
}

function rootOf(text: string): CST.BlockMap | CST.FlowCollection {
  // In Latin-1 a byte-order mark is three characters; a comment line of the same length replaces it.
  for (const token of new Parser().parse(text.replace(/^\xef\xbb\xbf/, '##\n'))) {
    if (token.type !== 'document' || !token.value) continue;
    if (token.value.type === 'block-map' || token.value.type === 'flow-collection') return token.value;
    throw new Error(`the first document is a ${token.value.type}`);
  }
  throw new Error('there is no document');
}

function rangeOf(value: CST.Token | null | undefined): Range | undefined {
  if (!value || !('source' in value) || value.source === '') return undefined;
  return { start: value.offset, end: value.offset + value.source.length };
}

function sourceOf(token: CST.Token | null | undefined): string {
  return token && 'source' in token ? token.source.replace(/^(["'])(.*)\1$/s, '$2') : '';
}

function endOf(token: CST.Token): number {
  if (token.type === 'flow-collection') {
    const last = token.end.findLast(({ type }) => type.endsWith('-end'))!;
    return last.offset + last.source.length;
  }
  return token.offset + ('source' in token ? token.source.length : 0);
}

function isCollection(token: CST.Token | null | undefined): token is Collection {
  return ['block-map', 'block-seq', 'flow-collection'].includes(token?.type ?? '');
}

function itemsOf(collection: Collection): Item[] {
  return collection.items as Item[];
}
