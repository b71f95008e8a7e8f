import { posix } from 'node:path';
import picomatch from 'picomatch/posix.js';
import { withinTime } from '../../lib/bounded.js';
import { problem, type Problem } from '../../lib/errors.js';

/** File names that `kustomize build` looks for in a folder; more than one of them is an error there. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export type Locations = { status: 'found'; paths: string[] } | { status: 'problem'; problem: Problem };

/**
 * Finds the Kustomizations that a configured path (file or folder, relative to the root) or pattern means, in
 * the order of their paths. A path that exists under that very name is taken as it is, pattern or not.
 */
export function locateKustomizations(configured: string, paths: readonly string[]): Locations {
  const path = posix.normalize(configured.replaceAll('\\', '/')).replace(/\/$/, '');
  if (posix.isAbsolute(path) || path === '..' || path.startsWith('../'))
    return refused('missing', `The Kustomization path "${configured}" leaves the repository.`);
  const known = new Set(paths);
  const literal = known.has(path) || paths.some((candidate) => candidate.startsWith(`${path}/`));
  const inFolder = () => namesIn(path, known).map((name) => posix.join(path, name));
  const found = PATTERN.test(path) && !literal ? matchPattern(path, paths) : known.has(path) ? [path] : inFolder();
  if (found === undefined) {
    return refused(
      'missing',
      `Matching the pattern "${configured}" takes too long: it has too many wildcards.`,
      'Write the pattern with fewer wildcards in each part, or list the paths.',
    );
  }
  const crowded = [...new Set(found.filter(hasReservedName).map((file) => posix.dirname(file)))]
    .map((folder) => ({ folder, names: namesIn(folder, known) }))
    .filter(({ names }) => names.length > 1)
    .map(({ folder, names }) => `${folder}/ contains ${names.join(' and ')}`);
  if (crowded.length > 0) {
    return refused('ambiguous', `${crowded.join(', ')}; kustomize rejects such a folder.`, 'Keep one of the files.');
  }
  return found.length > 0 ? { status: 'found', paths: found } : missing(configured, path, paths);
}

/** `*`, `?`, `[…]`, `{…}`, and brackets of extended patterns such as `+(a|b)`. */
const PATTERN = /[*?[{]|[!@+]\(/;

/** A hundred thousand paths take a tenth of it. */
const LONGEST_MS = 2000;

/**
 * The files with kustomize's own names that a pattern matches, by themselves or by their folder; files of other
 * names only if the last part of the pattern spells a name out (`{api,web}/images.yaml`, `kustomization-*.yml`),
 * since `*` reaches manifests as well.
 * @returns undefined: it would take too long, as with many wildcards in one part (`*a*a*a*a*b`)
 */
function matchPattern(pattern: string, paths: readonly string[]): string[] | undefined {
  const matches = picomatch(pattern, { nonegate: true });
  const last = posix.basename(pattern);
  const spelled = /\.ya?ml[})]?$/i.test(last) && (/^kustomization/i.test(last) || !/[*?]/.test(last));
  const filter = () =>
    paths
      .filter((path) =>
        hasReservedName(path)
          ? matches(path) || matches(posix.dirname(path))
          : spelled && /\.ya?ml$/i.test(path) && matches(path),
      )
      .sort();
  return withinTime(LONGEST_MS, filter)?.value;
}

function hasReservedName(path: string): boolean {
  return KUSTOMIZATION_NAMES.includes(posix.basename(path));
}

function namesIn(folder: string, known: ReadonlySet<string>): string[] {
  return KUSTOMIZATION_NAMES.filter((name) => known.has(posix.join(folder, name)));
}

function missing(configured: string, path: string, paths: readonly string[]): Locations {
  const parent = paths.find((candidate) => path.startsWith(`${candidate}/`));
  const near = similarPaths(path, paths);
  const hint = parent ? ` ("${parent}" is a file or a symbolic link)` : '';
  return refused(
    'missing',
    `No Kustomization on the branch that is deployed to matches "${configured}"${hint}.`,
    near.length > 0
      ? `Set deploy.kustomization to a path or pattern of those that exist: ${near.join(', ')}.`
      : 'Commit a Kustomization there first; the branch has none.',
  );
}

/** Kustomizations on the branch, most alike first; at most five. */
function similarPaths(path: string, paths: readonly string[]): string[] {
  const wanted = new Set(wordsOf(path));
  return paths
    .filter((candidate) => /^kustomization.*(\.ya?ml)?$/i.test(posix.basename(candidate)))
    .map((candidate) => ({ candidate, shared: wordsOf(candidate).filter((word) => wanted.has(word)).length }))
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

function refused(why: 'missing' | 'ambiguous', message: string, fix?: string): Locations {
  const code = why === 'missing' ? 'deploy/kustomization-missing' : 'deploy/kustomize-rejects';
  return { status: 'problem', problem: problem({ code, message, ...(fix && { fix }) }) };
}
