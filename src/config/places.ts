import { isCollection, isScalar, type Document, type LineCounter } from 'yaml';
import type { Place } from '../lib/errors.js';
import { placesOf, rootOf, type YamlValue } from '../lib/yaml-value.js';

export interface Places {
  /** `images.api.dockerfile`, or its segments; the nearest parent if it is absent. */
  place(path: string | readonly PropertyKey[]): Place;
  /** The place of the key itself, such as an unknown one. */
  keyPlace(path: readonly PropertyKey[]): Place;
  /** A number or boolean as the file spells it (`1.10`); undefined for anything else. */
  spelling(path: readonly PropertyKey[]): string | undefined;
  at(offset: number): Place;
}

/** A value on the way down; `key` is the place of its key. */
interface Step {
  value?: YamlValue;
  key?: Place;
}

export function placesIn(document: Document.Parsed, lineCounter: LineCounter, file: string): Places {
  const at = placesOf(file, lineCounter);
  const root = rootOf(document, at);
  const descend = (path: string | readonly PropertyKey[]): Step & { complete: boolean } => {
    let step: Step = { value: root };
    let rest = typeof path === 'string' ? path.split('.').filter(Boolean) : path.map(String);
    while (rest.length > 0) {
      const next = child(step, rest);
      if (next === undefined) return { ...step, complete: false };
      [step, rest] = next;
    }
    return { ...step, complete: true };
  };
  const startOf = ({ value, key }: Step): Place =>
    key ?? (value?.node ? at(value.node.range![0]) : { file, line: 1, column: 1 });
  return {
    at,
    place: (path) => {
      const { value, key, complete } = descend(path);
      const isBlock = isCollection(value?.node) && value.node.flow !== true;
      return startOf(complete && !isBlock && isFilled(value) ? { value } : { value, key });
    },
    keyPlace: (path) => startOf(descend(path)),
    spelling: (path) => {
      const { value, complete } = descend(path);
      const node = value?.node;
      return complete && isScalar(node) && typeof node.value !== 'string' ? node.source : undefined;
    },
  };
}

/** One level down. A key may contain dots; an index before a value that is no list means that value. */
function child({ value, key }: Step, path: readonly string[]): [Step, rest: string[]] | undefined {
  const [head = '', ...rest] = path;
  const items = value?.items() ?? [];
  if (items.length > 0) return items[Number(head)] && [{ value: items[Number(head)] }, rest];
  const entries = value?.entries() ?? [];
  for (let length = path.length; length > 0; length--) {
    const found = entries.find(({ name }) => name === path.slice(0, length).join('.'));
    if (found) return [{ value: found.value, key: found.place }, path.slice(length)];
  }
  return /^\d+$/.test(head) && isFilled(value) ? [{ value, key }, rest] : undefined;
}

function isFilled(value: YamlValue | undefined): boolean {
  return value?.node !== undefined && !(isScalar(value.node) && value.node.value === null);
}
