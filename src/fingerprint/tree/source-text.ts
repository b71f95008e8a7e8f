import { lstatSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { resolve } from 'node:path';
import { messageOf } from '../../lib/errors.js';
import { readRepositoryFile, RefusedFile } from '../../lib/regular-file.js';

/** `doubt` is a clause without full stop that goes on after the file's name. */
export type SourceText =
  | { status: 'read'; text: string }
  | { status: 'missing' }
  | { status: 'doubtful'; doubt: string };

/**
 * Reads a file that says how to build. One that can't be told as text without loss is no text.
 * @param links whether the builder follows one here as the file system does
 */
export function readSourceText(root: string, path: string, links: 'followed' | 'doubtful'): SourceText {
  try {
    const stat = lstatSync(resolve(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return { status: 'missing' };
    if (!stat.isFile() && !(links === 'followed' && stat.isSymbolicLink())) {
      return { status: 'doubtful', doubt: 'is no plain file' };
    }
    const bytes = readRepositoryFile(root, path);
    if (!isUtf8(bytes)) return { status: 'doubtful', doubt: 'is not UTF-8' };
    return { status: 'read', text: bytes.toString('utf8') };
  } catch (error) {
    if (error instanceof RefusedFile) return { status: 'doubtful', doubt: error.message };
    const code = /\b(E[A-Z]+): /.exec(messageOf(error))?.[1];
    if (code === 'ENOENT' || code === 'ENOTDIR') return { status: 'missing' };
    return { status: 'doubtful', doubt: `can't be read (${code ?? messageOf(error)})` };
  }
}
