import type { FingerprintInput, FingerprintRecord } from './fingerprint.js';
import { foldLike } from './fold.js';
import { parseName, printable } from './names.js';

/** Names of inputs, each list sorted. */
export interface RecordChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

/**
 * Compares two records. Either may have been shortened when it was written: hashes are compared as far as both go, and
 * folders that one of them has folded are folded in the other.
 */
export function compareRecords(before: FingerprintRecord, now: FingerprintRecord): RecordChanges {
  const old = foldLike(before.inputs, foldersIn(now.inputs));
  const current = foldLike(now.inputs, foldersIn(before.inputs));
  const rest = new Map(old.map(({ name, hash }) => [name, hash]));
  const changes: RecordChanges = { added: [], removed: [], changed: [] };
  for (const { name, hash } of current) {
    const was = rest.get(name);
    if (was === undefined) changes.added.push(name);
    else if (!was.startsWith(hash) && !hash.startsWith(was)) changes.changed.push(name);
    rest.delete(name);
  }
  changes.removed = [...rest.keys()].sort();
  changes.added.sort();
  changes.changed.sort();
  return changes;
}

function foldersIn(inputs: readonly FingerprintInput[]): string[] {
  return inputs.map(({ name }) => name).filter((name) => parseName(name).kind === 'below');
}

/** Descriptions of inputs that are no files, the most telling kind first. */
const KINDS: Record<string, (name: string) => string> = {
  Dockerfile: () => 'the Dockerfile',
  stage: (name) => `stage ${name} of the Dockerfile`,
  globals: () => 'an argument before the first FROM of the Dockerfile',
  frontend: () => 'the syntax line of the Dockerfile',
  reference: (name) => `base image ${name}`,
  image: (name) => `its base ${name}`,
  target: () => 'the target',
  arg: (name) => `build argument ${name}`,
  context: (name) => (name === '' ? 'the context' : `the context ${name}`),
  platform: (name) => `platform ${name}`,
  secret: (name) => `secret ${name}`,
  label: (name) => `label ${name}`,
  annotation: (name) => `annotation ${name}`,
  setting: (name) => `setting ${name}`,
};

interface Change {
  name: string;
  verb: string;
}

/**
 * Describes changes in a short clause: `api/src/server.js changed`, `2 files changed below web/src`,
 * `build argument X added`, `stage build of the Dockerfile changed`. Files come first, then the first of the others.
 * @returns empty: there is no change
 */
export function describeChange(changes: RecordChanges): string {
  const verbs = ['changed', 'added', 'removed'] as const;
  const all = verbs.flatMap((verb) => changes[verb].map((name) => ({ name: printable(name), verb })));
  const ofKind = (...kinds: string[]) => all.filter(({ name }) => kinds.includes(parseName(name).kind));
  const clauses = [describeFiles(ofKind('file', 'below')), describeOthers(ofKind('other'))].filter(Boolean);
  // A folder that comes or goes with its files is not mentioned.
  return clauses.length > 0 ? clauses.join(', ') : describeFiles(ofKind('folder'));
}

function describeFiles(files: readonly Change[]): string {
  const [first, ...more] = files;
  if (first === undefined) return '';
  const { path, isFolded } = pathOf(first);
  if (more.length === 0) return isFolded ? `something below ${path} changed` : `${path} ${first.verb}`;
  const folder = commonFolder(files.map(pathOf));
  const verb = files.every((file) => file.verb === first.verb) ? first.verb : 'changed';
  const count = files.some((file) => pathOf(file).isFolded) ? 'many' : String(files.length);
  const noun = files.every(({ name }) => parseName(name).kind === 'folder') ? 'folders' : 'files';
  return `${count} ${noun} ${verb}${folder === '' ? '' : ` below ${folder}`}`;
}

function describeOthers(others: readonly Change[]): string {
  const order = Object.keys(KINDS);
  const kindOf = (name: string) => name.replace(/ [\s\S]*/, '');
  const [first, ...more] = [...others].sort((a, b) => order.indexOf(kindOf(a.name)) - order.indexOf(kindOf(b.name)));
  if (first === undefined) return '';
  const kind = kindOf(first.name);
  const described = KINDS[kind]?.(first.name.slice(kind.length + 1)) ?? first.name;
  return `${described} ${first.verb}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
}

/** @returns `isFolded`: all below the path is one input */
function pathOf({ name }: Change) {
  const parsed = parseName(name);
  if (parsed.kind === 'other') return { path: name, isFolded: false };
  return { path: parsed.path === '' ? 'the context' : parsed.path, isFolded: parsed.kind === 'below' };
}

/** The deepest folder that holds all of them. */
function commonFolder(paths: readonly ReturnType<typeof pathOf>[]): string {
  const [first, ...others] = paths.map(({ path, isFolded }) => path.split('/').slice(0, isFolded ? undefined : -1));
  let common = first!;
  for (const parts of others) {
    const end = common.findIndex((part, at) => part !== parts[at]);
    if (end !== -1) common = common.slice(0, end);
  }
  return common.join('/');
}
