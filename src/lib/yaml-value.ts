import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { tooDeepAt } from './bounded.js';
import type { Place } from './errors.js';

/** A value of a YAML file with its place. */
export interface YamlValue {
  place: Place;
  /** Aliases are resolved. */
  node: Node | undefined;
  text?: string;
  at(...keys: string[]): YamlValue | undefined;
  items(): YamlValue[];
  /** Of a map, in order, with merged keys: each key with its own place. */
  entries(): { name: string; place: Place; value?: YamlValue }[];
}

/** The documents of a file that are maps; none of an unreadable file. */
export function readYaml({ path, text }: { path: string; text: string }): YamlValue[] {
  if (tooDeepAt(text) !== undefined) return [];
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    ...{ schema: 'failsafe', uniqueKeys: false, strict: false },
    ...{ prettyErrors: false, logLevel: 'silent', lineCounter },
  });
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((document) =>
    document.errors.length === 0 && isMap(document.contents) ? [rootOf(document, placesOf(path, lineCounter))] : [],
  );
}

/** The place of an offset in a file. */
export function placesOf(file: string, lineCounter: LineCounter): (offset: number) => Place {
  return (offset) => {
    const { line, col } = lineCounter.linePos(offset);
    return line === 0 ? { file } : { file, line, column: col };
  };
}

export function rootOf(document: Document.Parsed, placeOf: (offset: number) => Place): YamlValue {
  const resolve = (node: unknown) => (isAlias(node) ? node.resolve(document) : (node as Node | null)) ?? undefined;
  const placeOfNode = (node: unknown) => placeOf((node as { range?: [number] } | null)?.range?.[0] ?? 0);

  const valueOf = (written: unknown): YamlValue => {
    const node = resolve(written);
    const pairs = isMap(node) ? pairsOf(node) : [];
    return {
      place: placeOfNode(written),
      node,
      text: isScalar(node) ? String(node.value) : undefined,
      at(key, ...rest) {
        if (key === undefined) return this;
        const pair = pairs.find((item) => isScalar(item.key) && item.key.value === key);
        return pair?.value ? valueOf(pair.value).at(...rest) : undefined;
      },
      items: () => (isSeq(node) ? node.items.map(valueOf) : []),
      entries: () =>
        pairs.flatMap(({ key, value }) =>
          isScalar(key)
            ? { name: String(key.value), place: placeOfNode(key), value: value ? valueOf(value) : undefined }
            : [],
        ),
    };
  };

  /** A map's own keys override merged ones, and the first of several merged maps the others. */
  const pairsOf = (map: YAMLMap, trail: readonly YAMLMap[] = []): Pair[] => {
    if (!map.items.some(isMerge)) return map.items;
    const merged = map.items.filter(isMerge).flatMap(({ value }) => {
      const named = resolve(value);
      return (isSeq(named) ? named.items.map(resolve) : [named])
        .filter((source): source is YAMLMap => isMap(source) && source !== map && !trail.includes(source))
        .flatMap((source) => pairsOf(source, [...trail, map]));
    });
    const seen = new Set<unknown>();
    return [...map.items.filter((pair) => !isMerge(pair)), ...merged].filter(({ key }) => {
      const name = isScalar(key) ? key.value : key;
      return !seen.has(name) && seen.add(name);
    });
  };
  return valueOf(document.contents);
}

/** https://yaml.org/type/merge.html */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}
