import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** A file that exists, but isn't read because of what it is. The message is a clause that goes on after its name. */
export class RefusedFile extends Error {
  override readonly name = 'RefusedFile';
}

const MIB = 2 ** 20;
/** People write a page or two: of configurations, Dockerfiles, ignore files, bake files. */
const LARGEST_TEXT = MIB;
/** BuildKit takes none that is larger. */
export const LARGEST_SECRET = 500 * 1024;

/**
 * Reads a file of the repository. A link may lead to another file of the repository, and nowhere else: what the
 * runner holds (`/proc/self/environ`, `/etc/shadow`) is nobody's Dockerfile.
 * @param path relative to `root`, or absolute; one that is written as a path elsewhere may lead elsewhere
 * @throws RefusedFile; the error of the file system
 */
export function readRepositoryFile(root: string, path: string, maxBytes = LARGEST_TEXT): Buffer {
  if (leadsOut(root, path)) throw new RefusedFile(LEADS_OUT);
  return readWhole(realpathSync.native(resolve(root, path)), maxBytes);
}

export const LEADS_OUT = 'is a link that leads out of the repository';

/**
 * Whether a path that is written as one of the repository is a link to elsewhere.
 * @throws the error of the file system
 */
export function leadsOut(root: string, path: string): boolean {
  const file = resolve(root, path);
  return isInside(file, resolve(root)) && !isInside(realpathSync.native(file), realpathSync.native(root));
}

/**
 * Reads a file wherever it is: a secret, a certificate.
 * @throws RefusedFile; the error of the file system
 */
export function readRegularFile(path: string, maxBytes = LARGEST_TEXT): Buffer {
  return readWhole(realpathSync.native(path), maxBytes);
}

/** Never waits for who writes to a pipe, opens no device, and reads no more than it may. @param real without links */
function readWhole(real: string, maxBytes: number): Buffer {
  if (/^\/(?:proc|sys)\//.test(real)) throw new RefusedFile('is not a file on disk');
  if (!statSync(real).isFile()) throw irregular();
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw irregular();
    if (stat.size > maxBytes) throw tooLarge(maxBytes);
    const bytes = Buffer.allocUnsafe(stat.size + 1);
    let read = 0;
    for (;;) {
      const count = readSync(file, bytes, read, bytes.length - read, null);
      read += count;
      if (count === 0) return bytes.subarray(0, read);
      if (read === bytes.length) throw new RefusedFile('grows while it is read');
    }
  } finally {
    closeSync(file);
  }
}

const irregular = () => new RefusedFile('is not a regular file');

function tooLarge(maxBytes: number): RefusedFile {
  const size = maxBytes < MIB ? `${Math.floor(maxBytes / 1024)} KiB` : `${Math.floor(maxBytes / MIB)} MiB`;
  return new RefusedFile(`is larger than ${size}`);
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
