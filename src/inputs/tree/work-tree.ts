import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { blobIdOf, blobIdOfFile, hashLargeFile, isLarge } from './blob-id.js';
import type { IndexProof } from './index-proof.js';

/** A name in a folder. Methods throw the errors of the file system. */
export interface Listed {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  type(): 'file' | 'directory' | 'link' | 'other';
  /** Permission bits, those above 0o777 included. */
  mode(): number;
  /** Blob id of the bytes of a file, or of a link's target; undefined: the file is large and not hashed yet. */
  content(): string | undefined;
  hashLarge(): Generator<void, string>;
}

/** The files of one machine during one run: each folder is listed once, each file hashed once, for all images. */
export class WorkTree {
  readonly #folders = new Map<string, Listed[]>();

  /** @param proof what git's index can say without reading a file */
  constructor(readonly proof?: IndexProof) {}

  /** @returns sorted by name @throws the error of the file system */
  list(folder: string): Listed[] {
    let listed = this.#folders.get(folder);
    if (listed === undefined) {
      listed = readdirSync(folder)
        .sort()
        .map((name) => new Entry(name, folder, this));
      this.#folders.set(folder, listed);
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

const FORMAT = 0o170000;
const TYPES: Partial<Record<number, 'file' | 'directory' | 'link'>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'link',
};

/** Looks when it is asked, because what is ignored needs no look; and keeps little, because there are many. */
class Entry implements Listed {
  #mode = -1;
  /** Until the content is known. */
  #stat?: Stats;
  #content?: string;

  constructor(
    readonly name: string,
    readonly folder: string,
    readonly workTree: WorkTree,
  ) {}

  get path(): string {
    return this.folder === '/' ? `/${this.name}` : `${this.folder}/${this.name}`;
  }

  type() {
    return TYPES[this.#look() & FORMAT] ?? 'other';
  }

  mode(): number {
    return this.#look() & 0o7777;
  }

  content(): string | undefined {
    if (this.#content !== undefined) return this.#content;
    if (this.type() === 'link') return this.#keep(blobIdOf(readlinkSync(this.path, 'buffer')));
    const { path } = this;
    const stat = this.#stat!;
    const proven = this.workTree.proof?.blobOf(path, stat, this.workTree.describes);
    if (proven !== undefined) return this.#keep(proven);
    return isLarge(stat.size) ? undefined : this.#keep(blobIdOfFile(path, stat.size));
  }

  *hashLarge(): Generator<void, string> {
    return this.#content ?? this.#keep(yield* hashLargeFile(this.path, this.#stat!.size));
  }

  #look(): number {
    if (this.#mode === -1) {
      const stat = lstatSync(this.path);
      this.#mode = stat.mode;
      if (!stat.isDirectory()) this.#stat = stat;
    }
    return this.#mode;
  }

  #keep(content: string): string {
    this.#stat = undefined;
    return (this.#content = content);
  }
}
