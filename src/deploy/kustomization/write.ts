import { isAlias, isScalar, type Pair, type Scalar } from 'yaml';
import { failure, type ReleaseError, ReleaseError as Refusal } from '../../lib/errors.js';
import type { KustomizationDocument } from './document.js';
import { EDITED_FIELDS, type EditedField, type EntryField, type KustomizationEntry } from './entry.js';
import type { WantedFields } from './fields.js';
import { flowPair, pairEnd, separatorEnd, type Splice, styleOf } from './flow.js';
import { needsQuotes, type ScalarStyle, writeScalar } from './scalar.js';
import { breakNear, lineEnd } from './text.js';

/**
 * The splices that give fields of an entry their wanted values; none for a value that reads the same.
 * @throws ReleaseError `deploy/entry-field-unknown`, `deploy/kustomization-unsafe` with the place of what
 * can't be edited
 */
export function writeFields(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  wanted: WantedFields,
): Splice[] {
  refuseUnknown(document, entry);
  refuseRepeated(document, entry, wanted);
  const changed = EDITED_FIELDS.flatMap((name) => {
    const value = wanted[name];
    return value === undefined || readsAs(entry, name, value) ? [] : [{ name, value }];
  });
  if (changed.length === 0) return [];
  refuseShared(document, entry);
  return changed.map(({ name, value }) => writeField(document, entry, name, value));
}

