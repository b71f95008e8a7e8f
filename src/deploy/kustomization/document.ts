import type { Alias, Document, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { TOO_DEEP, tooDeepAt } from '../../lib/bounded.js';
import { failure, type Place } from '../../lib/errors.js';
import { type KustomizationEntry, readEntries, textOf } from './entry.js';
import { placeAt } from './text.js';

export interface KustomizationDocument {
  path: string;
  text: string;
  /** Entries of `images` and of the legacy `imageTags`, in the order of the file. */
  entries: KustomizationEntry[];
  lists: ImageList[];
  /** Undefined when the file has comments only. */
  root?: YAMLMap;
  /** Everything as plain data, scalars as strings. */
  toData(): unknown;
  placeOf(offset: number): Place;
}

export interface ImageList {
  name: string;
  key: Scalar;
  /** Undefined: the key has no value yet. */
  seq?: YAMLSeq;
}

const LIST_KEYS = ['images', 'imagetags'];
const KINDS = ['Kustomization', 'Component'];

/** kustomize also refuses aliases that multiply without bounds. */
const MOST_ALIASES = 10_000;

/** Reads the text of a Kustomization. Keys are compared without case, as kustomize's decoder does. */
export function readDocument(path: string, text: string): KustomizationDocument {
  const placeOf = (offset: number) => placeAt(path, text, offset);
  const parsed = parseSingle(path, text);
  const contents: unknown = parsed?.contents;
  const root = isMap(contents) ? contents : undefined;
  if (contents !== undefined && root === undefined)
    throw foreign(`${path} is not a Kustomization: it has no keys.`, placeOf(parsed?.contents?.range?.[0] ?? 0));
  if (root) refuseForeign(path, root, placeOf);
  const lists = root ? readLists(path, root, placeOf) : [];
  const resolve = (alias: Alias): unknown => parsed && alias.resolve(parsed);
  return {
    path,
    text,
    root,
    lists,
    entries: lists.flatMap(({ seq }) => (seq ? readEntries(seq, resolve) : [])),
    toData: () => parsed && dataOf(path, parsed),
    placeOf,
  };
}

/** The one document of the stream that is not empty; undefined when there is none. */
function parseSingle(path: string, text: string): Document.Parsed | undefined {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw unparsable(path, text, TOO_DEEP, deep);
  // Warnings of the parser would go to standard error past every report.
  const stream = parseAllDocuments(text, {
    ...{ schema: 'failsafe', uniqueKeys: false, strict: false, prettyErrors: false, logLevel: 'error' },
    keepSourceTokens: true,
  });
  const documents = Array.isArray(stream) ? stream : [];
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error) throw unparsable(path, text, error.message, error.pos[0]);
  const [first, second] = documents.filter(
    ({ contents }) => contents && !(isScalar(contents) && contents.source === ''),
  );
  if (second) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `${path} has several documents; kustomize reads only the first.`,
      fix: 'Keep one document in the file.',
      place: placeAt(path, text, second.contents?.range[0] ?? 0),
    });
  }
  return first;
}

function unparsable(path: string, text: string, message: string, offset?: number) {
  const conflict = /^<{7}(?= |\r?$)/m.exec(text);
  const at = conflict?.index ?? offset;
  return failure({
    code: 'deploy/kustomization-unreadable',
    message: conflict
      ? `${path} has an unresolved merge conflict.`
      : `${path} is not valid YAML: ${message.replace(/\.$/, '')}.`,
    ...(conflict && { fix: 'Resolve the conflict and commit the file.' }),
    place: at === undefined ? { file: path } : placeAt(path, text, at),
  });
}

function refuseForeign(path: string, root: YAMLMap, placeOf: (offset: number) => Place): void {
  const [version] = valuesOf(root, 'apiversion');
  const [kind] = valuesOf(root, 'kind');
  if (version?.text?.startsWith('kustomize.toolkit.fluxcd.io/')) {
    throw foreign(
      `${path} is Flux's own Kustomization resource, not a kustomization.yaml.`,
      placeOf(version.offset),
      'Name the kustomization.yaml in the folder that its spec.path points to.',
    );
  }
  if (kind?.text !== undefined && !KINDS.includes(kind.text))
    throw foreign(`${path} is not a Kustomization but a ${kind.text}.`, placeOf(kind.offset));
}

function foreign(message: string, place: Place, fix = 'Name a file with kind Kustomization or Component.') {
  return failure({ code: 'deploy/kustomization-missing', message, fix, place });
}

function readLists(path: string, root: YAMLMap, placeOf: (offset: number) => Place): ImageList[] {
  const code = 'deploy/kustomization-unsafe';
  const refusal = (message: string, fix: string, offset: number) =>
    failure({ code, message: `${path}: ${message}`, fix, place: placeOf(offset) });
  return LIST_KEYS.flatMap((key): ImageList | [] => {
    const [first, second] = valuesOf(root, key);
    if (first === undefined) return [];
    const name = first.key.source ?? key;
    const twice = `the key ${name} is there twice; the second hides the first.`;
    if (second) throw refusal(twice, 'Merge the two lists.', second.offset);
    if (isSeq(first.value)) return { name, key: first.key, seq: first.value };
    if (first.value === null || (isScalar(first.value) && first.text === undefined)) return { name, key: first.key };
    const what = isAlias(first.value) ? 'an alias' : 'not a list';
    throw refusal(`${name} is ${what}.`, `Write ${name} as a list of entries with name and newTag.`, first.offset);
  });
}

function valuesOf(root: YAMLMap, lowerCaseKey: string) {
  return root.items.flatMap(({ key, value }) => {
    if (!isScalar(key) || String(key.value).toLowerCase() !== lowerCaseKey) return [];
    const node = isScalar(value) || isSeq(value) || isMap(value) || isAlias(value) ? value : null;
    return [{ key, value: node, text: textOf(node), offset: node?.range?.[0] ?? key.range?.[0] ?? 0 }];
  });
}

function dataOf(path: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw unparsable(path, '', error.message);
  }
}
