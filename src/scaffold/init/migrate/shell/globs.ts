import { posix } from 'node:path';
import type { Word } from 'unbash';
import { hasHoles } from '../holes.js';
import { pathAt } from '../paths.js';
import { expandWord, type Expansion } from './words.js';

/** Words of a list; those that are patterns become the files that match. */
export function listedWords(words: readonly Word[], expansion: Expansion): string[] {
  return words.flatMap((word) =>
    expandWord(word, expansion).flatMap((text) => {
      const found = /[*?]/.test(text) && !hasHoles(text) ? expansion.files(text) : [];
      return found.length > 0 ? found : [text];
    }),
  );
}

/** Files and folders of a repository that a pattern matches, as it is written in a folder. */
export function filesMatching(pattern: string, folder: string, paths: readonly string[]): string[] {
  const onlyFolders = pattern.endsWith('/');
  const written = pattern.replace(/\/$/, '');
  const at = pathAt(folder, written);
  const expression = new RegExp(`^${at.split('/').map(segmentOf).join('/')}$`);
  const folders = new Set(paths.flatMap(foldersOf));
  const found = [...folders, ...(onlyFolders ? [] : paths)].filter((path) => expression.test(path)).sort();
  const base = written.startsWith('/') ? '' : folder;
  return found.map((path) => {
    const relative = base === '' || base === '.' ? path : posix.relative(base, path);
    return `${written.startsWith('./') ? './' : ''}${relative}${onlyFolders ? '/' : ''}`;
  });
}

function segmentOf(segment: string): string {
  const body = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  // A dot at the beginning has to be written.
  return /^[*?]/.test(segment) ? `(?!\\.)${body}` : body;
}

function foldersOf(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}
