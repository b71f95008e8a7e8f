import { posix } from 'node:path';
import type { ManifestNode } from '../../deploy/overrides/manifests.js';
import { compileGlob } from '../../inputs/ignore/glob.js';

/** What fills in a template; undefined: it is not known here. */
type Values = (name: string) => string | undefined;

/**
 * The texts that a template of an ApplicationSet becomes, as far as its generators are written out: lists, and folders
 * of this repository. What clusters and files bring stays a template.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
 */
export function expandTemplate(
  template: string,
  generators: readonly ManifestNode[],
  folders: readonly string[],
): string[] {
  const made = generators.flatMap((generator) =>
    valuesOf(generator, folders).map((values) => fill(template, values)),
  );
  return made.length === 0 ? [template] : [...new Set(made)];
}

function valuesOf(generator: ManifestNode, folders: readonly string[]): Values[] {
  const parts = ['matrix', 'merge'].flatMap((kind) => generator.at(kind, 'generators')?.items() ?? []);
  if (parts.length > 0)
    return parts
      .map((part) => valuesOf(part, folders))
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
  if (elements.length > 0)
    return elements.map(
      (element): Values =>
        (name) =>
          element.at(...name.split('.'))?.text,
    );
  const directories = generator.at('git', 'directories')?.items() ?? [];
  if (directories.length > 0) return foldersChosen(directories, folders).map(ofFolder);
  return [() => undefined];
}

function foldersChosen(directories: readonly ManifestNode[], folders: readonly string[]): string[] {
  const matching = (isExcluded: boolean) =>
    directories
      .filter((directory) => (directory.at('exclude')?.text === 'true') === isExcluded)
      .flatMap((directory) => compileGlob(directory.at('path')?.text ?? '') ?? []);
  const [wanted, excluded] = [matching(false), matching(true)];
  return folders.filter(
    (folder) =>
      wanted.some((pattern) => pattern.test(folder)) && !excluded.some((pattern) => pattern.test(folder)),
  );
}

/** `{{path}}`, `{{.path.path}}`, `{{path.basename}}`, `{{path[1]}}`, `{{index .path.segments 1}}`. */
function ofFolder(folder: string): Values {
  return (name) => {
    if (name === 'path' || name === 'path.path') return folder;
    if (name === 'path.basename') return posix.basename(folder);
    const [, at] = /^path\[(\d+)\]$|^index \.?path\.segments (\d+)$/.exec(name)?.filter(Boolean) ?? [];
    return at === undefined ? undefined : folder.split('/')[Number(at)];
  };
}

function fill(template: string, values: Values): string {
  return template.replace(/\{\{\s*\.?(.*?)\s*\}\}/g, (whole, name: string) => values(name) ?? whole);
}
