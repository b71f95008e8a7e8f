import { isScalar, type Pair, type YAMLMap } from 'yaml';

/** Replaces the text from `start` to `end` (UTF-16 offsets, end excluded). */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/** How a value is to be written; `plain` turns into `quote` if plain would not read as a string. */
export type ScalarStyle = 'plain' | 'single' | 'double';
export type QuoteStyle = Exclude<ScalarStyle, 'plain'>;

const WORDS = /^(?:~|null|true|false|yes|no|on|off|y|n)$/i;
const INTEGER = /^[-+]?(?:0b[01]+|0o?[0-7]+|0x[0-9a-f]+|[0-9]+)$/i;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$/i;
const NOT_FINITE = /^[-+]?\.(?:inf|nan)$/i;
const BASE_60 = /^[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?$/;
const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$/;

/**
 * Whether a plain scalar of this text reads as anything but the same string, by YAML 1.2's core schema,
 * YAML 1.1's types, or the resolver that kustomize uses (which drops every `_` before it looks for a
 * number). https://yaml.org/type/ and https://github.com/kubernetes-sigs/yaml (goyaml.v2/resolve.go).
 */
export function needsQuotes(value: string): boolean {
  if (value === '' || value !== value.trim() || !/^[A-Za-z0-9_.+~-]/.test(value)) return true;
  if (/: |:$| #|[\0-\x1f\x7f]|^- |^---|^\.\.\./.test(value)) return true;
  if (WORDS.test(value) || NOT_FINITE.test(value) || DATE.test(value)) return true;
  const digits = value.startsWith('_') ? value : value.replaceAll('_', '');
  return [INTEGER, FLOAT, BASE_60].some((pattern) => pattern.test(digits));
}

/** Whether a plain scalar of this text is no value. */
export function isNullWord(source: string): boolean {
  return /^(?:|~|null|Null|NULL)$/.test(source);
}

export function writeScalar(value: string, style: ScalarStyle, quote: QuoteStyle): string {
  switch (style) {
    case 'plain':
      return needsQuotes(value) ? writeScalar(value, quote, quote) : value;
    case 'single':
      return `'${value.replaceAll("'", "''")}'`;
    case 'double':
      return JSON.stringify(value);
  }
}

export function styleOf(node: unknown): ScalarStyle {
  if (!isScalar(node)) return 'plain';
  if (node.type === 'QUOTE_DOUBLE') return 'double';
  return node.type === 'QUOTE_SINGLE' ? 'single' : 'plain';
}

/** Offset behind the last character of a node; undefined if it has none. */
export function nodeEnd(text: string, node: unknown): number | undefined {
  const { range } = (node ?? {}) as { range?: [number, number, number] | null };
  return range && range[1] > range[0] ? range[0] + text.slice(range[0], range[1]).trimEnd().length : undefined;
}

/** Offset behind the last character of a pair: its value, the colon, or a tag or anchor without a value. */
export function pairEnd(text: string, pair: Pair): number {
  return nodeEnd(text, pair.value) ?? separatorEnd(pair) ?? nodeEnd(text, pair.key) ?? 0;
}

/** Offset behind `:` and any tag or anchor that follows it; undefined for a key without a colon. */
export function separatorEnd(pair: Pair): number | undefined {
  const last = pair.srcToken?.sep?.findLast(({ type }) => ['map-value-ind', 'tag', 'anchor'].includes(type));
  return last && last.offset + last.source.length;
}

type Token = { type: string; source: string };

/** The white space that ends a run of tokens. */
export function whiteSpaceOf(tokens: readonly Token[]): string {
  const before = tokens.findLastIndex(({ type }) => type !== 'space' && type !== 'newline');
  return tokens.slice(before + 1).reduce((text, { source }) => text + source, '');
}

/** The text of a further pair in a flow map behind `model`, on a separate line if that one is: `, key: value`. */
export function flowPair(map: YAMLMap, model: Pair, key: string, value: string): string {
  const space = whiteSpaceOf(model.srcToken?.start ?? []);
  const lead = model === map.items[0] && !space.includes('\n') ? ' ' : space;
  return `,${lead}${writeScalar(key, styleOf(model.key), 'double')}: ${value}`;
}
