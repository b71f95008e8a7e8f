import { createWriteStream } from 'node:fs';
import { chmod, link, lutimes, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;

interface Entry {
  name: string;
  type: string;
  size: number;
  mode: number;
  modified: number;
  target: string;
}

/**
 * Unpacks a gzipped tar as the executor does: it stops at the tar's end blocks, or where the gzip stream ends in
 * order, and takes what there was until then.
 * @throws Error with Go's text for a stream that is cut or is no gzip
 */
export async function unpackContext(stream: Readable, folder: string): Promise<void> {
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  let empty = true;
  stream.once('data', () => (empty = false));
  stream.pipe(gunzip);
  const source = new ByteSource(gunzip);
  try {
    for (;;) {
      const entry = await nextEntry(source);
      if (entry === undefined) return;
      await unpack(entry, source, folder);
      await source.skip((BLOCK - (entry.size % BLOCK)) % BLOCK);
    }
  } catch (error) {
    throw new Error(empty ? 'EOF' : goText(error), { cause: error });
  } finally {
    stream.unpipe(gunzip);
    gunzip.destroy();
  }
}

function goText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_DATA_ERROR' && /incorrect header check/.test(message)) return 'gzip: invalid header';
  if (code === 'Z_BUF_ERROR') return 'unexpected EOF';
  return message;
}

/** @returns undefined at the end of the archive */
async function nextEntry(source: ByteSource): Promise<Entry | undefined> {
  const extended: Partial<Record<'path' | 'linkpath' | 'size', string>> = {};
  for (;;) {
    const header = await source.block();
    if (header === undefined || header.every((byte) => byte === 0)) return undefined;
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString('utf8')
        .replace(/\0[^]*$/, '');
    const octal = (from: number, length: number) => parseInt(text(from, length).trim() || '0', 8);
    const size = octal(124, 12);
    const type = text(156, 1) || '0';
    if (type === 'x' || type === 'L' || type === 'K') {
      const bytes = (await source.read(size)).toString('utf8');
      await source.skip((BLOCK - (size % BLOCK)) % BLOCK);
      if (type === 'x') for (const [name, value] of records(bytes)) Object.assign(extended, { [name]: value });
      else extended[type === 'L' ? 'path' : 'linkpath'] = bytes.replace(/\0[^]*$/, '');
      continue;
    }
    const prefix = text(257, 6).startsWith('ustar') && text(345, 155);
    const name = prefix ? `${prefix}/${text(0, 100)}` : text(0, 100);
    return {
      type,
      name: extended.path ?? name,
      size: Number(extended.size ?? size),
      mode: octal(100, 8) & 0o7777,
      modified: octal(136, 12),
      target: extended.linkpath ?? text(157, 100),
    };
  }
}

/** Pax: `length name=value\n`, the length being that of the whole record in bytes. */
function* records(text: string): Generator<[string, string]> {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    const length = parseInt(bytes.toString('latin1'), 10);
    const record = bytes.subarray(0, length).toString('utf8');
    const [, name, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(record) ?? [];
    if (!(length > 0) || name === undefined) throw new Error('archive/tar: invalid tar header');
    yield [name, value!];
    bytes = bytes.subarray(length);
  }
}

async function unpack(entry: Entry, source: ByteSource, folder: string): Promise<void> {
  const name = normalize(entry.name);
  if (name === '..' || name.startsWith('../')) {
    throw new Error(`tar entry "${entry.name}" is not allowed: references parent directory`);
  }
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  if (entry.type === '5') {
    await mkdir(path, { recursive: true });
    await chmod(path, entry.mode);
    return;
  }
  await rm(path, { recursive: true, force: true });
  if (entry.type === '2') await symlink(entry.target, path);
  else if (entry.type === '1') await link(join(folder, entry.target), path);
  else {
    await source.copy(entry.size, path);
    await chmod(path, entry.mode);
  }
  await lutimes(path, entry.modified, entry.modified);
}

/** Reads a stream in pieces of asked sizes. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** @returns undefined where the stream ends before it */
  async block(): Promise<Buffer | undefined> {
    if (this.#rest.length === 0 && !(await this.#fill())) return undefined;
    return this.read(BLOCK);
  }

  async read(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#each(size, (part) => void parts.push(part));
    return Buffer.concat(parts);
  }

  skip(size: number): Promise<void> {
    return this.#each(size, () => {});
  }

  async copy(size: number, path: string): Promise<void> {
    const file = createWriteStream(path);
    const done = new Promise<void>((resolve, reject) => {
      file.on('close', () => resolve()).on('error', reject);
    });
    try {
      await this.#each(size, async (part) => {
        if (!file.write(part)) await new Promise((resolve) => file.once('drain', () => resolve(undefined)));
      });
    } finally {
      file.end();
      await done;
    }
  }

  async #each(size: number, take: (part: Buffer) => void | Promise<void>): Promise<void> {
    let left = size;
    while (left > 0) {
      if (this.#rest.length === 0 && !(await this.#fill())) throw new Error('unexpected EOF');
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      await take(part);
    }
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    this.#rest = Buffer.from(value);
    return true;
  }
}
