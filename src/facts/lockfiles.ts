import { posix } from 'node:path';
import type { TextFile } from './build-files-checkout.js';

const NODE_FILES = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  '.nvmrc',
];

export function isNodeFile(path: string): boolean {
  return NODE_FILES.includes(posix.basename(path));
}

/**
 * package.json of the installed direct dependencies, where there is a yarn.lock: that lockfile doesn't say which
 * Node.js a package needs.
 * @param read gives nothing for a file that is not there
 */
export function readInstalled(
  found: readonly TextFile[],
  read: (path: string) => readonly TextFile[],
): TextFile[] {
  const folders = found
    .filter(({ path }) => posix.basename(path) === 'yarn.lock')
    .map(({ path }) => posix.dirname(path));
  return folders.flatMap((folder) => {
    const manifest = found.find(({ path }) => path === posix.join(folder, 'package.json'));
    return dependenciesOf(manifest?.text ?? '{}').flatMap((name) =>
      read(posix.join(folder, 'node_modules', name, 'package.json')),
    );
  });
}

function dependenciesOf(text: string): string[] {
  try {
    const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined> | null;
    const names = Object.keys({ ...manifest?.['dependencies'], ...manifest?.['devDependencies'] });
    return names.filter((name) => /^(?:@[\w.-]+\/)?\w[\w.-]*$/.test(name));
  } catch {
    return [];
  }
}