const QUOTED_FIELD = /[\s{,](?:newTag|newName|digest|name)["']?: *(["'])/i;

/** How this file quotes: as the first quoted value in its lists of images; double quotes when none is. */
export function quoteHabit({ text, lists }: KustomizationDocument): Exclude<ScalarStyle, 'plain'> {
  const quote = QUOTED_FIELD.exec(text.slice(lists[0]?.key.range?.[0] ?? text.length))?.[1];
  return quote === "'" ? 'single' : 'double';
}

function writeField(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  name: EditedField,
  value: string,
): Splice {
  const { node } = entry;
  const merged = node.inherited.get(name);
  if (merged) throw unsafe(document, merged.offset, `${name} of ${entry.name} comes from a merge key (<<)`);
  const field = node.fields.find((other) => other.name === name);
  return field ? replaceValue(document, entry, field, value) : insertField(document, entry, name, value);
}

function replaceValue(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  field: EntryField,
  value: string,
): Splice {
  const { pair } = field;
  const node: unknown = pair.value;
  const what = `${field.name} of ${entry.name}`;
  if (isAlias(node)) throw unsafe(document, node.range?.[0] ?? 0, `${what} is an alias (*${node.source})`);
  if (node !== null && !isScalar(node)) throw unsafe(document, field.offset, `${what} is not a single value`);
  if (node?.tag !== undefined && !['!', 'tag:yaml.org,2002:str'].includes(node.tag)) {
    throw unsafe(document, node.range?.[0] ?? 0, `${what} has the type ${node.tag}`);
  }
  if (node?.anchor !== undefined) refuseAnchor(document, node.anchor, node.range?.[0] ?? field.offset, what);
  if (node === null || (node.source === '' && node.type === 'PLAIN'))
    return fillValue(document, entry, field, value);
  const [start, end] = node.range ?? [0, 0, 0];
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    return replaceBlock(document, node, value, what);
  }
  const style = field.text === undefined ? emptyStyle(entry, field) : styleOf(node);
  return { start, end, text: writeScalar(value, style, quoteHabit(document)) };
}

/** A block scalar keeps its header and indentation: only its one line of text is replaced. */
function replaceBlock(document: KustomizationDocument, node: Scalar, value: string, what: string): Splice {
  const [start, end] = node.range ?? [0, 0];
  const content = String(node.value);
  const bodyStart = lineEnd(document.text, start);
  const at = document.text.slice(bodyStart, end).indexOf(content);
  if (content === '' || /[\r\n]/.test(content) || at < 0) {
    throw unsafe(document, start, `${what} is a block of text that is not one line alone`);
  }
  return { start: bodyStart + at, end: bodyStart + at + content.length, text: value };
}

/** Puts a value behind a key that has none. */
function fillValue(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  field: EntryField,
  value: string,
): Splice {
  const written = writeScalar(value, emptyStyle(entry, field), quoteHabit(document));
  const at = separatorEnd(field.pair);
  if (at !== undefined) return { start: at, end: at, text: ` ${written}` };
  if (!entry.node.map.flow)
    throw unsafe(document, field.offset, `${field.name} of ${entry.name} has no colon`);
  const end = pairEnd(document.text, field.pair);
  return { start: end, end, text: `: ${written}` };
}

function emptyStyle(entry: KustomizationEntry, field: EntryField): ScalarStyle {
  const own = styleOf(field.pair.value);
  return own === 'plain' ? styleFor(entry, field.name) : own;
}

/** Adds a key behind those that come before it in kustomize's own order. */
function insertField(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  name: EditedField,
  value: string,
): Splice {
  const { map } = entry.node;
  const model: Pair | undefined = fieldsBefore(entry, name).at(-1)?.pair ?? map.items.at(-1);
  if (!model) throw unsafe(document, entry.offset, `${entry.name} is an empty entry`);
  const { text } = document;
  const written = writeScalar(value, styleFor(entry, name), quoteHabit(document));
  const end = pairEnd(text, model);
  if (map.flow) return { start: end, end, text: flowPair(text, map, model, name, written) };
  const at = lineEnd(text, end);
  const indent = ' '.repeat((map.srcToken as { indent?: number } | undefined)?.indent ?? 0);
  const key = writeScalar(name, styleOf(model.key), 'double');
  return { start: at, end: at, text: `${breakNear(text, at)}${indent}${key}: ${written}` };
}

/** The fields that come before `name` in kustomize's own order, in that order. */
function fieldsBefore({ node }: KustomizationEntry, name: string): EntryField[] {
  const order: string[] = ['name', ...EDITED_FIELDS];
  return order
    .slice(0, order.indexOf(name))
    .flatMap((other) => node.fields.filter((field) => field.name === other));
}

/** A value is written like the one before it that is not empty. */
function styleFor(entry: KustomizationEntry, name: string): ScalarStyle {
  const model = fieldsBefore(entry, name).findLast(({ text }) => text !== undefined);
  return styleOf(model?.pair.value);
}

/** Whether kustomize reads this very string from the field; a plain `1.10` is a number to it. */
function readsAs(entry: KustomizationEntry, name: EditedField, value: string): boolean {
  if (entry[name] !== value) return false;
  const node: unknown = entry.node.fields.find((field) => field.name === name)?.pair.value;
  const plain = isScalar(node) && node.type === 'PLAIN' && node.tag === undefined;
  return !(plain && needsQuotes(value));
}

function refuseUnknown(document: KustomizationDocument, entry: KustomizationEntry): void {
  const problems = entry.node.unknown.flatMap(({ name, offset }) => [
    ...failure({
      code: 'deploy/entry-field-unknown',
      message: `The entry ${entry.name} has the key "${name}", which kustomize does not know.`,
      fix: 'Remove it or correct its spelling; known are name, newName, newTag, digest and tagSuffix.',
      place: document.placeOf(offset),
    }).problems,
  ]);
  const [first, ...others] = problems;
  if (first) throw new Refusal([first, ...others]);
}

/** The last of two counts for kustomize; a person reads the first. */
function refuseRepeated(
  document: KustomizationDocument,
  entry: KustomizationEntry,
  wanted: WantedFields,
): void {
  for (const name of EDITED_FIELDS) {
    const second = entry.node.fields.filter((field) => field.name === name)[1];
    if (second && wanted[name] !== undefined)
      throw unsafe(document, second.offset, `${name} of ${entry.name} is written twice`);
  }
}

/** Nothing around the edited value may be what an alias elsewhere repeats. */
function refuseShared(document: KustomizationDocument, entry: KustomizationEntry): void {
  const { alias, map, seq } = entry.node;
  if (alias) throw unsafe(document, entry.offset, `The entry ${entry.name} is an alias (*${alias.source})`);
  if (map.anchor !== undefined) refuseAnchor(document, map.anchor, entry.offset, `The entry ${entry.name}`);
  if (seq.anchor !== undefined) refuseAnchor(document, seq.anchor, entry.offset, 'The list of images');
}

function refuseAnchor(document: KustomizationDocument, anchor: string, offset: number, what: string): void {
  const alias = document.aliasOf(anchor);
  if (alias === undefined) return;
  const line = document.placeOf(alias).line;
  throw unsafe(document, offset, `${what} is used again in line ${line} (&${anchor}, *${anchor})`);
}

function unsafe(document: KustomizationDocument, offset: number, what: string): ReleaseError {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: `${document.path}: ${what}, so it can not be edited alone.`,
    fix: 'Write the value out at this place, once and on one line.',
    place: document.placeOf(offset),
  });
}
