import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Descriptions, Key } from './dockerfiles.js';
import { FILES } from './repository.js';

/** One change to the repository or to what the configuration says of its images. */
export interface Mutation {
  name: string;
  /** Images with another fingerprint afterwards; all others have the same. */
  flips: readonly Key[];
  /**
   * Images with other layers afterwards, where those are not the same: less where the fingerprint covers what no layer
   * shows (a label), more where the user's word leaves out what the builder copies.
   */
  layers?: readonly Key[];
  /** Of these: images whose layers differ only in the time, in seconds, of a folder that the step makes anew. */
  byTime?: readonly Key[];
  /** Images that are always built from then on. */
  always?: readonly Key[];
  files?(root: string): Promise<void>;
  descriptions?(all: Descriptions): Descriptions;
}

/** Puts a file there, with the mode that it had. */
export const write = (path: string, text: string) => async (root: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  // A new file, not new bytes in the old one: that may have a second name.
  await rm(join(root, path), { force: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), FILES[path]?.mode ?? 0o644);
};
