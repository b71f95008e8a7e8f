import { resolve } from 'node:path';
import type { ImageConfig } from '../config/config.js';
import { readRegularFile } from '../lib/regular-file.js';
import { Secret } from '../lib/secret.js';

/** Larger files (an archive, a key ring) are not text that a build prints. */
const LARGEST_FILE = 64 * 1024;
/** Shorter lines of a file are its punctuation (`{`, `true`), and hiding them would only garble the log. */
const SHORTEST_LINE = 8;

/**
 * The values of build secrets, to be kept out of everything that is shown: BuildKit keeps them out of images
 * and provenance, but a RUN step may print them. Of a file, each line is one value. What isn't there is left out.
 * @param root where relative paths start
 */
export function readBuildSecrets(
  images: readonly Pick<ImageConfig, 'secrets'>[],
  root: string,
  variables: Readonly<Record<string, string | undefined>>,
): Secret[] {
  return images
    .flatMap(({ secrets }) => secrets)
    .flatMap((secret) =>
      'env' in secret ? (variables[secret.env] ?? '') : linesOf(resolve(root, secret.file)),
    )
    .filter((value) => value.trim() !== '')
    .map((value) => new Secret(value));
}

function linesOf(file: string): string[] {
  try {
    return readRegularFile(file, LARGEST_FILE)
      .toString()
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line.length >= SHORTEST_LINE);
  } catch {
    return [];
  }
}
