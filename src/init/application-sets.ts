import { posix } from 'node:path';
import type { ManifestNode } from '../deploy/overrides/manifests.js';
import { compileGlob } from '../dockerfile/ignore/glob.js';

/** Fills in a name of a template; undefined: it is not known here. */
type Values = (name: string) => string | undefined;

/**
 * The texts of a template of an ApplicationSet, as far as its generators are written out: lists, and folders of this
 * repository.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
 */
export function expandTemplate(
  template: string,
  generators: readonly ManifestNode[],
  folders: readonly string[],
): string[] {
  const made = generators.flatMap((generator) =>
    valuesOf(generator, folders).map((values) =>
      template.replace(/\{\{\s*\.?(.*?)\s*\}\}/g, (whole, name: string) => values(name) ?? whole),
    ),
  );
  return made.length === 0 ? [template] : [...new Set(made)];
}

function valuesOf(generator: ManifestNode, folders: readonly string[], depth = 0): Values[] {
  const parts = ['matrix', 'merge'].flatMap((kind) => generator.at(kind, 'generators')?.items() ?? []);
  if (parts.length > 0 && depth < 3)
    return parts
      .map((part) => valuesOf(part, folders, depth + 1))
      .reduce((all, own) =>
        all.flatMap((values) =>
          own.map(
            (more): Values =>
              (name) =>
                values(name) ?? more(name),
          ),
        ),
      );
  const elements = generator.at('list', 'elements')?.items() ?? [];
  if (elements.length > 0) return elements.map((element) => (name) => element.at(...name.split('.'))?.text);
  const directories = generator.at('git', 'directories')?.items() ?? [];
  if (directories.length === 0) return [() => undefined];
  const patterns = (isExcluded: boolean) =>
    directories
      .filter((directory) => (directory.at('exclude')?.text === 'true') === isExcluded)
      .flatMap((directory) => compileGlob(directory.at('path')?.text ?? '') ?? []);
  const isAmong = (folder: string, all: { test(text: string): boolean }[]) =>
    all.some((each) => each.test(folder));
  return folders
    .filter((folder) => isAmong(folder, patterns(false)) && !isAmong(folder, patterns(true)))
    .map(ofFolder);
}

/** `{{path}}`, `{{.path.path}}`, `{{path.basename}}`, `{{path[1]}}`, `{{index .path.segments 1}}`. */
function ofFolder(folder: string): Values {
  return (name) => {
    if (name === 'path' || name === 'path.path') return folder;
    if (name === 'path.basename') return posix.basename(folder);
    const at = /^path\[(\d+)\]$|^index \.?path\.segments (\d+)$/.exec(name)?.slice(1).find(Boolean);
    return at === undefined ? undefined : folder.split('/')[Number(at)];
  };
}
