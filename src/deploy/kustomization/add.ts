import { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { failure } from '../../lib/errors.js';
import type { ImageEdit } from './image-spec.js';
import { nameMistake } from './image-spec.js';
import type { ImageList, KustomizationDocument } from './document.js';
import {
  flowPair,
  leadOf,
  pairEnd,
  separatorEnd,
  type Splice,
  styleOf,
  type Token,
  whiteSpaceOf,
} from './flow.js';
import { misspeltList } from './match.js';
import { type ScalarStyle, writeScalar } from './scalar.js';
import { breakNear, lineEnd, lineStart } from './text.js';
import { quoteHabit } from './write.js';

type Fields = [key: string, value: string][];

/** How entries of this file write keys and values. */
interface EntryStyle {
  key: ScalarStyle;
  value: (field: string) => ScalarStyle;
  quote: Exclude<ScalarStyle, 'plain'>;
}

/** The fields of a new entry, in kustomize's order. */
export function fieldsOf(edit: ImageEdit): Fields {
  const { name, newName, tag, digest } = edit;
  const fields: [string, string | undefined][] = [
    ['name', name],
    ['newName', newName === name ? undefined : newName],
    ['newTag', tag],
    ['digest', digest],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

/**
 * The splices that add entries at the end of the list of images, written as the entries before them; a list
 * that is empty or absent is begun in the manner of the file's other lists.
 * @throws ReleaseError `image/invalid-reference` for a name that no image can have,
 * `deploy/kustomization-unsafe` where the list can't be extended
 */
export function addEntries(document: KustomizationDocument, edits: readonly ImageEdit[]): Splice[] {
  if (edits.length === 0) return [];
  edits.forEach(checkName);
  const entries = edits.map(fieldsOf);
  const list = document.lists[0];
  if (!document.root) throw unsafe(document, 0, 'there is nothing but comments');
  const misspelt = misspeltList(document);
  if (misspelt)
    throw unsafe(
      document,
      misspelt.offset,
      `the key ${misspelt.key} is probably meant to be the list of images`,
    );
  if (!list) return [addList(document, document.root, entries)];
  if (list.seq) return [extendList(document, list.seq, entries)];
  return beginList(document, document.root, list, entries);
}

function checkName({ name }: ImageEdit): void {
  const mistake = nameMistake(name.replace(/(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/, ''));
  if (mistake === undefined) return;
  throw failure({
    code: 'image/invalid-reference',
    message: `The name "${name}" of the new entry ${mistake}.`,
    fix: 'Write the image as the manifests do, such as ghcr.io/acme/api.',
  });
}

function extendList(document: KustomizationDocument, seq: YAMLSeq, entries: Fields[]): Splice {
  const alias = seq.anchor === undefined ? undefined : document.aliasOf(seq.anchor);
  if (alias !== undefined) throw unsafe(document, alias, 'the list of images is used again by an alias');
  const last = seq.items.at(-1);
  const { text } = document;
  const style = styleOfList(document, seq);
  if (seq.flow) {
    const start = seq.range?.[0] ?? 0;
    if (last === undefined) {
      const written = entries.map((fields) => flowEntry(fields, style)).join(', ');
      return { start: start + 1, end: start + 1, text: written };
    }
    const end = nodeEnd(text, last);
    const written = entries.map(
      (fields) => `,${leadOfItem(text, seq)}${flowLike(text, last, fields, style)}`,
    );
    return { start: end, end, text: written.join('') };
  }
  if (!isMap(last)) throw unsafe(document, seq.range?.[0] ?? 0, 'the last entry of the list is no map');
  const column = (seq.srcToken as { indent?: number } | undefined)?.indent ?? 0;
  const at = endOfEntry(text, last, column);
  const gap = gapBehindDash(text, last);
  return insertLines(
    text,
    at,
    entries.flatMap((fields) =>
      last.flow
        ? [`${' '.repeat(column)}-${gap}${flowLike(text, last, fields, style)}`]
        : blockEntry(fields, style, column, gap),
    ),
  );
}

function beginList(
  document: KustomizationDocument,
  root: YAMLMap,
  { key }: ImageList,
  entries: Fields[],
): Splice[] {
  const { text } = document;
  const pair = root.items.find((item) => item.key === key);
  const colon = pair && separatorEnd(pair);
  if (!pair || colon === undefined) throw unsafe(document, key.range?.[0] ?? 0, `${key.source} has no colon`);
  const style = styleOfList(document);
  const end = Math.max(colon, pairEnd(text, pair));
  if (root.flow) {
    const value = `[${entries.map((fields) => flowEntry(fields, style)).join(', ')}]`;
    return [{ start: colon, end, text: styleOf(key) === 'plain' ? ` ${value}` : value }];
  }
  const column = listColumn(root);
  const lines = entries.flatMap((fields) => blockEntry(fields, style, column, ' '));
  return [{ start: colon, end, text: '' }, insertLines(text, lineEnd(text, end), lines)];
}

function addList(document: KustomizationDocument, root: YAMLMap, entries: Fields[]): Splice {
  const { text } = document;
  const style = styleOfList(document);
  const last = root.items.at(-1);
  if (!last) throw unsafe(document, root.range?.[0] ?? 0, 'the file has no keys');
  if (root.flow) {
    const end = pairEnd(text, last);
    const value = `[${entries.map((fields) => flowEntry(fields, style)).join(', ')}]`;
    return { start: end, end, text: flowPair(text, root, last, 'images', value) };
  }
  const column = listColumn(root);
  const lines = entries.flatMap((fields) => blockEntry(fields, style, column, ' '));
  return insertLines(text, endOfContent(text, pairEnd(text, last)), ['images:', ...lines]);
}

function insertLines(text: string, at: number, lines: string[]): Splice {
  const lineBreak = breakNear(text, at);
  return { start: at, end: at, text: lines.map((line) => lineBreak + line).join('') };
}

function blockEntry(fields: Fields, style: EntryStyle, column: number, gap: string): string[] {
  return fields.map(([key, value], index) => {
    const lead = index === 0 ? `${' '.repeat(column)}-${gap}` : ' '.repeat(column + 1 + gap.length);
    return lead + writePair(key, value, style);
  });
}

function flowEntry(fields: Fields, style: EntryStyle): string {
  return `{${fields.map(([key, value]) => writePair(key, value, style)).join(', ')}}`;
}

/** An entry with the line breaks and inner spaces of `model`. */
function flowLike(text: string, model: unknown, fields: Fields, style: EntryStyle): string {
  if (!isMap(model) || !model.flow || model.items.length === 0) return flowEntry(fields, style);
  const [first, second] = model.items;
  const open = leadOf(text, first!);
  const separator = second ? leadOf(text, second) : /[\r\n]/.test(open) ? open : ' ';
  const close = text.slice(pairEnd(text, model.items.at(-1)!), nodeEnd(text, model) - 1);
  const pairs = fields.map(([key, value]) => writePair(key, value, style));
  return `{${open}${pairs.join(`,${separator}`)}${/^\s*$/.test(close) ? close : open}}`;
}

function writePair(key: string, value: string, style: EntryStyle): string {
  return `${writeScalar(key, style.key, style.quote)}: ${writeScalar(value, style.value(key), style.quote)}`;
}

function styleOfList(document: KustomizationDocument, seq?: YAMLSeq): EntryStyle {
  const quote = quoteHabit(document);
  const model = document.entries.filter(({ node }) => node.seq === seq).at(-1)?.node.fields;
  if (model) {
    const value = (field: string) => {
      const same = model.find(({ name, text }) => name === field && text !== undefined);
      return styleOf((same ?? model[0])?.pair.value);
    };
    return { key: styleOf(model[0]?.pair.key), value, quote };
  }
  const listKey = document.lists[0]?.key ?? document.root?.items[0]?.key;
  const key = document.root?.flow ? styleOf(listKey) : 'plain';
  return { key, value: () => key, quote };
}

/** Column of the dashes of the file's other lists; without any, as kustomize writes them. */
function listColumn(root: YAMLMap): number {
  const other = root.items.map(({ value }) => value).find((value) => isSeq(value) && !value.flow);
  return isSeq(other) ? ((other.srcToken as { indent?: number } | undefined)?.indent ?? 0) : 0;
}

/** White space before the last item of a flow list; a space where there is one item alone. */
function leadOfItem(text: string, seq: YAMLSeq): string {
  const items = (seq.srcToken as { items?: { start: Token[]; value?: unknown }[] } | undefined)?.items ?? [];
  const last = items.findLast(({ value }) => value !== undefined);
  return whiteSpaceOf(text, last?.start ?? []) || (seq.items.length > 1 ? '' : ' ');
}

function gapBehindDash(text: string, map: YAMLMap): string {
  const key = map.range?.[0] ?? 0;
  return /-( +)$/.exec(text.slice(lineStart(text, key), key))?.[1] ?? ' ';
}

function nodeEnd(text: string, node: unknown): number {
  const { range } = node as { range?: [number, number, number] };
  return range ? range[0] + text.slice(range[0], range[1]).trimEnd().length : 0;
}

/** End of the entry's last line, with the comments that follow it and stand deeper than its dash. */
function endOfEntry(text: string, map: YAMLMap, column: number): number {
  const last = map.items.at(-1);
  let at = lineEnd(text, map.flow || !last ? nodeEnd(text, map) : pairEnd(text, last));
  const comment = new RegExp(`(?:\\r\\n|\\n|\\r) {${column + 1},}#[^\\r\\n]*`, 'y');
  for (comment.lastIndex = at; comment.test(text); comment.lastIndex = at) at = comment.lastIndex;
  return at;
}

/** End of the last line before blank lines, the end of the file or a document marker. */
function endOfContent(text: string, from: number): number {
  const marker = /(?:^|[\r\n])(?:---|\.\.\.)(?=\s|$)/g;
  marker.lastIndex = from;
  const found = marker.exec(text);
  return Math.max(lineEnd(text, from), text.slice(0, found ? found.index : text.length).trimEnd().length);
}

function unsafe(document: KustomizationDocument, offset: number, what: string) {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: `${document.path}: an entry can not be added, ${what}.`,
    fix: 'Write the entry by hand once; later releases will edit it.',
    place: document.placeOf(offset),
  });
}
