import type { LockedPackage } from './locked-packages.js';
import { isRecord, nodeEngine, parseJson } from './package-manifest.js';

/**
 * Packages of a package-lock.json or npm-shrinkwrap.json, versions 2 and 3; version 1 says nothing of engines.
 * What is installed only where it can be (`optional`) is left out.
 * https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
 */
export function readPackageLock(text: string): LockedPackage[] {
  const packages = parseJson(text)?.['packages'];
  if (!isRecord(packages)) return [];
  const entries = Object.entries(packages).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  );
  // The project and its workspaces.
  const projects = entries.filter(([path]) => !path.includes('node_modules/'));
  const named = new Set(
    projects.flatMap(([, project]) =>
      ['dependencies', 'devDependencies'].flatMap((list) =>
        Object.keys(isRecord(project[list]) ? project[list] : {}),
      ),
    ),
  );
  return entries.flatMap(([path, entry]) => {
    const node = nodeEngine(entry['engines']);
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || node === undefined || entry['optional'] === true || entry['link'] === true) return [];
    const name = path.slice(at + 'node_modules/'.length);
    return {
      name,
      version: typeof entry['version'] === 'string' ? entry['version'] : '',
      node,
      use: entry['dev'] === true || entry['devOptional'] === true ? 'development' : 'runtime',
      depth: path === `node_modules/${name}` && named.has(name) ? 'direct' : 'transitive',
    } as const;
  });
}
