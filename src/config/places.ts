import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Place } from '../lib/errors.js';

/** Finds where values of a parsed file stand. */
export interface Places {
  /** `images.api.dockerfile`, or its segments; the nearest parent where it is absent. */
  place(path: string | readonly PropertyKey[]): Place;
  /** Where the key itself stands, such as an unknown one. */
  keyPlace(path: readonly PropertyKey[]): Place;
  /** A number or boolean as the file spells it (`1.10`); undefined for anything else. */
  spelling(path: readonly PropertyKey[]): string | undefined;
  at(offset: number): Place;
}

/** A node on the way down; `key` is the node to point at when the value is a block of several lines. */
interface Step {
  value: Node | null;
  key?: Node;
}

export function placesIn(document: Document, lineCounter: LineCounter, file: string): Places {
  const at = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return line === 0 ? { file } : { file, line, column: col };
  };
  const of = (node: Node | null | undefined): Place => {
    const start = node?.range?.[0];
    return start === undefined ? { file, line: 1, column: 1 } : at(start);
  };
  const descend = (path: readonly string[]): { step: Step; complete: boolean } => {
    let step: Step = { value: resolve(document.contents, document) };
    let rest = path;
    while (rest.length > 0) {
      const next = child(step, rest, document);
      if (next === undefined) return { step, complete: false };
      step = next.step;
      rest = next.rest;
    }
    return { step, complete: true };
  };
  return {
    at,
    place: (path) => {
      const { step, complete } = descend(segmentsOf(path));
      return complete && !isBlock(step.value) && isFilled(step.value)
        ? of(step.value)
        : of(step.key ?? step.value);
    },
    keyPlace: (path) => {
      const { step } = descend(segmentsOf(path));
      return of(step.key ?? step.value);
    },
    spelling: (path) => {
      const { step, complete } = descend(segmentsOf(path));
      if (!complete || !isScalar(step.value) || typeof step.value.value === 'string') return undefined;
      return step.value.source;
    },
  };
}

function segmentsOf(path: string | readonly PropertyKey[]): string[] {
  if (typeof path === 'string') return path === '' ? [] : path.split('.');
  return path.map(String);
}

function resolve(node: unknown, document: Document): Node | null {
  if (isAlias(node)) return node.resolve(document) ?? null;
  return (node ?? null) as Node | null;
}

/** One level down. A key may hold dots; an index before a value that is no list stands for that value. */
function child(
  { value, key }: Step,
  path: readonly string[],
  document: Document,
): { step: Step; rest: string[] } | undefined {
  const [head = '', ...rest] = path;
  if (isSeq(value)) {
    const item = value.items[Number(head)];
    return item === undefined ? undefined : { step: { value: resolve(item, document) }, rest };
  }
  if (isMap(value)) {
    for (let length = path.length; length > 0; length--) {
      const pair = pairOf(value, path.slice(0, length).join('.'), document);
      if (pair !== undefined)
        return {
          step: { value: resolve(pair.value, document), key: pair.key as Node },
          rest: path.slice(length),
        };
    }
  }
  return /^\d+$/.test(head) && isFilled(value) ? { step: { value, key }, rest } : undefined;
}

function pairOf(map: YAMLMap, name: string, document: Document): Pair | undefined {
  const own = map.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  if (own !== undefined) return own;
  for (const { key, value } of map.items) {
    if (!isScalar(key) || key.source !== '<<') continue;
    const merged = resolve(value, document);
    for (const source of isSeq(merged) ? merged.items.map((item) => resolve(item, document)) : [merged]) {
      const found = isMap(source) ? pairOf(source, name, document) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isBlock(node: Node | null): boolean {
  return isCollection(node) && node.flow !== true;
}

function isFilled(node: Node | null): boolean {
  return node !== null && !(isScalar(node) && node.value === null);
}
