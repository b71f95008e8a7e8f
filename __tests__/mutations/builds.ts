import { posix } from 'node:path';
import { KEYS, describeImages, type Descriptions, type Key } from './dockerfiles.js';
import type { Mutation } from './mutation.js';

/** A mutation that was carried out. */
export interface Mutated {
  mutation: Mutation;
  folder: string;
  descriptions: Descriptions;
  /** All paths at which the folder differs from the original, in bytes or in anything that the file system stores. */
  paths: readonly string[];
}

/**
 * The images that are built to learn their layers after a mutation, by the coarsest rule, which neither knows
 * Dockerfiles nor uses the tested code: every image with a change in the folder of one of its contexts, to its
 * Dockerfile or in its configuration. All others are built from the same files as before.
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
