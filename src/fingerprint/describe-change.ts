import type { RecordChanges } from './compare.js';
import { parseName, printable } from './names.js';

/** What to say of the kinds of input that are no files, most telling first. */
const KINDS: Record<string, (name: string) => string> = {
  scheme: () => 'the way in which inputs are counted',
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
  all: (name) => `something of kind ${name}`,
};

/**
 * Says in a short clause what changed: `api/src/server.js changed`, `2 files changed below web/src`,
 * `build argument X added`, `stage build of the Dockerfile changed`. Files come first, then the first of the others.
 * @returns empty: there is no change
 */
export function describeChange(changes: RecordChanges): string {
  const verbs = ['changed', 'added', 'removed'] as const;
  const told = verbs.flatMap((verb) => changes[verb].map((name) => ({ name: printable(name), verb })));
  const files = told.filter(({ name }) => isFile(name));
  const others = told.filter(({ name }) => !isFile(name) && parseName(name).kind !== 'folder');
  const folders = told.filter(({ name }) => parseName(name).kind === 'folder');
  const clauses = [describeFiles(files), describeOthers(others)].filter((clause) => clause !== undefined);
  if (clauses.length > 0) return clauses.join(', ');
  // A folder that comes or goes with its files is no news of its own.
  return describeFiles(folders) ?? '';
}

interface Told {
  name: string;
  verb: string;
}

function describeFiles(files: readonly Told[]): string | undefined {
  const [first, ...more] = files;
  if (first === undefined) return undefined;
  if (more.length === 0) {
    const { path, whole } = pathOf(first.name);
    return whole ? `something below ${path} changed` : `${path} ${first.verb}`;
  }
  const folder = commonFolder(files.map(({ name }) => pathOf(name)));
  const verb = files.every((file) => file.verb === first.verb) ? first.verb : 'changed';
  const count = files.some(({ name }) => pathOf(name).whole) ? 'many' : String(files.length);
  const what = files.every(({ name }) => parseName(name).kind === 'folder') ? 'folders' : 'files';
  return `${count} ${what} ${verb}${folder === '' ? '' : ` below ${folder}`}`;
}

function describeOthers(others: readonly Told[]): string | undefined {
  const order = Object.keys(KINDS);
  const [first, ...more] = [...others].sort(
    (a, b) => order.indexOf(kindOf(a.name)) - order.indexOf(kindOf(b.name)),
  );
  if (first === undefined) return undefined;
  const kind = kindOf(first.name);
  const name = first.name.slice(kind.length + 1);
  const clause = `${KINDS[kind]?.(name) ?? first.name} ${first.verb}`;
  return more.length === 0 ? clause : `${clause} (and ${more.length} more)`;
}

function kindOf(name: string): string {
  return name.replace(/ [\s\S]*/, '');
}

function isFile(name: string): boolean {
  const { kind } = parseName(name);
  return kind === 'file' || kind === 'below';
}

function pathOf(name: string): { path: string; whole: boolean } {
  const parsed = parseName(name);
  if (parsed.kind === 'other') return { path: name, whole: false };
  const whole = parsed.kind === 'below';
  return { path: parsed.path === '' ? 'the context' : parsed.path, whole };
}

/** Deepest folder that holds all of them. */
function commonFolder(paths: readonly { path: string; whole: boolean }[]): string {
  const [first, ...others] = paths.map(({ path, whole }) =>
    whole ? path.split('/') : path.split('/').slice(0, -1),
  );
  let common = first!;
  for (const parts of others) {
    const end = common.findIndex((part, at) => part !== parts[at]);
    if (end !== -1) common = common.slice(0, end);
  }
  return common.join('/');
}
