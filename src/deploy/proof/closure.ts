import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { problem, type Problem } from '../../lib/errors.js';
import type { TargetFile } from '../target.js';
import { fieldOf, isInline, readKustomizationFile, textsIn } from './kustomization-file.js';
import type { KustomizationFile, PathReference } from './kustomization-file.js';
import { KUSTOMIZATION_NAMES } from '../kustomization/location.js';

/** A repository as far as it has been read. */
export type KnownFiles = ReturnType<typeof knownFiles>;

export interface Closure {
  start: string;
  /** Files and links that the tree needs, as far as they have been read. */
  paths: Set<string>;
  unread: Set<string>;
  /** By folder: the Kustomizations that are part of the build. */
  kustomizations: Map<string, KustomizationFile>;
  /** References and links that leave the repository. */
  problems: Problem[];
  /** Inputs of the build from outside of the repository. */
  needs: Need[];
  /** References to files that don't exist. */
  absent: { path: string; reference: PathReference }[];
}

export interface Need {
  what: string;
  path: string;
  line?: number;
}

/** If a folder has more files than this, only those that are named are taken along. */
const MOST_COMPANIONS = 64;
const COMPANION = /\.(?:ya?ml|json|env)$/i;
const PLUGIN_FIELDS = ['generators', 'transformers', 'validators'];
/** Forms that kustomize loads from the network if they are no local path. */
const ADDRESS =
  /^(?:[a-z][a-z0-9+.-]*:|gh:|[\w.-]+@[\w.-]+:|(?:www\.)?github\.com[/:])|[?&]ref=|\/_git\/|\.git(?:\/|$)/i;

export function knownFiles(paths: RepositoryPaths, files: ReadonlyMap<string, TargetFile>) {
  const parsed = new Map<string, KustomizationFile | undefined>();
  return {
    paths,
    files,
    /** The Kustomization at a path; undefined when it has not been read, or is no YAML map. */
    kustomization(path: string) {
      const file = files.get(path);
      if (!file || file.mode === '120000') return undefined;
      if (!parsed.has(path)) parsed.set(path, readKustomizationFile(path, file.bytes));
      return parsed.get(path);
    },
  };
}

/**
 * Everything local that a Kustomization reaches, found without knowing every feature of kustomize: any text in
 * it that is a path of the repository counts. Pure; to be called again when `unread` has been read.
 */
export function traceClosure(known: KnownFiles, start: string): Closure {
  const closure: Closure = {
    ...{ start, paths: new Set(), unread: new Set(), kustomizations: new Map() },
    ...{ problems: [], needs: [], absent: [] },
  };
  const guesses: { folder: string; text: string }[] = [];
  const seen = new Set<string>();

  const visit = (folder: string, path: string, part: 'of the build' | 'guessed') => {
    if (seen.has(folder)) return;
    seen.add(folder);
    take(path);
    const companions = known.paths.below(folder).filter((below) => COMPANION.test(below));
    if (companions.length <= MOST_COMPANIONS) companions.forEach(take);
    const file = known.kustomization(path);
    if (!file) return;
    if (part === 'of the build') closure.kustomizations.set(folder, file);
    for (const reference of file.references) follow(file, reference, part);
    if (part === 'of the build') closure.needs.push(...needsOf(known, file));
    for (const text of file.scalars) guesses.push({ folder, text }, { folder, text: text.replace(/^[^=]*=?/, '') });
  };

  const follow = (file: KustomizationFile, reference: PathReference, part: 'of the build' | 'guessed') => {
    const found = resolvePath(known.paths, known.files, file.folder, reference.text);
    if (found.status === 'file' && PLUGIN_FIELDS.includes(reference.field)) {
      // Paths in the configuration of a plugin are relative to the Kustomization, too.
      const text = textOf(known.files.get(found.path));
      for (const inner of text === undefined ? [] : textsIn(text)) guesses.push({ folder: file.folder, text: inner });
    }
    enter(found, part);
    if (part === 'guessed' || ADDRESS.test(reference.text)) return;
    if (found.status === 'absent' && !inSubmodule(known, posix.join(file.folder, reference.text)))
      closure.absent.push({ path: file.path, reference });
    if (found.status === 'outside') closure.problems.push(outside(file, reference, found.link));
  };

  const enter = (found: Resolved, part: 'of the build' | 'guessed') => {
    if (found.status === 'unread') closure.unread.add(found.path);
    if (found.status !== 'file' && found.status !== 'folder') return;
    found.links.forEach(take);
    if (found.status === 'file') take(found.path);
    else for (const path of known.paths.kustomizationsOf(found.path)) visit(found.path, path, part);
  };

  const take = (path: string) => {
    const file = known.files.get(path);
    if (!file) closure.unread.add(path);
    else if (file.mode !== '120000') closure.paths.add(path);
    else if (!closure.paths.has(path)) {
      const found = resolvePath(known.paths, known.files, posix.dirname(path), posix.basename(path));
      // A link that nothing refers to may lead where it likes; it is left out.
      if (found.status === 'unread') closure.unread.add(found.path);
      if (found.status !== 'file' && found.status !== 'folder') return;
      for (const link of found.links) closure.paths.add(link);
      if (found.status === 'file') closure.paths.add(found.path);
    }
  };

  visit(posix.dirname(start), start, 'of the build');
  if (known.paths.isFile('.gitmodules')) take('.gitmodules');
  for (let guess = guesses.shift(); guess; guess = guesses.shift()) {
    const { folder, text } = guess;
    if (text === '' || text === '.' || posix.isAbsolute(text)) continue;
    enter(resolvePath(known.paths, known.files, folder, text), 'guessed');
  }
  return closure;
}

