import { lstatSync, readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { blobIdOf, readFile } from './blob-id.js';

/** A name in a folder. Methods throw the errors of the file system. */
export interface Listed {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** Blob id of the bytes of a file, or of a link's target. */
  content(): Generator<void, string>;
  /** Permission bits, those above 0o777 included. Cheap for a file whose content was read. */
  mode(): number;
}

/** The files of one machine during one run: each folder is listed once, each file hashed once, for all images. */
export class WorkTree {
  readonly #folders = new Map<string, Listed[]>();

  /** @returns sorted by name @throws the error of the file system */
  list(path: string): Listed[] {
    let listed = this.#folders.get(path);
    if (listed === undefined) {
      const prefix = path === '/' ? '/' : `${path}/`;
      listed = readdirSync(path, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((entry) => new Entry(entry.name, typeOf(entry), prefix));
      this.#folders.set(path, listed);
    }
    return listed;
  }
}

function typeOf(entry: Dirent): Listed['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Reads on demand, because ignored files need no look; and keeps little, because there are many. */
class Entry implements Listed {
  #mode = -1;
  #content?: string;

  constructor(
    readonly name: string,
    readonly type: Listed['type'],
    readonly prefix: string,
  ) {}

  get path(): string {
    return this.prefix + this.name;
  }

  *content(): Generator<void, string> {
    if (this.#content !== undefined) return this.#content;
    if (this.type === 'link') return (this.#content = blobIdOf(readlinkSync(this.path, 'buffer')));
    const { mode, content } = yield* readFile(this.path);
    this.#mode = mode;
    return (this.#content = content);
  }

  mode(): number {
    if (this.#mode === -1) this.#mode = lstatSync(this.path).mode;
    return this.#mode & 0o7777;
  }
}
