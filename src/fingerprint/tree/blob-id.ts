import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Room for `blob <size>\0` before the bytes of a file. */
const HEAD = 32;
const ROOM = 1 << 20;
/** Shared, because it is filled and hashed without a pause. */
const buffer = Buffer.allocUnsafeSlow(HEAD + ROOM);
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
    const { mode, size } = stat;
    return { mode, content: size < ROOM ? hashAtOnce(file, size) : yield* hashInSteps(file, size) };
  } finally {
    closeSync(file);
  }
}

/** One call of the hash instead of four. @param size bytes, from fstat */
export function hashAtOnce(file: number, size: number): string {
  let read = 0;
  for (;;) {
    // One byte more than there should be, so that a file that has grown is noticed.
    const count = readSync(file, buffer, HEAD + read, size + 1 - read, null);
    read += count;
    if (count === 0 || read >= size) break;
  }
  if (read !== size) throw new Error(CHANGES);
  const head = `blob ${size}\0`;
  buffer.write(head, HEAD - head.length, 'latin1');
  return hash('sha1', buffer.subarray(HEAD - head.length, HEAD + size), 'hex');
}

function* hashInSteps(file: number, size: number): Generator<void, string> {
  const sum = createHash('sha1').update(`blob ${size}\0`);
  let read = 0;
  for (;;) {
    const count = readSync(file, buffer, 0, buffer.length, null);
    if (count === 0) break;
    read += count;
    sum.update(buffer.subarray(0, count));
    yield;
  }
  if (read !== size) throw new Error(CHANGES);
  return sum.digest('hex');
}
