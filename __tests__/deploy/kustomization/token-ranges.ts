import { type CST, Parser } from 'yaml';

/** A run of characters of a text, end excluded. */
export interface Range {
  start: number;
  end: number;
}

/** One entry of `images` as its tokens stand in the text: no documents, no resolved values, nothing of the editor. */
export interface EntryTokens {
  style: 'flow' | 'block';
  /** Values by key; a key without a value is absent. */
  fields: Map<string, Range>;
  /** Where the keys begin. */
  keys: Map<string, number>;
}

type Collection = CST.BlockMap | CST.FlowCollection | CST.BlockSequence;
type Item = CST.CollectionItem;

/** The first document's entries of `images`. Throws where the tokens are no mapping. */
export function entryTokens(text: string): EntryTokens[] {
  return itemsOf(rootOf(text)).flatMap(({ key: list, value }) => {
    if (sourceOf(list) !== 'images' || !isCollection(value)) return [];
    return itemsOf(value).flatMap(({ value: entry }): EntryTokens[] => {
      if (!isCollection(entry)) return [];
      const fields = itemsOf(entry).map((pair) => ({ key: sourceOf(pair.key), range: rangeOf(pair.value) }));
      return [
        {
          style: entry.type === 'flow-collection' ? 'flow' : 'block',
          keys: new Map(itemsOf(entry).map(({ key }) => [sourceOf(key), key?.offset ?? 0])),
          fields: new Map(fields.flatMap(({ key, range }) => (range ? [[key, range] as const] : []))),
        },
      ];
    });
  });
}

function rootOf(text: string): CST.BlockMap | CST.FlowCollection {
  for (const token of new Parser().parse(text)) {
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

function isCollection(token: CST.Token | null | undefined): token is Collection {
  return ['block-map', 'block-seq', 'flow-collection'].includes(token?.type ?? '');
}

function itemsOf(collection: Collection): Item[] {
  return collection.items as Item[];
}
