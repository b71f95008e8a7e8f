import { isScalar, type Pair, type YAMLMap } from 'yaml';
import { type ScalarStyle, writeScalar } from './scalar.js';

/** Replaces the text from `start` to `end` (UTF-16 offsets, end excluded). */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

export type Token = { type: string; offset: number; source: string };

/** How a key or scalar is written; block scalars count as plain. */
export function styleOf(node: unknown): ScalarStyle {
  if (!isScalar(node)) return 'plain';
  if (node.type === 'QUOTE_DOUBLE') return 'double';
  return node.type === 'QUOTE_SINGLE' ? 'single' : 'plain';
}

/** Offset behind the last character of a pair: its value, the colon, or a tag or anchor without a value. */
export function pairEnd(text: string, pair: Pair): number {
  const { key, value } = pair as Pair<NodeWithRange, NodeWithRange | null>;
  const range = value?.range;
  if (range && range[1] > range[0]) return range[0] + text.slice(range[0], range[1]).trimEnd().length;
  return separatorEnd(pair) ?? key.range?.[1] ?? 0;
}

/** Offset behind `:` and any tag or anchor that follows it; undefined for a key without a colon. */
export function separatorEnd(pair: Pair): number | undefined {
  const last = separatorTokens(pair)
    .filter(({ type }) => ['map-value-ind', 'tag', 'anchor'].includes(type))
    .at(-1);
  return last && last.offset + last.source.length;
}

/** White space before a pair's key, up to the bracket, comma or comment before it. */
export function leadOf(text: string, pair: Pair): string {
  return whiteSpaceOf(text, pair.srcToken?.start ?? []);
}

/** The white space that ends a run of tokens, in the text's own line breaks. */
export function whiteSpaceOf(text: string, tokens: readonly Token[]): string {
  const isSpace = ({ type }: Token) => type === 'space' || type === 'newline';
  const first = tokens[tokens.findLastIndex((token) => !isSpace(token)) + 1];
  const last = tokens.at(-1);
  if (!first || !last) return '';
  // Where lines were joined for the parser, a comment may be hidden in what it saw as spaces.
  return /\s*$/.exec(text.slice(first.offset, last.offset + last.source.length))![0];
}

/** The text of a further pair in a flow map, in the manner of `model`: `, key: value`. */
export function flowPair(text: string, map: YAMLMap, model: Pair, key: string, value: string): string {
  const colon = colonOf(text, model);
  const [first, second] = map.items;
  const own = leadOf(text, model);
  const alone = colon === ':' ? '' : ' ';
  const lead = model === first && !/[\r\n]/.test(own) ? (second ? leadOf(text, second) : alone) : own;
  return `,${lead}${writeScalar(key, styleOf(model.key), 'double')}${colon}${value}`;
}

/** Colon and space behind the key, as `model` has them; a colon alone only where the key is quoted. */
function colonOf(text: string, model: Pair): string {
  const { key, value } = model as Pair<NodeWithRange, NodeWithRange | null>;
  const between = text.slice(key.range?.[1] ?? 0, value?.range?.[0] ?? 0);
  if (between === ':' && styleOf(key) !== 'plain') return between;
  return /^: +$/.test(between) ? between : ': ';
}

function separatorTokens(pair: Pair): Token[] {
  return pair.srcToken?.sep ?? [];
}

interface NodeWithRange {
  range?: [number, number, number] | null;
}
