import { lstatSync, readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { blobIdOf, readFile } from './blob-id.js';

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
        .map((entry) => new Listed(entry.name, typeOf(entry), prefix));
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

/** A name in a folder. Reads on demand, because ignored files need no look; and keeps little, because there are many. */
export class Listed {
  #mode = -1;
  #content?: string;

  constructor(
    readonly name: string,
    readonly type: 'file' | 'directory' | 'link' | 'other',
    private readonly prefix: string,
  ) {}

  /** Absolute. */
  get path(): string {
    return this.prefix + this.name;
  }

  /** Blob id of the bytes of a file, or of a link's target. @throws the error of the file system */
  *content(): Generator<void, string> {
    if (this.#content !== undefined) return this.#content;
    if (this.type === 'link') return (this.#content = blobIdOf(readlinkSync(this.path, 'buffer')));
    const { mode, content } = yield* readFile(this.path);
    this.#mode = mode;
    return (this.#content = content);
  }

  /** Permission bits, those above 0o777 included. @throws the error of the file system */
  mode(): number {
    if (this.#mode === -1) this.#mode = lstatSync(this.path).mode;
    return this.#mode & 0o7777;
  }
}
