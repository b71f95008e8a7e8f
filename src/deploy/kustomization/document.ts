import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLParseError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { TOO_DEEP, tooDeepAt } from '../../lib/bounded.js';
import { failure, type Place } from '../../lib/errors.js';
import { type KustomizationEntry, readEntries, textOf } from './entry.js';
import { joinLines } from './joined.js';
import { placeAt, withPlainBreaks } from './text.js';

/** A Kustomization that was read: what it says about images, and where each of it stands. */
export interface KustomizationDocument {
  path: string;
  text: string;
  /** Entries of `images` and of the legacy `imageTags`, in the order of the file. */
  entries: KustomizationEntry[];
  lists: ImageList[];
  /** Undefined when the file holds comments only. */
  root?: YAMLMap;
  /** Everything as plain data, scalars as strings. */
  toData(): unknown;
  placeOf(offset: number): Place;
  /** Where an alias to this anchor stands; undefined when nothing refers to it. */
  aliasOf(anchor: string): number | undefined;
  /** What an alias refers to. */
  resolve(alias: Alias): unknown;
}

export interface ImageList {
  /** `images` or `imageTags`, as it is written. */
  name: string;
  key: Scalar;
  /** Undefined: the key has no value yet. */
  seq?: YAMLSeq;
}

const LIST_KEYS = ['images', 'imagetags'];
const KINDS = ['Kustomization', 'Component'];

/**
 * Reads the text of a Kustomization. Keys are compared without case, as kustomize's decoder does.
 * @param source what is parsed in its place: the same text with irrelevant lines commented out
 * @throws ReleaseError `deploy/kustomization-unreadable`, `deploy/kustomization-foreign` or
 * `deploy/kustomization-unsafe` with the place
 */
export function readDocument(path: string, text: string, source = text): KustomizationDocument {
  const parsed = parseSingle(path, source);
  const placeOf = (offset: number) => placeAt(path, withPlainBreaks(text), offset);
  const contents: unknown = parsed?.contents;
  const root = isMap(contents) ? contents : undefined;
  if (contents !== undefined && root === undefined) {
    throw failure({
      code: 'deploy/kustomization-foreign',
      message: `${path} is not a Kustomization: it holds no keys.`,
      fix: 'Name the kustomization.yaml that lists the images.',
      place: placeOf(parsed?.contents?.range?.[0] ?? 0),
    });
  }
  if (root) refuseForeign(path, root, placeOf);
  const lists = root ? readLists(path, root, placeOf) : [];
  const resolve = (alias: Alias): unknown => parsed && alias.resolve(parsed);
  const sequences = lists.flatMap((list) => list.seq ?? []);
  return {
    path,
    text,
    root,
    lists,
    entries: sequences.flatMap((seq) => readEntries(seq, resolve)),
    toData: () => (parsed ? dataOf(path, text, parsed) : undefined),
    placeOf,
    aliasOf: (anchor) => (parsed ? findAlias(parsed, anchor) : undefined),
    resolve,
  };
}

/** The one document of the stream that is not empty; undefined when there is none. */
function parseSingle(path: string, text: string): Document.Parsed | undefined {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw unparsable(path, text, TOO_DEEP, deep);
  const source = withPlainBreaks(text);
  const strict = parseStream(source);
  const joined = strict.error && joinLines(source);
  const lenient = joined === undefined ? strict : parseStream(joined);
  const { documents, error } = lenient.error ? strict : lenient;
  if (error) throw unparsable(path, text, error.message, error.pos[0]);
  const filled = documents.filter(
    ({ contents }) => contents && !(isScalar(contents) && contents.source === ''),
  );
  const [first, second] = filled;
  if (second) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `${path} holds several documents, of which kustomize reads the first alone.`,
      fix: 'Keep one document in the file.',
      place: placeAt(path, text, second.contents?.range[0] ?? 0),
    });
  }
  return first;
}

