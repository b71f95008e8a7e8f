import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import type { ContextCount, ContextOrder } from './context.js';
import { contextEntries, READ } from './entries.js';
import { padding, TAR_END, tarHeader, type TarEntry } from './tar-header.js';

/** A path could not be read, or changed while it was. */
export class BrokenRead extends Error {
  constructor(
    readonly path: string,
    options?: { cause?: unknown },
  ) {
    super(`${path} could not be read`, options);
  }
}

const BLOCK = 256 * 1024;

/**
 * Makes a tar archive of a context: what is in it below `context/`, then an empty `Dockerfile.dockerignore` and the
 * `Dockerfile`. These come last, so that an archive which was cut off has no Dockerfile and can't be built.
 *
 * Reading is synchronous, several times faster than by promises where files are small. Blocks alternate between two
 * buffers: who asks for the next but one must be done with the first. At most one file is open; `return()` closes it.
 * @param count is counted up
 * @throws BrokenRead
 */
export function* tarBlocks(order: ContextOrder, count: ContextCount): Generator<Buffer, void> {
  const blocks = new Blocks();
  // The context itself may be named by a link.
  const root = attempt('.', () => statSync(order.folder));
  yield* blocks.add(tarHeader(folderEntry('', root)));
  for (const { type, path } of contextEntries(order)) {
    const file = join(order.folder, path);
    if (type === 'file') {
      count.bytes += yield* addFile(blocks, path, file);
      count.files += 1;
    } else if (type === 'directory') {
      const stat = attempt(path, () => lstatSync(file));
      yield* blocks.add(tarHeader(folderEntry(`${path}/`, stat)));
      count.folders += 1;
    } else if (type === 'link') {
      yield* blocks.add(tarHeader(attempt(path, () => linkEntry(path, file))));
      count.links += 1;
    } else if (type === 'other') {
      count.leftOut.push(path);
    } else {
      throw new BrokenRead(path);
    }
  }
  // Kaniko looks for ignore rules beside the Dockerfile first: empty ones, or it would apply the context's again.
  yield* addText(blocks, 'Dockerfile.dockerignore', '', root);
  yield* addText(blocks, 'Dockerfile', order.dockerfile, root);
  yield* blocks.add(TAR_END);
  yield* blocks.rest();
}

/** @returns its size */
function* addFile(blocks: Blocks, path: string, file: string): Generator<Buffer, number> {
  const open = attempt(path, () => openSync(file, READ));
  try {
    const before = attempt(path, () => fstatSync(open));
    if (!before.isFile()) throw new BrokenRead(path);
    const { mode, mtimeMs, size } = before;
    const modified = seconds(mtimeMs);
    yield* blocks.add(tarHeader({ ...named(path), type: 'file', mode: mode & 0o7777, modified, size }));
    const read = yield* blocks.fill(size, (into, from, length) =>
      attempt(path, () => readSync(open, into, from, length, null)),
    );
    const after = attempt(path, () => fstatSync(open));
    if (read !== size || after.size !== size || after.mtimeMs !== mtimeMs) throw new BrokenRead(path);
    yield* blocks.add(Buffer.alloc(padding(size)));
    return size;
  } finally {
    closeSync(open);
  }
}

function* addText(
  blocks: Blocks,
  path: string,
  text: string | Uint8Array,
  { mtimeMs }: Stats,
): Generator<Buffer, void> {
  const bytes = Buffer.from(text);
  const { length: size } = bytes;
  yield* blocks.add(tarHeader({ path, type: 'file', mode: 0o644, modified: seconds(mtimeMs), size }));
  yield* blocks.add(bytes);
  yield* blocks.add(Buffer.alloc(padding(size)));
}

function linkEntry(path: string, file: string): TarEntry {
  const modified = seconds(lstatSync(file).mtimeMs);
  return { ...named(path), type: 'link', mode: 0o777, modified, target: readlinkSync(file) };
}

/** @param path ends in a slash, or is empty */
function folderEntry(path: string, { mode, mtimeMs }: Stats): TarEntry {
  return { ...named(path), type: 'directory', mode: mode & 0o7777, modified: seconds(mtimeMs) };
}

const named = (path: string) => ({ path: `context/${path}`, size: 0 });

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new BrokenRead(path, { cause });
  }
}

/** Two buffers that are filled and handed out in turn. */
class Blocks {
  #block = Buffer.allocUnsafe(BLOCK);
  #other = Buffer.allocUnsafe(BLOCK);
  #used = 0;

  *add(bytes: Buffer): Generator<Buffer, void> {
    let added = 0;
    yield* this.fill(bytes.length, (into, from, length) => {
      const copied = bytes.copy(into, from, added, added + length);
      added += copied;
      return copied;
    });
  }

  /** @returns how many bytes there were: fewer than asked for where the source ended */
  *fill(
    size: number,
    read: (into: Buffer, from: number, length: number) => number,
  ): Generator<Buffer, number> {
    let filled = 0;
    while (filled < size) {
      const got = read(this.#block, this.#used, Math.min(BLOCK - this.#used, size - filled));
      if (got === 0) break;
      filled += got;
      this.#used += got;
      if (this.#used === BLOCK) yield* this.rest();
    }
    return filled;
  }

  *rest(): Generator<Buffer, void> {
    if (this.#used === 0) return;
    const full = this.#block.subarray(0, this.#used);
    [this.#block, this.#other, this.#used] = [this.#other, this.#block, 0];
    yield full;
  }
}
