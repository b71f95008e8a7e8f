import { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { failure } from '../../lib/errors.js';
import { type ImageEdit, nameMistake } from './image-spec.js';
import type { ImageList, KustomizationDocument } from './document.js';
import { flowPair, nodeEnd, pairEnd, separatorEnd, styleOf, whiteSpaceOf, writeScalar } from './style.js';
import type { QuoteStyle, ScalarStyle, Splice } from './style.js';
import { breakNear, lineEnd, lineStart } from './text.js';
import { quoteStyle } from './write.js';

type Fields = [key: string, value: string][];

/** How entries of this file write keys and values. */
interface EntryStyle {
  key: ScalarStyle;
  value: (field: string) => ScalarStyle;
  quote: QuoteStyle;
}

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

/** Adds entries at the end of the list, written like those before; a new list is begun like the file's others. */
export function addEntries(document: KustomizationDocument, edits: readonly ImageEdit[]): Splice[] {
  edits.forEach(checkName);
  const entries = edits.map(fieldsOf);
  const { root, lists } = document;
  if (!root?.items.length) throw unsafe(document, 0, 'the file has no keys');
  const [list] = lists;
  if (!list) return [addList(document, root, entries)];
  return list.seq ? [extendList(document, list.seq, entries)] : beginList(document, root, list, entries);
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
  const { text } = document;
  const style = styleOfList(document, seq);
  const last: unknown = seq.items.at(-1);
  const start = seq.range?.[0] ?? 0;
  if (seq.flow) {
    const end = nodeEnd(text, last) ?? start + 1;
    const lead = last === undefined ? '' : `,${leadOfItem(seq)}`;
    const written = entries.map((fields) => flowEntry(fields, style));
    return { start: end, end, text: `${lead}${written.join(lead || ', ')}` };
  }
  if (!isMap(last)) throw unsafe(document, start, 'the last entry of the list is no map');
  const column = (seq.srcToken as { indent?: number } | undefined)?.indent ?? 0;
  const key = last.range?.[0] ?? 0;
  const gap = /-( +)$/.exec(text.slice(lineStart(text, key), key))?.[1] ?? ' ';
  const lines = entries.flatMap((fields) =>
    last.flow ? [`${' '.repeat(column)}-${gap}${flowEntry(fields, style)}`] : blockEntry(fields, style, column, gap),
  );
  return insertLines(text, endOfEntry(text, last, column), lines);
}

function beginList(document: KustomizationDocument, root: YAMLMap, { key }: ImageList, entries: Fields[]): Splice[] {
  const { text } = document;
  const pair = root.items.find((item) => item.key === key);
  const colon = pair && separatorEnd(pair);
  if (!pair || colon === undefined) throw unsafe(document, key.range?.[0] ?? 0, `${key.source} has no colon`);
  const style = styleOfList(document);
  const end = Math.max(colon, pairEnd(text, pair));
  if (root.flow) return [{ start: colon, end, text: ` ${flowList(entries, style)}` }];
  return [{ start: colon, end, text: '' }, insertLines(text, lineEnd(text, end), blockList(root, entries, style))];
}

function addList(document: KustomizationDocument, root: YAMLMap, entries: Fields[]): Splice {
  const { text } = document;
  const style = styleOfList(document);
  const last = root.items.at(-1)!;
  const end = pairEnd(text, last);
  if (root.flow) return { start: end, end, text: flowPair(root, last, 'images', flowList(entries, style)) };
  return insertLines(text, endOfContent(text, end), ['images:', ...blockList(root, entries, style)]);
}

function insertLines(text: string, at: number, lines: string[]): Splice {
  const lineBreak = breakNear(text, at);
  return { start: at, end: at, text: lines.map((line) => lineBreak + line).join('') };
}

/** In the column of the file's other lists; without any, as kustomize writes them. */
function blockList(root: YAMLMap, entries: Fields[], style: EntryStyle): string[] {
  const other = root.items.map(({ value }) => value).find((value) => isSeq(value) && !value.flow);
  const column = isSeq(other) ? ((other.srcToken as { indent?: number } | undefined)?.indent ?? 0) : 0;
  return entries.flatMap((fields) => blockEntry(fields, style, column, ' '));
}

function flowList(entries: Fields[], style: EntryStyle): string {
  return `[${entries.map((fields) => flowEntry(fields, style)).join(', ')}]`;
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

function writePair(key: string, value: string, style: EntryStyle): string {
  return `${writeScalar(key, style.key, style.quote)}: ${writeScalar(value, style.value(key), style.quote)}`;
}

function styleOfList(document: KustomizationDocument, seq?: YAMLSeq): EntryStyle {
  const quote = quoteStyle(document);
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

/** White space before the last item of a flow list; a space if it is the only one. */
function leadOfItem(seq: YAMLSeq): string {
  const { items = [] } = (seq.srcToken ?? {}) as {
    items?: { start: { type: string; source: string }[]; value?: unknown }[];
  };
  const last = items.findLast(({ value }) => value !== undefined);
  return whiteSpaceOf(last?.start ?? []) || (seq.items.length > 1 ? '' : ' ');
}

/** End of the entry's last line, with the comments that follow it deeper than its dash. */
function endOfEntry(text: string, map: YAMLMap, column: number): number {
  const last = map.items.at(-1);
  let at = lineEnd(text, map.flow || !last ? (nodeEnd(text, map) ?? 0) : pairEnd(text, last));
  const comment = new RegExp(`\\r?\\n {${column + 1},}#[^\\r\\n]*`, 'y');
  for (comment.lastIndex = at; comment.test(text); comment.lastIndex = at) at = comment.lastIndex;
  return at;
}

/** End of the last line before blank lines, the end of the file or a document marker. */
function endOfContent(text: string, from: number): number {
  const marker = /^(?:---|\.\.\.)(?=\s|$)/gm;
  marker.lastIndex = from;
  const found = marker.exec(text);
  return Math.max(lineEnd(text, from), text.slice(0, found ? found.index : text.length).trimEnd().length);
}

function unsafe(document: KustomizationDocument, offset: number, what: string) {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: `${document.path}: an entry can't be added, ${what}.`,
    fix: 'Write the entry by hand once; later releases will edit it.',
    place: document.placeOf(offset),
  });
}
