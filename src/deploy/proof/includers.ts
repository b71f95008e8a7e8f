import { posix } from 'node:path';
import { type KnownFiles } from './closure.js';
import { KUSTOMIZATION_NAMES, type RepositoryPaths, resolvePath } from './repository-paths.js';

/** All files of the repository that kustomize would take for a Kustomization. */
export function kustomizationPaths(paths: RepositoryPaths): string[] {
  return [...paths.all()].filter((path) => KUSTOMIZATION_NAMES.includes(posix.basename(path)));
}

export interface Includers {
  paths: string[];
  /** Links that have to be read before it is known where they lead. */
  unread: string[];
}

/**
 * The Kustomizations that include a Component, directly or by other Components. Pure; needs all of
 * `kustomizationPaths` read. A Component builds to nothing by itself.
 */
export function findIncluders(known: KnownFiles, component: string): Includers {
  const includedBy = new Map<string, string[]>();
  const unread: string[] = [];
  for (const path of kustomizationPaths(known.paths)) {
    const bytes = known.files.get(path)?.bytes;
    // Reading them all as YAML would take its time in a large repository.
    if (!bytes || !/^["']?components["']?[ \t]*:/im.test(Buffer.from(bytes).toString('latin1'))) continue;
    for (const { field, text } of known.kustomization(path)?.references ?? []) {
      if (field !== 'components') continue;
      const found = resolvePath(known.paths, known.files, posix.dirname(path), text);
      if (found.status === 'unread') unread.push(found.path);
      if (found.status !== 'folder') continue;
      includedBy.set(found.path, [...(includedBy.get(found.path) ?? []), path]);
    }
  }
  const includers = new Set<string>();
  const seen = new Set([component]);
  const queue = [component];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const includer of includedBy.get(posix.dirname(path)) ?? []) {
      if (seen.has(includer)) continue;
      seen.add(includer);
      if (known.kustomization(includer)?.kind === 'Component') queue.push(includer);
      else includers.add(includer);
    }
  }
  return { paths: [...includers], unread };
}
