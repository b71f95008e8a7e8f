import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The part of webpack's statistics that says what was bundled; concatenated modules hold those they are made of. */
interface BundleStats {
  modules?: BundledModule[];
  chunks?: BundleStats[];
}

interface BundledModule extends BundleStats {
  /** Path of the file; absent for what webpack adds by itself. */
  nameForCondition?: string | null;
}

/**
 * Text of `licenses.txt`: the licence of every package of which a module was bundled. ncc's own list
 * (`--license`) leaves out most of them, and those licences ask for their text to go along.
 * @throws Error when a package names no licence
 */
export function bundledLicenses(stats: BundleStats): string {
  const folders = [...new Set(modulesIn(stats).flatMap(packageFolder))];
  return folders.map(readLicense).sort().join('\n\n');
}

function modulesIn({ modules = [], chunks = [] }: BundleStats): string[] {
  const inner = [...modules, ...chunks].flatMap(modulesIn);
  return [...modules.flatMap(({ nameForCondition }) => nameForCondition ?? []), ...inner];
}

function packageFolder(file: string): string[] {
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
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
