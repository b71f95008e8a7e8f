import { posix } from 'node:path';
import { KUSTOMIZATION_NAMES } from '../kustomization/location.js';
import type { TargetFile } from '../target.js';

/** All paths of a repository, as a listing gives them: files and symbolic links, no folders. */
export interface RepositoryPaths {
  isFile(path: string): boolean;
  /** The root is the folder `.`. */
  isFolder(path: string): boolean;
  below(folder: string): string[];
  /** Kustomizations of a folder under the names that kustomize looks for; more than one is an error there. */
  kustomizationsOf(folder: string): string[];
  all(): Iterable<string>;
}

export function indexPaths(paths: Iterable<string>): RepositoryPaths {
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
    isFile: (path) => files.has(path),
    isFolder: (path) => folders.has(path),
    below: (folder) => (folder === '.' ? [...files] : [...files].filter((path) => path.startsWith(`${folder}/`))),
    kustomizationsOf: (folder) =>
      KUSTOMIZATION_NAMES.map((name) => posix.join(folder, name)).filter((path) => files.has(path)),
    all: () => files,
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
