import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 20;
/** Shared, because it is filled and hashed without a pause. */
const buffer = Buffer.allocUnsafeSlow(CHUNK);
/** A listed file may have become a link or a pipe: neither is followed or waited for. */
const AS_LISTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHANGES = 'it changes while it is read';

/** Git's blob id of some bytes, 40 hexadecimal digits. */
export function blobIdOf(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/**
 * Reads mode (with the bits of its type) and content of a file, a large one in steps. `content` is git's blob id of the
 * bytes on disk, without any filter.
 * @throws the error of the file system; Error if it is no file, or changes meanwhile
 */
export function* readFile(path: string): Generator<void, { mode: number; content: string }> {
  const file = openSync(path, AS_LISTED);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(CHANGES);
    return { mode: stat.mode, content: yield* hashFile(file, stat.size) };
  } finally {
    closeSync(file);
  }
}

/** @param size bytes, from fstat */
export function* hashFile(file: number, size: number): Generator<void, string> {
  const sum = createHash('sha1').update(`blob ${size}\0`);
  let read = 0;
  for (let count = CHUNK; count === CHUNK;) {
    count = readSync(file, buffer, 0, CHUNK, null);
    read += count;
    sum.update(buffer.subarray(0, count));
    if (count === CHUNK) yield;
  }
  if (read !== size) throw new Error(CHANGES);
  return sum.digest('hex');
}
