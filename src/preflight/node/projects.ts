import { posix } from 'node:path';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { LockedPackage } from './locked-packages.js';
import { readPackageLock } from './package-lock.js';
import { readPackageManifest, type PackageManifest } from './package-manifest.js';
import { readPnpmLock } from './pnpm-lock.js';
import { readYarnLock } from './yarn-lock.js';

/** A folder with a package.json, and what it says about Node.js. */
export interface NodeProject {
  /** Relative to the repository root. */
  folder: string;
  manifest: PackageManifest;
  lockfile?: TextFile;
  /** Text of `.nvmrc`. */
  nvmrc?: string;
}

export const LOCKFILES = ['npm-shrinkwrap.json', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'];

/** Those whose package.json lies in or below the folder, the nearest first. */
export function projectsIn(folder: string, files: readonly TextFile[]): NodeProject[] {
  return files.flatMap(({ path, text }) => {
    const at = posix.dirname(path);
    if (posix.basename(path) !== 'package.json' || isInstalled(path) || !isWithin(at, folder)) return [];
    const manifest = readPackageManifest(text);
    if (manifest === undefined) return [];
    const beside = (name: string) => files.find((file) => file.path === posix.join(at, name));
    const lockfile = LOCKFILES.map(beside).find((file) => file !== undefined);
    const nvmrc = beside('.nvmrc')?.text;
    return { folder: at, manifest, ...(lockfile && { lockfile }), ...(nvmrc !== undefined && { nvmrc }) };
  });
}

/** What the project's lockfile installs; of yarn's only what is installed in the checkout, too. */
export function lockedPackages(
  { folder, manifest, lockfile }: NodeProject,
  files: readonly TextFile[],
): LockedPackage[] {
  if (lockfile === undefined) return [];
  const known = read.get(lockfile);
  if (known) return known;
  const packages = readLockfile(lockfile, folder, manifest, files);
  read.set(lockfile, packages);
  return packages;
}

/** Images of a monorepo share a lockfile of some megabytes. */
const read = new WeakMap<TextFile, LockedPackage[]>();

function readLockfile(
  lockfile: TextFile,
  folder: string,
  manifest: PackageManifest,
  files: readonly TextFile[],
): LockedPackage[] {
  switch (posix.basename(lockfile.path)) {
    case 'pnpm-lock.yaml':
      return readPnpmLock(lockfile.text);
    case 'yarn.lock': {
      const modules = posix.join(folder, 'node_modules/');
      return readYarnLock(
        lockfile.text,
        manifest,
        files.filter(({ path }) => path.startsWith(modules)),
      );
    }
    default:
      return readPackageLock(lockfile.text);
  }
}

function isInstalled(path: string): boolean {
  return path.split('/').includes('node_modules');
}

function isWithin(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}
