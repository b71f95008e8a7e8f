import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Descriptions, Key } from './dockerfiles.js';
import { FILES } from './repository.js';

/** One change to the repository or to the configuration of its images. */
export interface Mutation {
  name: string;
  /** Images whose fingerprint changes. All others keep theirs. */
  flips: readonly Key[];
  /**
   * Images whose layers change, if these differ from `flips`: fewer if the fingerprint covers what is in no layer (a
   * label), more if the configuration excludes files that the builder copies.
   */
  layers?: readonly Key[];
  /** Of these, images whose layers differ only in the time (in seconds) of a folder that the step creates. */
  byTime?: readonly Key[];
  /** Images that lose their fingerprint, so they are always built. */
  always?: readonly Key[];
  files?(root: string): Promise<void>;
  descriptions?(all: Descriptions): Descriptions;
}

/** Writes a file and keeps its mode. */
export const write = (path: string, text: string) => async (root: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  // Replaces the file rather than its content, because it may have a second name.
  await rm(join(root, path), { force: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), FILES[path]?.mode ?? 0o644);
};
