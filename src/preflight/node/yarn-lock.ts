import type { TextFile } from '../../facts/build-files-checkout.js';
import type { LockedPackage } from './locked-packages.js';
import { readPackageManifest, type PackageManifest } from './package-manifest.js';

/**
 * Direct dependencies of a project with a yarn.lock, classic or berry. Neither says which Node.js a package needs,
 * so it is read where the package is installed, if that is the version that the lockfile names.
 * @param installed package.json files of `node_modules`
 */
export function readYarnLock(
  text: string,
  project: PackageManifest,
  installed: readonly TextFile[],
): LockedPackage[] {
  const locked = lockedVersions(text);
  return installed.flatMap((file) => {
    const manifest = readPackageManifest(file.text);
    const { name, version, node } = manifest ?? {};
    if (name === undefined || version === undefined || node === undefined) return [];
    if (!locked.has(`${name}@${version}`)) return [];
    const use = project.dependencies.includes(name) ? 'runtime' : 'development';
    return { name, version, node, use, depth: 'direct' } as const;
  });
}

/** `name@version` of all entries. */
function lockedVersions(text: string): Set<string> {
  const found = new Set<string>();
  let names: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\S.*:$/.test(line)) {
      const keys = line.slice(0, -1).replaceAll('"', '').split(/,\s*/);
      names = keys.flatMap((key) => /^(@?[^@]+)@/.exec(key)?.[1] ?? []);
    }
    const version = /^ {2}version:? "?([^"\s]+)"?$/.exec(line)?.[1];
    if (version !== undefined) for (const name of names) found.add(`${name}@${version}`);
  }
  return found;
}