function parseStream(source: string): { documents: Document.Parsed[]; error?: YAMLParseError } {
  const stream = parseAllDocuments(source, {
    schema: 'failsafe',
    keepSourceTokens: true,
    uniqueKeys: false,
    strict: false,
    prettyErrors: false,
    // Its warnings would go to standard error past every report.
    logLevel: 'error',
  });
  const documents = Array.isArray(stream) ? stream : [];
  return { documents, error: documents.flatMap((document) => document.errors)[0] };
}

function unparsable(path: string, text: string, message: string, offset: number) {
  const conflict = /^<{7}(?= |\r?$)/m.exec(text);
  if (conflict) {
    return failure({
      code: 'deploy/kustomization-unreadable',
      message: `${path} holds the markers of an unresolved merge conflict.`,
      fix: 'Resolve the conflict and commit the file.',
      place: placeAt(path, text, conflict.index),
    });
  }
  return failure({
    code: 'deploy/kustomization-unreadable',
    message: `${path} is not valid YAML: ${message.replace(/\.$/, '')}.`,
    fix: 'Correct the YAML; kustomize can not read it either.',
    place: placeAt(path, text, offset),
  });
}

function refuseForeign(path: string, root: YAMLMap, placeOf: (offset: number) => Place): void {
  const [version] = valuesOf(root, 'apiversion');
  const [kind] = valuesOf(root, 'kind');
  if (version?.text?.startsWith('kustomize.toolkit.fluxcd.io/')) {
    throw failure({
      code: 'deploy/kustomization-foreign',
      message: `${path} is Flux's own Kustomization resource, which tells Flux where to look, not kustomize what to build.`,
      fix: 'Name the kustomization.yaml in the folder that its spec.path points to.',
      place: placeOf(version.offset),
    });
  }
  if (kind?.text !== undefined && !KINDS.includes(kind.text)) {
    throw failure({
      code: 'deploy/kustomization-foreign',
      message: `${path} is not a Kustomization but a ${kind.text}.`,
      fix: 'Name a file with kind Kustomization or Component.',
      place: placeOf(kind.offset),
    });
  }
}

function readLists(path: string, root: YAMLMap, placeOf: (offset: number) => Place): ImageList[] {
  return LIST_KEYS.flatMap((name) => {
    const [first, second] = valuesOf(root, name);
    if (first === undefined) return [];
    const { key, value, text, offset } = first;
    if (second) {
      throw failure({
        code: 'deploy/kustomization-unsafe',
        message: `${path} has the key ${key.source} twice; the second hides the first.`,
        fix: 'Merge the two lists into one.',
        place: placeOf(second.key.range?.[0] ?? 0),
      });
    }
    if (isSeq(value)) return [{ name: key.source ?? name, key, seq: value }];
    if (value === null || (isScalar(value) && text === undefined)) return [{ name: key.source ?? name, key }];
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: isAlias(value)
        ? `${path}: ${key.source} is an alias; what it refers to is used elsewhere too.`
        : `${path}: ${key.source} is not a list.`,
      fix: `Write ${key.source} as a list of entries with name and newTag.`,
      place: placeOf(offset),
    });
  });
}

function valuesOf(root: YAMLMap, lowerCaseKey: string) {
  return root.items.flatMap(({ key, value }) => {
    if (!isScalar(key) || String(key.value).toLowerCase() !== lowerCaseKey) return [];
    const node = isScalar(value) || isSeq(value) || isMap(value) || isAlias(value) ? value : null;
    return [{ key, value: node, text: textOf(node), offset: node?.range?.[0] ?? key.range?.[0] ?? 0 }];
  });
}

/** What aliases multiply to may not grow without bounds: kustomize refuses that too. */
const MOST_ALIASES = 10_000;

function dataOf(path: string, text: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    let first: Alias | undefined;
    visit(document, {
      Alias(_, alias) {
        first ??= alias;
        if (alias.resolve(document) !== undefined) return undefined;
        first = alias;
        return visit.BREAK;
      },
    });
    throw unparsable(path, text, error.message, first?.range?.[0] ?? 0);
  }
}

function findAlias(document: Document.Parsed, anchor: string): number | undefined {
  let found: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.source !== anchor) return undefined;
      found = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return found;
}
