import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Room for `blob <size>\0` before the bytes of a file. */
const HEAD = 32;
const ROOM = 1 << 20;
/** Shared, because it is filled and hashed without a pause. */
const buffer = Buffer.allocUnsafeSlow(HEAD + ROOM);
/** Of a name that was a file's a moment ago: neither to be led elsewhere, nor to wait for who writes to a pipe. */
const AS_LISTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHANGES = 'it changes while it is read';

/** Git's blob id of some bytes, 40 hexadecimal digits. */
export function blobIdOf(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export interface FileReading {
  /** With the bits of its type. */
  mode: number;
  /** Git's blob id of the bytes on disk, without any filter; undefined: the file is large. */
  content: string | undefined;
}

/**
 * Reads mode and content under one name at once, which spares a look at the path.
 * @throws the error of the file system; Error when it is no file, or changes meanwhile
 */
export function readFile(path: string): FileReading {
  const file = openSync(path, AS_LISTED);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(CHANGES);
    return { mode: stat.mode, content: stat.size < ROOM ? hashAtOnce(file, stat.size) : undefined };
  } finally {
    closeSync(file);
  }
}

/** One call instead of four. @param size bytes, as fstat told */
export function hashAtOnce(file: number, size: number): string {
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
 * The blob id of a file of any size, in steps.
 * @throws the error of the file system; Error when the file changes meanwhile
 */
export function* hashLargeFile(path: string): Generator<void, string> {
  const file = openSync(path, AS_LISTED);
  try {
    const { size } = fstatSync(file);
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
