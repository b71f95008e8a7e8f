import { lstatSync, readFileSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../../lib/errors.js';

/** `doubt` is a clause without full stop that goes on after the file's name. */
export type SourceText =
  | { status: 'read'; text: string }
  | { status: 'missing' }
  | { status: 'doubtful'; doubt: string };

/**
 * Reads a file that says how to build. One that can't be told as text without loss is no text.
 * @param links whether the builder follows one here as the file system does
 */
export function readSourceText(path: string, links: 'followed' | 'doubtful'): SourceText {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { status: 'missing' };
    if (!stat.isFile() && !(links === 'followed' && stat.isSymbolicLink())) {
      return { status: 'doubtful', doubt: 'is no plain file' };
    }
    const bytes = readFileSync(path);
    if (!isUtf8(bytes)) return { status: 'doubtful', doubt: 'is not UTF-8' };
    return { status: 'read', text: bytes.toString('utf8') };
  } catch (error) {
    const code = /\b(E[A-Z]+): /.exec(messageOf(error))?.[1];
    if (code === 'ENOENT' || code === 'ENOTDIR') return { status: 'missing' };
    return { status: 'doubtful', doubt: `can't be read (${code ?? messageOf(error)})` };
  }
}
