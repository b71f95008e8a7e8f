import { posix } from 'node:path';

/** The folders that a folder lies in, the nearest first, the root last. */
export function foldersAbove(folder: string): string[] {
  return folder === '.' ? [] : [posix.dirname(folder), ...foldersAbove(posix.dirname(folder))];
}

/** All folders that hold these files, at any depth, but the root. */
export function foldersOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => foldersAbove(path)))].filter((folder) => folder !== '.');
}
