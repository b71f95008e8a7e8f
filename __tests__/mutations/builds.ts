import { posix } from 'node:path';
import { KEYS, describeImages, type Descriptions, type Key } from './dockerfiles.js';
import type { Mutation } from './mutation.js';

/** An applied mutation. */
export interface Mutated {
  mutation: Mutation;
  folder: string;
  descriptions: Descriptions;
  /** Paths whose content or file system metadata differs from the original. */
  paths: readonly string[];
}

/**
 * Images to build after a mutation to learn their layers. The rule is coarse and independent of the tested code: every
 * image with a change in the folder of one of its contexts, in its Dockerfile, or in its configuration. All other
 * images would be built from the same files as before.
 */
export const keysTouchedBy = (mutated: Mutated): Key[] => KEYS.filter((key) => isTouched(mutated, key));

function isTouched({ descriptions, paths }: Omit<Mutated, 'mutation' | 'folder'>, key: Key): boolean {
  const { context, dockerfile, contexts } = descriptions[key];
  if (JSON.stringify(descriptions[key]) !== JSON.stringify(describeImages()[key])) return true;
  const folders = [context, ...Object.values(contexts)].filter((folder) => !folder.startsWith('image:'));
  const bases = Object.values(contexts).filter((value) => value.startsWith('image:'));
  return (
    paths.some((path) => path.startsWith(dockerfile) || folders.some((folder) => isWithin(path, folder))) ||
    bases.some((base) => isTouched({ descriptions, paths }, base.slice('image:'.length) as Key))
  );
}

function isWithin(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${posix.normalize(folder)}/`);
}
