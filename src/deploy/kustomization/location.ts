import { posix } from 'node:path';
import type { Problem } from '../../lib/errors.js';

export type Location = { status: 'found'; path: string } | { status: 'problem'; problem: Problem };

/** What `kustomize build` looks for in a folder; more than one of them is an error there. */
const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * Finds the Kustomization that a configured path (file or folder, relative to the root) means.
 * @param paths all files of the repository
 */
export function locateKustomization(configured: string, paths: readonly string[]): Location {
  const path = posix.normalize(configured.replaceAll('\\', '/')).replace(/\/$/, '');
  if (posix.isAbsolute(path) || path === '..' || path.startsWith('../')) {
    return problem(
      'deploy/kustomization-outside',
      `The Kustomization path "${configured}" leaves the repository.`,
      'Give a path relative to the root of the repository, such as k8s/kustomization.yml.',
    );
  }
  const known = new Set(paths);
  const folder = known.has(path) ? posix.dirname(path) : path;
  const inFolder = NAMES.map((name) => posix.join(folder, name)).filter((name) => known.has(name));
  // A file under a name that kustomize does not look for is another matter: it is addressed by path alone.
  const byName = known.has(path) && !NAMES.includes(posix.basename(path));
  if (inFolder.length > 1 && !byName) {
    return problem(
      'deploy/kustomization-ambiguous',
      `${folder}/ holds ${inFolder.map((name) => posix.basename(name)).join(' and ')}; kustomize rejects such a folder.`,
      'Keep one of them and remove the other.',
    );
  }
  if (known.has(path)) return { status: 'found', path };
  const [only] = inFolder;
  return only ? { status: 'found', path: only } : missing(configured, path, paths);
}

function missing(configured: string, path: string, paths: readonly string[]): Location {
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
export function similarPaths(path: string, paths: readonly string[]): string[] {
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

function problem(code: Problem['code'], message: string, fix: string): Location {
  return { status: 'problem', problem: { code, severity: 'error', message, fix } };
}
