import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { tooDeepAt } from '../lib/bounded.js';
import type { TextFile } from '../facts/build-files-checkout.js';
import type { Place } from '../lib/errors.js';

/** A value of a YAML file with its place. */
export interface YamlValue {
  place: Place;
  text?: string;
  at(...keys: string[]): YamlValue | undefined;
  items(): YamlValue[];
  /** Of a map, in order: each key with its own place. */
  entries(): { name: string; place: Place; value?: YamlValue }[];
}

/** The documents of a file that are maps; none of one that can't be read. */
export function readYaml({ path, text }: TextFile): YamlValue[] {
  if (tooDeepAt(text) !== undefined) return [];
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    strict: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  if (!Array.isArray(parsed)) return [];
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: path, line, column: col };
  };
  return parsed.flatMap((document) =>
    document.errors.length === 0 && isMap(document.contents)
      ? [valueIn(document, document.contents, placeOf)]
      : [],
  );
}

function valueIn(document: Document.Parsed, node: unknown, placeOf: (offset: number) => Place): YamlValue {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  const placeOfNode = (of: unknown) => placeOf((of as { range?: [number] } | null)?.range?.[0] ?? 0);
  return {
    place: placeOfNode(node),
    text: isScalar(resolved) ? String(resolved.value) : undefined,
    at(key, ...rest) {
      if (key === undefined) return this;
      const pair = isMap(resolved)
        ? pairsIn(document, resolved).find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      return pair?.value ? valueIn(document, pair.value, placeOf).at(...rest) : undefined;
    },
    items: () => (isSeq(resolved) ? resolved.items.map((item) => valueIn(document, item, placeOf)) : []),
    entries: () =>
      isMap(resolved)
        ? pairsIn(document, resolved).flatMap(({ key, value }) =>
            isScalar(key)
              ? [
                  {
                    name: String(key.value),
                    place: placeOfNode(key),
                    ...(value ? { value: valueIn(document, value, placeOf) } : {}),
                  },
                ]
              : [],
          )
        : [],
  };
}

/** With what merge keys bring; a key of the map itself goes before them, and the first of several before the others. */
function pairsIn(document: Document.Parsed, map: YAMLMap, trail: readonly YAMLMap[] = []): Pair[] {
  if (!map.items.some(isMerge)) return map.items;
  const own = map.items.filter((pair) => !isMerge(pair));
  const seen = new Set(own.map(({ key }) => (isScalar(key) ? key.value : key)));
  const merged = map.items.filter(isMerge).flatMap(({ value }) => {
    const named = isAlias(value) ? value.resolve(document) : value;
    const sources: unknown[] = isSeq(named) ? named.items : [named];
    return sources
      .map((source) => (isAlias(source) ? source.resolve(document) : source))
      .filter((source): source is YAMLMap => isMap(source) && source !== map && !trail.includes(source))
      .flatMap((source) => pairsIn(document, source, [...trail, map]));
  });
  const added = merged.filter(({ key }) => {
    const name = isScalar(key) ? key.value : key;
    return !seen.has(name) && seen.add(name);
  });
  return [...own, ...added];
}

/** https://yaml.org/type/merge.html */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}
