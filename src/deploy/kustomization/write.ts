import { isScalar, type Pair } from 'yaml';
import { failure, problem, ReleaseError } from '../../lib/errors.js';
import { EDITED_FIELDS } from './document.js';
import type { KustomizationDocument, EditedField, EntryField, KustomizationEntry } from './document.js';
import type { WantedFields } from './kustomization.js';
import { flowPair, needsQuotes, pairEnd, separatorEnd, styleOf, writeScalar } from './style.js';
import type { QuoteStyle, ScalarStyle, Splice } from './style.js';
import { breakNear, lineEnd } from './text.js';

/** The splices that give fields of an entry their wanted values; none for a value that reads the same. */
export function writeFields(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  wanted: WantedFields,
): Splice[] {
  refuseUnknown(document, entry);
  const { node, name } = entry;
  if (node.shared) throw unsafe(document, entry.offset, `the entry ${name} ${node.shared}`);
  return EDITED_FIELDS.flatMap((field) => {
    const value = wanted[field];
    if (value === undefined) return [];
    const [first, second] = node.fields.filter((other) => other.name === field);
    if (second) throw unsafe(document, second.offset, `${field} of ${name} is written twice`);
    if (readsAs(first, value)) return [];
    return first ? replaceValue(document, entry, first, value) : insertField(document, entry, field, value);
  });
}

const QUOTED_FIELD = /[\s{,](?:newTag|newName|digest|name)["']?: *(["'])/i;

/** How this file quotes: as the first quoted value in its lists of images; double quotes if there is none. */
export function quoteStyle({ text, lists }: KustomizationDocument): QuoteStyle {
  const quote = QUOTED_FIELD.exec(text.slice(lists[0]?.key.range?.[0] ?? text.length))?.[1];
  return quote === "'" ? 'single' : 'double';
}

function replaceValue(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  field: EntryField,
  value: string,
): Splice {
  const { pair, text, offset } = field;
  const node: unknown = pair.value;
  const what = `${field.name} of ${entry.name}`;
  if (node !== null && !isScalar(node)) throw unsafe(document, offset, `${what} is not a single value`);
  if (node?.type === 'BLOCK_LITERAL' || node?.type === 'BLOCK_FOLDED')
    throw unsafe(document, offset, `${what} is a block of text`);
  if (node?.tag !== undefined && !['!', 'tag:yaml.org,2002:str'].includes(node.tag))
    throw unsafe(document, offset, `${what} has the type ${node.tag}`);
  const own = styleOf(node);
  const style = text === undefined && own === 'plain' ? styleFor(entry, field.name) : own;
  const written = writeScalar(value, style, quoteStyle(document));
  if (node !== null && !(node.source === '' && node.type === 'PLAIN')) {
    const [start, end] = node.range ?? [0, 0];
    return { start, end, text: written };
  }
  const at = separatorEnd(pair);
  if (at === undefined) throw unsafe(document, offset, `${what} has no colon`);
  return { start: at, end: at, text: ` ${written}` };
}

/** Adds a key behind those that come before it in kustomize's own order. */
function insertField(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  name: EditedField,
  value: string,
): Splice {
  const { map } = entry.node;
  const model: Pair = fieldsBefore(entry, name).at(-1)?.pair ?? map.items.at(-1)!;
  const { text } = document;
  const written = writeScalar(value, styleFor(entry, name), quoteStyle(document));
  const end = pairEnd(text, model);
  if (map.flow) return { start: end, end, text: flowPair(map, model, name, written) };
  const at = lineEnd(text, end);
  const indent = ' '.repeat((map.srcToken as { indent?: number } | undefined)?.indent ?? 0);
  const key = writeScalar(name, styleOf(model.key), 'double');
  return { start: at, end: at, text: `${breakNear(text, at)}${indent}${key}: ${written}` };
}

/** The fields that come before `name` in kustomize's own order, in that order. */
function fieldsBefore({ node }: KustomizationEntry, name: string): EntryField[] {
  const order: string[] = ['name', ...EDITED_FIELDS];
  return order.slice(0, order.indexOf(name)).flatMap((other) => node.fields.filter((field) => field.name === other));
}

/** A value is written like the one before it that is not empty. */
function styleFor(entry: KustomizationEntry, name: string): ScalarStyle {
  const model = fieldsBefore(entry, name).findLast(({ text }) => text !== undefined);
  return styleOf(model?.pair.value);
}

/** Whether kustomize reads this very string from the field; a plain `1.10` is a number to it. */
function readsAs(field: EntryField | undefined, value: string): boolean {
  if (field?.text !== value) return false;
  const node: unknown = field.pair.value;
  const plain = isScalar(node) && node.type === 'PLAIN' && node.tag === undefined;
  return !(plain && needsQuotes(value));
}

function refuseUnknown(document: KustomizationDocument, entry: KustomizationEntry): void {
  const [first, ...others] = entry.node.unknown.map(({ name, offset }) =>
    problem({
      code: 'deploy/kustomize-rejects',
      message: `The entry ${entry.name} has the key "${name}", which kustomize does not know.`,
      fix: 'Remove it or correct its spelling: name, newName, newTag, digest and tagSuffix are known.',
      place: document.placeOf(offset),
    }),
  );
  if (first) throw new ReleaseError([first, ...others]);
}

function unsafe(document: KustomizationDocument, offset: number, what: string): ReleaseError {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: `${document.path}: ${what}, so it can't be edited alone.`,
    place: document.placeOf(offset),
  });
}
