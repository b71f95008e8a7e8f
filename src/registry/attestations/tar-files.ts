import { MalformedDocument } from '../manifest.js';

const BLOCK = 512;

export interface TarFile {
  path: string;
  content: Buffer;
}

/**
 * Regular files of a tar archive (ustar); links, folders, devices and extended headers are passed over. Nothing is
 * written anywhere, so paths are only names.
 * @throws MalformedDocument
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function* tarFiles(archive: Buffer): Generator<TarFile, void> {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    if (sum !== octal(header.subarray(148, 156))) throw new MalformedDocument('is no tar archive');
    const size = octal(header.subarray(124, 136));
    const begin = at + BLOCK;
    if (!(begin + size <= archive.length)) throw new MalformedDocument('ends in the middle of a file');
    const flag = String.fromCharCode(header[156]!);
    if (flag === '0' || flag === '\0') yield { path: pathOf(header), content: archive.subarray(begin, begin + size) };
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function pathOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

const octal = (field: Buffer): number => parseInt(text(field).trim() || '0', 8);

/** Up to the first zero byte. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
