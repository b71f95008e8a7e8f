/** An entry of a tar archive; its content follows the header, padded to whole blocks. */
export interface TarEntry {
  /** Folders end in a slash. */
  path: string;
  type: 'file' | 'directory' | 'link';
  /** Permission bits, those above 0o777 included. */
  mode: number;
  /** Seconds since the epoch, whole. */
  modified: number;
  /** Bytes of a file; else 0. */
  size: number;
  target?: string;
}

export const TAR_BLOCK = 512;
/** The end of an archive: two blocks of zeros. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);

const TYPE_FLAGS = { file: '0', link: '2', directory: '5', pax: 'x' } as const;
/** The largest number of eleven octal digits. */
const LARGEST = 8 ** 11 - 1;

/**
 * The header of an entry, owned by root. Values that the old format has no room for are in a pax header before it.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function tarHeader(entry: TarEntry): Buffer {
  const { path, target = '', size } = entry;
  const records = [
    ...(fits(path) ? [] : [record('path', path)]),
    ...(fits(target) ? [] : [record('linkpath', target)]),
    ...(size > LARGEST ? [record('size', String(size))] : []),
  ];
  const header = ustar({ ...entry, flag: TYPE_FLAGS[entry.type] });
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const pax = { path: 'pax', flag: TYPE_FLAGS.pax, mode: 0o644, modified: 0, size: body.length };
  return Buffer.concat([ustar(pax), body, Buffer.alloc(padding(body.length)), header]);
}

/** Zero bytes between the end of a file and the next header. */
export function padding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

/** Other characters have no agreed encoding in the old format. */
function fits(name: string): boolean {
  return name.length <= 100 && /^[\x20-\x7e]*$/.test(name);
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function ustar(entry: Omit<TarEntry, 'type'> & { flag: string }): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'ascii');
  header.write(entry.path, 0, 100, 'latin1');
  octal(entry.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(entry.size > LARGEST ? 0 : entry.size, 124, 11);
  octal(Math.min(Math.max(entry.modified, 0), LARGEST), 136, 11);
  header.write(entry.flag, 156, 'ascii');
  header.write(entry.target ?? '', 157, 100, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  // The sum counts its own field as spaces.
  const sum = header.reduce((total, byte) => total + byte, 8 * 0x20);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
