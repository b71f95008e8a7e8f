import { posix } from 'node:path';
import { readKustomizationFile } from '../../deploy/proof/kustomization-file.js';
import { KUSTOMIZATION_NAMES } from '../../deploy/proof/repository-paths.js';
import { isBesideProduct } from './dockerfiles.js';
import type { Repository } from './found.js';

/** Kustomizations that nothing can be read from, a sentence each. */
export function refusedKustomizations({ paths, files }: Repository): string[] {
  const all = paths.filter(
    (path) => KUSTOMIZATION_NAMES.includes(posix.basename(path)) && !isBesideProduct(path),
  );
  return all.flatMap((path) => {
    const siblings = all.filter((other) => posix.dirname(other) === posix.dirname(path));
    if (siblings.length > 1)
      return siblings[0] === path
        ? [`${siblings.join(' and ')} lie in one folder, which kustomize refuses: neither is looked at.`]
        : [];
    const text = files.find((file) => file.path === path)?.text;
    const isRead =
      text !== undefined && readKustomizationFile(path, new TextEncoder().encode(text)) !== undefined;
    return isRead
      ? []
      : [`${path} can't be read as a Kustomization, so it is not looked at: correct it first.`];
  });
}
