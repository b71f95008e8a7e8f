import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Room for `blob <size>\0` before the bytes of a file. */
const HEAD = 32;
const ROOM = 1 << 20;
/** Shared, because it is filled and hashed without a pause. */
const buffer = Buffer.allocUnsafeSlow(HEAD + ROOM);

/** Git's blob id of some bytes, 40 hexadecimal digits. */
export function blobIdOf(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Whether a file of that size is read in pieces. */
export const isLarge = (size: number): boolean => size >= ROOM;

/**
 * Git's blob id of a file as it is on disk, without any filter.
 * @param size bytes, as lstat tells; not large
 * @throws the error of the file system; Error when the file changes meanwhile
 */
export function blobIdOfFile(path: string, size: number): string {
  const file = openSync(path, 'r');
  try {
    return hashAtOnce(file, size);
  } finally {
    closeSync(file);
  }
}

/** One call instead of four. */
function hashAtOnce(file: number, size: number): string {
  let read = 0;
  for (;;) {
    // One byte more than there should be, so that a file that has grown is noticed.
    const count = readSync(file, buffer, HEAD + read, size + 1 - read, null);
    read += count;
    // Asked for one more, given just these: that is the end.
    if (count === 0 || read >= size) break;
  }
  if (read !== size) throw new Error(CHANGES);
  const head = `blob ${size}\0`;
  buffer.write(head, HEAD - head.length, 'latin1');
  return hash('sha1', buffer.subarray(HEAD - head.length, HEAD + size), 'hex');
}

/**
 * The same of a file of any size, in steps.
 * @throws the error of the file system; Error when the file changes meanwhile
 */
export function* hashLargeFile(path: string, size: number): Generator<void, string> {
  const file = openSync(path, 'r');
  try {
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
  } finally {
    closeSync(file);
  }
}

const CHANGES = 'it changes while it is read';
