import { posix } from 'node:path';
import { isRemoteSource, type CopySource, type Instruction } from '../../dockerfile/dockerfile.js';
import { selectionOf } from '../../dockerfile/ignore/selection.js';
import { copyWords, readMount } from '../../dockerfile/instructions.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import semver from 'semver';
import { lockedVersions, readPackageManifest, type PackageManifest } from './lockfiles.js';

/** A folder with a package.json. */
export interface NodeProject {
  /** Relative to the repository root. */
  folder: string;
  /** Relative to the context. */
  path: string;
  manifest: PackageManifest;
  lockfile?: TextFile;
}

export const LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'];

/** Projects in the context or below it, the nearest first. */
export function projectsIn(context: string, files: readonly TextFile[]): NodeProject[] {
  return files.flatMap(({ path, text }) => {
    const folder = posix.dirname(path);
    if (posix.basename(path) !== 'package.json' || !isWithin(folder, context)) return [];
    const manifest = readPackageManifest(text);
    if (manifest === undefined) return [];
    const [lockfile] = LOCKFILES.flatMap((name) => files.filter((file) => file.path === posix.join(folder, name)));
    return { folder, path: posix.relative(context, folder), manifest, lockfile };
  });
}

/** Direct dependencies whose locked version is not in the range that package.json asks for. */
export function staleDependencies({ manifest, lockfile }: NodeProject) {
  if (lockfile === undefined) return [];
  const versions = lockedVersions(lockfile);
  return [...manifest.wanted].flatMap(([name, wanted]) => {
    const locked = semver.valid(versions.get(name));
    const isStale =
      locked !== null &&
      semver.validRange(wanted) !== null &&
      !semver.satisfies(locked, wanted, { includePrerelease: true });
    return isStale ? [{ name, wanted, locked }] : [];
  });
}

export function isWithin(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}

/**
 * What one instruction takes out of the main context: sources of COPY and ADD, and of the bind mounts of RUN.
 * `incomplete`: it takes more, from elsewhere or by variables.
 */
export function copiedBy({ keyword, flags, rest, heredoc }: Instruction): {
  sources: CopySource[];
  incomplete: boolean;
} {
  if (keyword === 'RUN') return boundBy(flags);
  if (keyword !== 'COPY' && keyword !== 'ADD') return { sources: [], incomplete: false };
  if (flags.some(({ name }) => name === 'from') || heredoc) return { sources: [], incomplete: true };
  const written = copyWords(rest).slice(0, -1);
  const known = written.filter((source) => !source.includes('$') && !isRemoteSource(source));
  const excludes = flags.filter(({ name }) => name === 'exclude').map(({ value }) => value);
  const parents = flags.some(({ name, value }) => name === 'parents' && value === 'true');
  return {
    sources: known.map((source) => ({ pattern: clean(source), excludes, parents })),
    incomplete: known.length < written.length,
  };
}

function boundBy(flags: Instruction['flags']): ReturnType<typeof copiedBy> {
  const mounts = flags.flatMap(({ name, value }) => {
    const mount = name === 'mount' ? readMount(value) : { refused: '' };
    return 'refused' in mount || mount.type !== 'bind' ? [] : mount;
  });
  const own = mounts.filter(({ from }) => from === undefined);
  return {
    sources: own.map(({ source = '.' }) => ({ pattern: clean(source), excludes: [], parents: false })),
    incomplete: own.length < mounts.length,
  };
}

/** Whether a source takes this file, itself or with a folder. @param path relative to the context */
export function takes(sources: CopySource[], path: string): boolean {
  return selectionOf({ status: 'some', sources }).selects(path);
}

/** A context has nothing above it: BuildKit takes `../x` for `x`. */
function clean(source: string): string {
  const path = posix.join('/', source).replace(/(.)\/$/, '$1');
  return path.slice(1) || '.';
}
