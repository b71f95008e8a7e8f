import { lstatSync, readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { blobIdOf, hashLargeFile, readFile } from './blob-id.js';
import type { FolderProof, IndexProof } from './index-proof.js';

/** A name in a folder. Methods throw the errors of the file system. */
export interface Listed {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** Blob id of the bytes of a file, or of a link's target; undefined: the file is large and not hashed yet. */
  content(): string | undefined;
  hashLarge(): Generator<void, string>;
  /** Permission bits, those above 0o777 included. Of a file it is known with its content. */
  mode(): number;
}

/** The files of one machine during one run: each folder is listed once, each file hashed once, for all images. */
export class WorkTree {
  readonly #folders = new Map<string, Listed[]>();

  /** @param proof what git's index can say without reading a file */
  constructor(readonly proof?: IndexProof) {}

  /** @returns sorted by name @throws the error of the file system */
  list(path: string): Listed[] {
    let listed = this.#folders.get(path);
    if (listed === undefined) {
      const folder: Folder = { prefix: path === '/' ? '/' : `${path}/` };
      listed = readdirSync(path, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((entry) => new Entry(entry.name, typeOf(entry), folder));
      this.#folders.set(path, listed);
      folder.proof = this.proof?.inFolder(path, this.describes);
    }
    return listed;
  }

  /** Whether a folder has a file of git attributes, tracked or not. */
  readonly describes = (folder: string): boolean => {
    try {
      return this.list(folder).some(({ name }) => name === '.gitattributes');
    } catch {
      return true;
    }
  };
}

interface Folder {
  prefix: string;
  proof?: FolderProof;
}

function typeOf(entry: Dirent): Listed['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Looks when it is asked, because what is ignored needs no look; and keeps little, because there are many. */
class Entry implements Listed {
  #mode = -1;
  #content?: string;

  constructor(
    readonly name: string,
    readonly type: Listed['type'],
    readonly folder: Folder,
  ) {}

  get path(): string {
    return this.folder.prefix + this.name;
  }

  content(): string | undefined {
    return (this.#content ??= this.type === 'link' ? this.#targetId() : (this.#proven() ?? this.#read()));
  }

  *hashLarge(): Generator<void, string> {
    return (this.#content ??= yield* hashLargeFile(this.path));
  }

  mode(): number {
    if (this.#mode === -1) this.#mode = lstatSync(this.path).mode;
    return this.#mode & 0o7777;
  }

  #targetId(): string {
    return blobIdOf(readlinkSync(this.path, 'buffer'));
  }

  #proven(): string | undefined {
    const { proof } = this.folder;
    if (proof === undefined) return undefined;
    const stat = lstatSync(this.path);
    const content = stat.isFile() ? proof.blobOf(this.name, stat) : undefined;
    if (content !== undefined) this.#mode = stat.mode;
    return content;
  }

  #read(): string | undefined {
    const { mode, content } = readFile(this.path);
    this.#mode = mode;
    return content;
  }
}
