/**
 * Reader of git's index, versions 2 to 4 with SHA-1 (gitformat-index(5)). The paths are told at once, everything else
 * is read from the bytes when it is asked for.
 */
export interface GitIndex {
  /** Offsets of the entries by path: merged, complete entries of plain files whose flags hide nothing. */
  files: Map<string, number>;
  /** Paths of tracked `.gitattributes`. */
  attributeFiles: string[];
  /** Those of them that a sparse checkout leaves out of the work tree. */
  hiddenAttributeFiles: string[];
  bytes: Buffer;
}

/** What lstat says of a file, as far as the index holds it. */
export interface FileStat {
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
  uid: number;
  gid: number;
  size: number;
}

const HEADER = 12;
const CHECKSUM = 20;
/** Stat data, object id, flags. */
const FIXED = 62;
const ASSUME_VALID = 0x8000;
const EXTENDED = 0x4000;
const STAGE = 0x3000;
const SKIP_WORKTREE = 0x4000;
const INTENT_TO_ADD = 0x2000;
const REGULAR = 0o100000;
const WORD = 2 ** 32;

/** @returns how many entries an index has, told by its first 12 bytes; 0: it is none */
export function countEntries(head: Buffer): number {
  if (head.length < HEADER || head.toString('latin1', 0, 4) !== 'DIRC') return 0;
  return head.readUInt32BE(8);
}

/** @returns undefined where the bytes are no index, or one that leans on another file (a split index) */
export function parseIndex(bytes: Buffer): GitIndex | undefined {
  const version = bytes.length < HEADER + CHECKSUM ? 0 : bytes.readUInt32BE(4);
  const count = countEntries(bytes);
  if (version < 2 || version > 4) return undefined;
  const index: GitIndex = { files: new Map(), attributeFiles: [], hiddenAttributeFiles: [], bytes };
  const end = bytes.length - CHECKSUM;
  let at = HEADER;
  let path = '';
  for (let entry = 0; entry < count; entry += 1) {
    if (at + FIXED >= end) return undefined;
    const start = at;
    const flags = bytes.readUInt16BE(at + 60);
    let further = 0;
    at += FIXED;
    if (flags & EXTENDED) {
      further = bytes.readUInt16BE(at);
      at += 2;
    }
    let kept = '';
    if (version === 4) {
      const stripped = readOffset(bytes, at);
      if (stripped.value > path.length) return undefined;
      at = stripped.next;
      kept = path.slice(0, path.length - stripped.value);
    }
    const stop = bytes.indexOf(0, at);
    if (stop === -1 || stop >= end) return undefined;
    // One character per byte until the name is whole: version 4 may cut within a UTF-8 sequence.
    path = kept + bytes.toString('latin1', at, stop);
    at = version === 4 ? stop + 1 : start + ((stop - start + 8) & ~7);

    const name = isAscii(path) ? path : Buffer.from(path, 'latin1').toString('utf8');
    if (name.endsWith('.gitattributes')) {
      const list = further & SKIP_WORKTREE ? index.hiddenAttributeFiles : index.attributeFiles;
      list.push(name);
    }
    const hidden = flags & (ASSUME_VALID | STAGE) || further & (SKIP_WORKTREE | INTENT_TO_ADD);
    const plain = (bytes.readUInt32BE(start + 24) & 0o170000) === REGULAR;
    if (plain && !hidden) index.files.set(name, start);
  }
  return readsAlone(bytes, at, end) ? index : undefined;
}

/**
 * Whether the entry's stat data are those of the file as it is now, and the index can't have missed a later change.
 * Size 0 proves nothing: git writes it down where it is not sure of an entry (git's technical/racy-git).
 */
export function isUnchanged(
  { bytes }: Pick<GitIndex, 'bytes'>,
  entry: number,
  stat: FileStat,
  writtenMs: number,
): boolean {
  return (
    timeAt(bytes, entry + 8) === stat.mtimeMs &&
    timeAt(bytes, entry) === stat.ctimeMs &&
    stat.size > 0 &&
    sizeAt({ bytes }, entry) === stat.size &&
    bytes.readUInt32BE(entry + 20) === stat.ino % WORD &&
    bytes.readUInt32BE(entry + 28) === stat.uid % WORD &&
    bytes.readUInt32BE(entry + 32) === stat.gid % WORD &&
    Math.max(stat.mtimeMs, stat.ctimeMs) < writtenMs - slack(writtenMs)
  );
}

/** Of the file in the work tree, modulo 2³². */
export function sizeAt({ bytes }: Pick<GitIndex, 'bytes'>, entry: number): number {
  return bytes.readUInt32BE(entry + 36);
}

/** @returns 40 hexadecimal digits */
export function blobAt({ bytes }: Pick<GitIndex, 'bytes'>, entry: number): string {
  return bytes.toString('hex', entry + 40, entry + 60);
}

/**
 * A file written just before the index could have been written again within the same tick of the file system's clock
 * (git's "racy" entries). Ticks are 10 ms at most on Linux, two seconds where times have no fraction.
 */
function slack(writtenMs: number): number {
  return writtenMs % 1000 === 0 ? 2000 : 20;
}

/** As node computes `mtimeMs`, so that equal times are equal numbers. */
function timeAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 1000 + bytes.readUInt32BE(at + 4) / 1e6;
}

/** The variable-length integer of pack offsets: each continuation adds one. */
function readOffset(bytes: Buffer, at: number): { value: number; next: number } {
  let byte = bytes[at]!;
  let value = byte & 0x7f;
  let next = at + 1;
  while (byte & 0x80) {
    byte = bytes[next] ?? 0;
    value = (value + 1) * 128 + (byte & 0x7f);
    next += 1;
  }
  return { value, next };
}

/** Whether no extension says that entries are to be found elsewhere. */
function readsAlone(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (at + 8 > end) return false;
    const signature = bytes.toString('latin1', at, at + 4);
    // Lower case: not to be passed over by who doesn't know it. `sdir` (sparse folders) hides no plain file.
    if (/^[^A-Z]/.test(signature) && signature !== 'sdir') return false;
  }
  return true;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
