import { chmodSync, lutimesSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;

interface Entry {
  path: string;
  type: string;
  mode: number;
  modified: number;
  target: string;
  content: Buffer;
}

/** Unpacks a gzipped tar. @throws Error with Go's text for a stream that is cut or is no gzip */
export async function unpackContext(stream: Readable, folder: string): Promise<void> {
  for (const entry of entriesOf(unzip(await buffer(stream)))) unpack(entry, folder);
}

function unzip(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new Error('EOF');
  try {
    return gunzipSync(bytes);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(/incorrect header check/.test(message) ? 'gzip: invalid header' : 'unexpected EOF', {
      cause: error,
    });
  }
}

/** Up to the blocks of zeros, or where the archive ends. */
function* entriesOf(archive: Buffer): Generator<Entry> {
  let extended: Record<string, string> = {};
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString()
        .replace(/\0[^]*$/, '');
    const octal = (from: number, length: number) => parseInt(text(from, length).trim() || '0', 8);
    const type = text(156, 1) || '0';
    const size = Number((type !== 'x' && extended.size) || octal(124, 12));
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new Error('unexpected EOF');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') {
      extended = recordsOf(content);
      continue;
    }
    yield {
      ...{ type, content, mode: octal(100, 8) & 0o7777, modified: octal(136, 12) },
      ...{ path: extended.path ?? text(0, 100), target: extended.linkpath ?? text(157, 100) },
    };
    extended = {};
  }
}

/** Pax: `length name=value\n`, the length being that of the whole record in bytes. */
function recordsOf(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length;) {
    const length = parseInt(content.subarray(at).toString('latin1'), 10);
    const [, name = '', value = ''] = /^\d+ ([^=]+)=([^]*)\n$/.exec(content.subarray(at, at + length).toString()) ?? [];
    records[name] = value;
    at += length;
  }
  return records;
}

function unpack(entry: Entry, folder: string): void {
  const path = join(folder, entry.path);
  mkdirSync(dirname(path), { recursive: true });
  if (entry.type === '5') {
    mkdirSync(path, { recursive: true });
    return chmodSync(path, entry.mode);
  }
  rmSync(path, { recursive: true, force: true });
  if (entry.type === '2') symlinkSync(entry.target, path);
  else {
    writeFileSync(path, entry.content);
    chmodSync(path, entry.mode);
  }
  lutimesSync(path, entry.modified, entry.modified);
}