/** The files of a closure as a build needs them: the Kustomization under a name that kustomize looks for. */
export function treeOf(known: KnownFiles, closure: Closure): Map<string, TargetFile> {
  const tree = new Map([...known.files].filter(([path]) => closure.paths.has(path)));
  const folder = posix.dirname(closure.start);
  const start = tree.get(closure.start);
  const own = known.paths.kustomizationsOf(folder);
  if (start && !own.includes(closure.start)) {
    for (const path of own) tree.delete(path);
    tree.set(posix.join(folder, 'kustomization.yaml'), start);
  }
  return tree;
}

function needsOf(known: KnownFiles, file: KustomizationFile): Need[] {
  const needs: Need[] = [];
  const need = (what: string, line?: number) => needs.push({ what, path: file.path, line });
  if (file.fields.helmcharts ?? file.fields.helmchartinflationgenerator) need('Helm charts');
  for (const { field, text, line } of file.references) {
    const found = resolvePath(known.paths, known.files, file.folder, text);
    if (found.status === 'absent' && ADDRESS.test(text)) need(text, line);
    if (found.status === 'absent' && inSubmodule(known, posix.join(file.folder, text))) {
      need(`${text}, which is in a git submodule`, line);
    }
    const plugin = PLUGIN_FIELDS.includes(field) && found.status === 'file' && known.files.get(found.path);
    const foreign = plugin && foreignPlugin(textOf(plugin) ?? '');
    if (foreign) need(`the plugin ${foreign}`, line);
  }
  for (const field of PLUGIN_FIELDS) {
    const list = file.fields[field];
    for (const inline of Array.isArray(list) ? list : []) {
      const foreign = typeof inline === 'string' && isInline(inline) && foreignPlugin(inline);
      if (foreign) need(`the plugin ${foreign}`);
    }
  }
  return needs;
}

function inSubmodule(known: KnownFiles, path: string): boolean {
  const modules = textOf(known.files.get('.gitmodules')) ?? '';
  return [...modules.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].some(
    ([, folder]) => path === folder || path.startsWith(`${folder}/`),
  );
}

function outside({ path }: KustomizationFile, { text, line }: PathReference, link?: string): Problem {
  const what = link === undefined ? text : `${text}, by way of the symbolic link ${link}`;
  return problem({
    code: 'deploy/kustomize-rejects',
    message: `${path} refers to ${what}, which is outside of the repository.`,
    fix: 'Move what it refers to into the repository, or refer to it by an address.',
    place: { file: path, line },
  });
}

