import type { TextFile } from './build-files-checkout.js';

const MOST = 300;
/** Generated manifests are larger; those that people write are a page or two. */
const LARGEST = 256 * 1024;
const WORTH_READING = /^\s*-?\s*"?(?:containers|images|configMapGenerator|data)"?\s*:|"containers"\s*:/m;

export function isManifestFile(path: string): boolean {
  return /\.ya?ml$/i.test(path) && !/(?:^|\/)(?:pnpm-lock\.yaml|charts\/|templates\/|testdata\/)/.test(path);
}

/** Those of the files that may say with which image and variables a container runs. */
export function readManifestTexts(
  paths: readonly string[],
  read: (path: string) => readonly TextFile[],
): TextFile[] {
  return paths
    .slice(0, MOST)
    .flatMap(read)
    .filter(({ text }) => text.length <= LARGEST && WORTH_READING.test(text));
}
