import { MalformedDocument } from '../manifest.js';

const BLOCK = 512;

export interface TarFile {
  path: string;
  content: Buffer;
}

/**
 * Regular files of a tar archive; links, folders and devices are passed over. Nothing is written anywhere, so paths are
 * names and no more.
 * @throws MalformedDocument
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function* tarFiles(archive: Buffer): Generator<TarFile, void> {
  let next: { path?: string; size?: number } = {};
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header);
    const flag = String.fromCharCode(header[156]!);
    const size = next.size ?? sizeOf(header);
    const begin = at + BLOCK;
    if (begin + size > archive.length) throw new MalformedDocument('ends in the middle of a file');
    const content = archive.subarray(begin, begin + size);
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
    if (flag === 'x') next = { ...next, ...extended(content) };
    else if (flag === 'L') next = { ...next, path: text(content) };
    else if (flag !== 'g' && flag !== 'K') {
      if (flag === '0' || flag === '\0' || flag === '7') yield { path: next.path ?? pathOf(header), content };
      next = {};
    }
  }
}

function checkSum(header: Buffer): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== octal(header.subarray(148, 156))) throw new MalformedDocument('is no tar archive');
}

function pathOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Large numbers are binary, with the first bit set. */
function sizeOf(header: Buffer): number {
  const field = header.subarray(124, 136);
  const size = (field[0]! & 0x80) === 0 ? octal(field) : Number(field.readBigUInt64BE(4));
  if (!Number.isSafeInteger(size)) throw new MalformedDocument('has a file of no known size');
  return size;
}

const octal = (field: Buffer): number => parseInt(text(field).trim() || '0', 8);

/** Records of a pax header: `<length> <key>=<value>\n`. */
function extended(content: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    if (space < at || !(length > space - at)) throw new MalformedDocument('has a wrong pax header');
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') found.path = value;
    if (key === 'size') found.size = Number(value);
    at += length;
  }
  return found;
}

/** Up to the first zero byte. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
