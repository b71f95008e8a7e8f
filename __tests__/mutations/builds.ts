import { posix } from 'node:path';
import { KEYS, describeImages, type Descriptions, type Key } from './dockerfiles.js';
import type { Mutation } from './mutation.js';

/** A mutation that was carried out. */
export interface Mutated {
  mutation: Mutation;
  folder: string;
  descriptions: Descriptions;
  /** Where the folder differs from the original in anything, by its bytes and by what the file system tells. */
  paths: readonly string[];
}

/** What is built to learn the layers of images after mutations. */
export interface Build {
  keys: readonly Key[];
  /** One, or several laid over one another. */
  of: readonly Mutated[];
}

/**
 * Decides what is built, by the coarsest rule, which neither knows Dockerfiles nor asks the code that is tested: every
 * image with a change in the folder of one of its contexts, to its Dockerfile or in its configuration. What is left has
 * the very same before it.
 *
 * Changes to files that are expected to do nothing to an image are laid over one another, as far as they touch different
 * files: equal layers then say so of each. Its Dockerfile and ignore files are built for alone, because under them other
 * changes could go unseen.
 */
export function planBuilds(all: readonly Mutated[]): Build[] {
  const builds: Build[] = [];
  for (const mutated of all) {
    const keys = KEYS.filter((key) => isTouched(mutated, key) && !isOneOfMany(mutated, key));
    if (keys.length > 0) builds.push({ keys, of: [mutated] });
  }
  for (const key of KEYS) {
    const many = all.filter((mutated) => isTouched(mutated, key) && isOneOfMany(mutated, key));
    builds.push(...pack(many).map((of) => ({ keys: [key], of })));
  }
  return builds;
}

/** Whether the image can be another one. */
function isTouched({ descriptions, paths }: Mutated, key: Key): boolean {
  const { context, dockerfile, contexts } = descriptions[key];
  if (JSON.stringify(descriptions[key]) !== JSON.stringify(describeImages()[key])) return true;
  const folders = [context, ...Object.values(contexts)].filter((folder) => !folder.startsWith('image:'));
  const bases = Object.values(contexts).filter((context) => context.startsWith('image:'));
  return (
    paths.some((path) => path.startsWith(dockerfile) || folders.some((folder) => isWithin(path, folder))) ||
    bases.some((base) => isTouched({ descriptions, paths } as Mutated, base.slice('image:'.length) as Key))
  );
}

/** Whether it is a change to files that does nothing to the image, and that hides no other change. */
function isOneOfMany({ mutation, descriptions, paths }: Mutated, key: Key): boolean {
  const { context, dockerfile, contexts } = descriptions[key];
  const folders = [context, ...Object.values(contexts)];
  const own = [dockerfile, ...folders.map((folder) => posix.join(folder, '.dockerignore'))];
  return (
    !mutation.flips.includes(key) &&
    !mutation.layers?.includes(key) &&
    mutation.descriptions === undefined &&
    !paths.some((path) => own.some((name) => path.startsWith(name)))
  );
}

function isWithin(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${posix.normalize(folder)}/`);
}

/** Into as few as there need be so that none touches what another does. */
function pack(all: readonly Mutated[]): Mutated[][] {
  const packs: { of: Mutated[]; paths: string[] }[] = [];
  for (const mutated of all) {
    const free = packs.find(({ paths }) =>
      paths.every((path) => mutated.paths.every((other) => !isWithin(path, other) && !isWithin(other, path))),
    );
    if (free) {
      free.of.push(mutated);
      free.paths.push(...mutated.paths);
    } else {
      packs.push({ of: [mutated], paths: [...mutated.paths] });
    }
  }
  return packs.map(({ of }) => of);
}