/** The kind of a generator or transformer that is not built into kustomize, so that it needs a program. */
function foreignPlugin(yaml: string): string | undefined {
  const documents = parseAllDocuments(yaml, { schema: 'failsafe', strict: false, logLevel: 'silent' });
  for (const document of Array.isArray(documents) ? documents : []) {
    const data: unknown = document.toJS({ maxAliasCount: -1 });
    const [version, kind] = [fieldOf(data, 'apiVersion'), fieldOf(data, 'kind')];
    if (typeof version === 'string' && version !== 'builtin') return typeof kind === 'string' ? kind : version;
  }
  return undefined;
}

export function textOf(file: TargetFile | undefined): string | undefined {
  return file && file.mode !== '120000' ? new TextDecoder().decode(file.bytes) : undefined;
}

const SOURCES = ['resources', 'bases', 'components', 'generators'];

/** Whether no part of it names anything that could have an image. */
export function holdsNoResource({ kustomizations, needs }: Closure): boolean {
  if (needs.length > 0) return false;
  const lists = [...kustomizations.values()].flatMap(({ fields }) => SOURCES.map((field) => fields[field] ?? []));
  return lists.every((list) => Array.isArray(list) && list.length === 0);
}

/** All paths of a repository, as a listing gives them: files and symbolic links, no folders. */
export type RepositoryPaths = ReturnType<typeof indexPaths>;

export function indexPaths(paths: Iterable<string>) {
  const files = new Set(paths);
  const folders = new Set(['.']);
  for (const path of files) {
    let folder = posix.dirname(path);
    while (!folders.has(folder)) {
      folders.add(folder);
      folder = posix.dirname(folder);
    }
  }
  return {
    isFile: (path: string) => files.has(path),
    /** The root is the folder `.`. */
    isFolder: (path: string) => folders.has(path),
    below: (folder: string) =>
      folder === '.' ? [...files] : [...files].filter((path) => path.startsWith(`${folder}/`)),
    /** Kustomizations of a folder under the names that kustomize looks for; more than one is an error there. */
    kustomizationsOf: (folder: string) =>
      KUSTOMIZATION_NAMES.map((name) => posix.join(folder, name)).filter((path) => files.has(path)),
    all: (): Iterable<string> => files,
  };
}

/** The target of a path, symbolic links followed. `links`: those on the way. */
export type Resolved =
  | { status: 'file' | 'folder'; path: string; links: string[] }
  | { status: 'absent' }
  /** This file has to be read before it is known whether it is a link. */
  | { status: 'unread'; path: string }
  /** `link`: the symbolic link that leaves the repository; undefined when the path itself does. */
  | { status: 'outside'; link?: string };

const MOST_LINKS = 40;

/** Follows a path from a folder as the kernel would: `..` behind a link is the parent of its target. */
export function resolvePath(
  paths: RepositoryPaths,
  files: ReadonlyMap<string, TargetFile>,
  folder: string,
  reference: string,
): Resolved {
  if (posix.isAbsolute(reference)) return { status: 'outside' };
  // kustomize cleans the joined path before it looks for links.
  const rest = posix.join(folder, reference).replace(/\/$/, '').split('/');
  if (rest[0] === '..') return { status: 'outside' };
  const links: string[] = [];
  let current = '.';
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '.' || part === '') continue;
    if (part === '..') {
      if (current === '.') return { status: 'outside', link: links.at(-1) };
      current = posix.dirname(current);
      continue;
    }
    const next = posix.join(current, part);
    if (paths.isFolder(next)) {
      current = next;
      continue;
    }
    if (!paths.isFile(next)) return { status: 'absent' };
    const file = files.get(next);
    if (!file) return { status: 'unread', path: next };
    if (file.mode !== '120000') return rest.length === 0 ? { status: 'file', path: next, links } : { status: 'absent' };
    const target = Buffer.from(file.bytes).toString('utf8');
    links.push(next);
    if (posix.isAbsolute(target)) return { status: 'outside', link: next };
    if (links.length > MOST_LINKS) return { status: 'absent' };
    rest.unshift(...target.split('/'));
  }
  return { status: 'folder', path: current, links };
}
