import { posix } from 'node:path';
import type { Problem } from '../../lib/errors.js';
import { isPattern, KUSTOMIZATION_NAMES, matchPattern } from './pattern.js';

export type Locations = { status: 'found'; paths: string[] } | { status: 'problem'; problem: Problem };

/**
 * Finds the Kustomizations that a configured path (file or folder, relative to the root) or pattern means, in
 * the order of their paths. What stands there under the very name is meant by it, be it a pattern or not.
 * @param paths all files of the repository
 */
export function locateKustomizations(configured: string, paths: readonly string[]): Locations {
  const path = normalize(configured);
  if (isOutside(path)) return outside(configured);
  const literal = paths.some((candidate) => candidate === path || candidate.startsWith(`${path}/`));
  if (!isPattern(path) || literal) return locateOne(configured, path, paths);
  const found = matchPattern(path, paths);
  if (found === undefined) return endless(configured);
  if (found.length === 0) return unmatched(configured, path, paths);
  const crowded = [...new Set(found.filter(hasReservedName).map((file) => posix.dirname(file)))]
    .map((folder) => ({ folder, names: namesIn(folder, new Set(paths)) }))
    .filter(({ names }) => names.length > 1);
  return crowded.length > 0 ? ambiguous(crowded) : { status: 'found', paths: found };
}

/** One file, or the one in a folder. */
function locateOne(configured: string, path: string, paths: readonly string[]): Locations {
  const known = new Set(paths);
  const folder = known.has(path) ? posix.dirname(path) : path;
  const names = namesIn(folder, known);
  // A file under a name that kustomize does not look for is another matter: it is addressed by path alone.
  const byName = known.has(path) && !hasReservedName(path);
  if (names.length > 1 && !byName) return ambiguous([{ folder, names }]);
  if (known.has(path)) return { status: 'found', paths: [path] };
  const [only] = names;
  return only ? { status: 'found', paths: [posix.join(folder, only)] } : missing(configured, path, paths);
}

function normalize(configured: string): string {
  return posix.normalize(configured.replaceAll('\\', '/')).replace(/\/$/, '');
}

function isOutside(path: string): boolean {
  return posix.isAbsolute(path) || path === '..' || path.startsWith('../');
}

function hasReservedName(path: string): boolean {
  return KUSTOMIZATION_NAMES.includes(posix.basename(path));
}

function namesIn(folder: string, known: ReadonlySet<string>): string[] {
  return KUSTOMIZATION_NAMES.filter((name) => known.has(posix.join(folder, name)));
}

function outside(configured: string) {
  return problem(
    'deploy/kustomization-outside',
    `The Kustomization path "${configured}" leaves the repository.`,
    'Give a path relative to the root of the repository, such as k8s/kustomization.yml.',
  );
}

function endless(configured: string) {
  return problem(
    'deploy/kustomization-missing',
    `Matching the pattern "${configured}" takes too long: it has too many wildcards.`,
    'Write the pattern with fewer wildcards in each part, or list the paths.',
  );
}

function ambiguous(folders: readonly { folder: string; names: string[] }[]) {
  const held = folders.map(({ folder, names }) => `${folder}/ holds ${names.join(' and ')}`);
  return problem(
    'deploy/kustomization-ambiguous',
    `${held.join(', ')}; kustomize rejects such a folder.`,
    'Keep one of them and remove the other.',
  );
}

function unmatched(configured: string, path: string, paths: readonly string[]) {
  const near = similarPaths(path, paths);
  return problem(
    'deploy/kustomization-missing',
    `No Kustomization on the branch that is deployed to matches "${configured}".`,
    near.length > 0
      ? `Set deploy.kustomization to a path or pattern of those that are there: ${near.join(', ')}.`
      : 'Commit a Kustomization there first; the branch has none at all.',
  );
}

function missing(configured: string, path: string, paths: readonly string[]) {
  const parent = paths.find((candidate) => path.startsWith(`${candidate}/`));
  const near = similarPaths(path, paths);
  const folder = paths.some((candidate) => candidate.startsWith(`${path}/`));
  const what = folder
    ? `There is no Kustomization in the folder "${configured}"`
    : `There is no file "${configured}"`;
  const hint = parent ? ` ("${parent}" is a file or a symbolic link)` : '';
  return problem(
    'deploy/kustomization-missing',
    `${what}${hint} on the branch that is deployed to.`,
    near.length > 0
      ? `Set deploy.kustomization to one that is there: ${near.join(', ')}.`
      : 'Commit a Kustomization there first; the branch has none at all.',
  );
}

/** Kustomizations on the branch, most alike first; at most five. */
function similarPaths(path: string, paths: readonly string[]): string[] {
  const wanted = new Set(wordsOf(path));
  return paths
    .filter((candidate) => /^kustomization.*(\.ya?ml)?$/i.test(posix.basename(candidate)))
    .map((candidate) => ({
      candidate,
      shared: wordsOf(candidate).filter((word) => wanted.has(word)).length,
    }))
    .sort((a, b) => b.shared - a.shared || a.candidate.length - b.candidate.length)
    .slice(0, 5)
    .map(({ candidate }) => candidate);
}

function wordsOf(path: string): string[] {
  return path
    .toLowerCase()
    .split(/[/._-]+/)
    .filter((word) => !['', 'kustomization', 'yaml', 'yml'].includes(word));
}

function problem(
  code: Problem['code'],
  message: string,
  fix: string,
): { status: 'problem'; problem: Problem } {
  return { status: 'problem', problem: { code, severity: 'error', message, fix } };
}
