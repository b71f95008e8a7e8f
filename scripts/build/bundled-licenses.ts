import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Text of `licenses.txt`: the licence of every package of which something was bundled; most licences ask for
 * their text to go along.
 * @param modules paths of the bundled modules, relative to the repository root
 * @throws Error when a package names no licence
 */
export function bundledLicenses(modules: readonly string[]): string {
  const folders = [...new Set(modules.flatMap(packageFolder))];
  return folders.map(readLicense).sort().join('\n\n');
}

function packageFolder(file: string): string[] {
  const found = /^.*\/?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return found === null ? [] : [found[0]];
}

function readLicense(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  if (license === undefined) throw new Error(`${name} ${version} is bundled, but names no licence.`);
  const title = `${name} ${version}: ${license}`;
  const text =
    file === undefined
      ? 'The package holds no text of its licence.'
      : readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  return `${title}\n${'-'.repeat(title.length)}\n${text}\n`;
}
