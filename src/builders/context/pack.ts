import { closeSync, fstatSync, lstatSync, openSync, readlinkSync, readSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Cancelled, failure } from '../../lib/errors.js';
import { contextEntries, READ, surveyContext, type ContextRequest } from './context.js';
import { padding, TAR_END, tarHeader, type TarEntry } from './tar-header.js';

/**
 * Streams a context, as fast as it is read from the stream. May be called again for another try.
 * @returns a gzipped tar (see tarBlocks), one gzip member; if the stream is destroyed, the open file is closed
 * @throws (stream, done) ReleaseError `build/context-unreadable`, `build/context-changed`; Cancelled
 */
export function packContext(request: ContextRequest): { stream: Readable; done: Promise<void> } {
  const cancelled = new Cancelled('sending the build context');
  const source = Readable.from(explained(request), { highWaterMark: 1 });
  const gzip = createGzip({ level: 6, chunkSize: BLOCK });
  const cancel = () => source.destroy(cancelled);
  request.signal?.addEventListener('abort', cancel);
  if (request.signal?.aborted) cancel();
  const done = pipeline(source, gzip)
    .catch((error: unknown) => {
      // The reader of the stream has gone.
      throw (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE' ? cancelled : error;
    })
    .finally(() => request.signal?.removeEventListener('abort', cancel));
  done.catch(() => {});
  return { stream: gzip, done };
}

/** A path could not be read, or changed while it was. */
class BrokenRead extends Error {
  constructor(
    readonly path: string,
    options?: { cause?: unknown },
  ) {
    super(`${path} could not be read`, options);
  }
}

async function* explained(request: ContextRequest): AsyncGenerator<Buffer, void> {
  try {
    yield* tarBlocks(request);
  } catch (error) {
    if (!(error instanceof BrokenRead)) throw error;
    await surveyContext(request);
    // All of it can be read after all.
    throw failure({
      code: 'build/context-changed',
      image: request.image,
      message: `In the build context ${request.name}, ${error.path} changed while it was read.`,
    });
  }
}

const BLOCK = 256 * 1024;

/**
 * Makes a tar archive of a context: its files below `context/`, then an empty `Dockerfile.dockerignore` and the
 * `Dockerfile`. These come last, so that an archive which was cut off has no Dockerfile and can't be built.
 *
 * Reading is synchronous, which is several times faster than promises for small files. At most one file is open;
 * `return()` closes it.
 * @throws BrokenRead
 */
function* tarBlocks(request: ContextRequest): Generator<Buffer, void> {
  const blocks = new Blocks();
  // The context itself may be named by a link.
  const root = attempt('.', () => statSync(request.folder));
  yield* blocks.add(tarHeader(entryOf('', 'directory', root)));
  for (const { type, path } of contextEntries(request)) {
    const file = join(request.folder, path);
    if (type === 'file') yield* addFile(blocks, path, file);
    else if (type === 'directory')
      yield* blocks.add(tarHeader(attempt(path, () => entryOf(`${path}/`, type, lstatSync(file)))));
    else if (type === 'link') {
      const link = () => ({
        ...entryOf(path, type, lstatSync(file)),
        mode: 0o777,
        target: readlinkSync(file),
      });
      yield* blocks.add(tarHeader(attempt(path, link)));
    } else if (type === 'unreadable') throw new BrokenRead(path);
  }
  // Kaniko looks for ignore rules next to the Dockerfile first: empty ones, or it would apply the context's again.
  yield* addText(blocks, 'Dockerfile.dockerignore', '', root);
  yield* addText(blocks, 'Dockerfile', request.dockerfile, root);
  yield* blocks.add(TAR_END);
  yield* blocks.rest();
}

function* addFile(blocks: Blocks, path: string, file: string): Generator<Buffer, void> {
  const open = attempt(path, () => openSync(file, READ));
  try {
    const before = attempt(path, () => fstatSync(open));
    if (!before.isFile()) throw new BrokenRead(path);
    const { size } = before;
    yield* blocks.add(tarHeader({ ...entryOf(path, 'file', before), size }));
    const read = yield* blocks.fill(size, (into, from, length) =>
      attempt(path, () => readSync(open, into, from, length, null)),
    );
    const after = attempt(path, () => fstatSync(open));
    if (read !== size || after.size !== size || after.mtimeMs !== before.mtimeMs) throw new BrokenRead(path);
    yield* blocks.add(Buffer.alloc(padding(size)));
  } finally {
    closeSync(open);
  }
}

function* addText(blocks: Blocks, path: string, text: string | Uint8Array, stat: Stats): Generator<Buffer, void> {
  const bytes = Buffer.from(text);
  yield* blocks.add(tarHeader({ ...entryOf('', 'file', stat), path, mode: 0o644, size: bytes.length }));
  yield* blocks.add(bytes);
  yield* blocks.add(Buffer.alloc(padding(bytes.length)));
}

/** @param path of a folder: ends in a slash, or is empty */
function entryOf(path: string, type: TarEntry['type'], { mode, mtimeMs }: Stats): TarEntry {
  return {
    path: `context/${path}`,
    type,
    mode: mode & 0o7777,
    modified: Math.floor(mtimeMs / 1000),
    size: 0,
  };
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new BrokenRead(path, { cause });
  }
}

/** Gathers bytes into blocks. */
class Blocks {
  #block = Buffer.allocUnsafeSlow(BLOCK);
  #used = 0;

  *add(bytes: Buffer): Generator<Buffer, void> {
    let added = 0;
    yield* this.fill(bytes.length, (into, from, length) => {
      const copied = bytes.copy(into, from, added, added + length);
      added += copied;
      return copied;
    });
  }

  /** @returns how many bytes there were: fewer than `size` if the source ended */
  *fill(size: number, read: (into: Buffer, from: number, length: number) => number): Generator<Buffer, number> {
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
    if (this.#used > 0) yield this.#block.subarray(0, this.#used);
    this.#block = Buffer.allocUnsafeSlow(BLOCK);
    this.#used = 0;
  }
}
