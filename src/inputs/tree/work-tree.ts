import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { blobIdOf, blobIdOfFile } from './blob-id.js';
import type { IndexProof } from './index-proof.js';

/** A name in a folder. */
export interface Listed {
  name: string;
  /** Absolute. */
  path: string;
  /** Read when it is asked for: what is ignored needs none. @throws the error of the file system */
  stat(): Stats;
}

/** The files of one machine during one run: each folder is listed once, each file hashed once, for all images. */
export class WorkTree {
  readonly #folders = new Map<string, Listed[]>();
  readonly #contents = new Map<string, string>();

  /** @param proof what git's index can say without reading a file */
  constructor(readonly proof?: IndexProof) {}

  /** @returns sorted by name @throws the error of the file system */
  list(folder: string): Listed[] {
    let listed = this.#folders.get(folder);
    if (listed === undefined) {
      listed = readdirSync(folder)
        .sort()
        .map((name) => new Entry(name, folder));
      this.#folders.set(folder, listed);
    }
    return listed;
  }

  /** Blob id of a file's bytes. @throws the error of the file system */
  contentOf(path: string, stat: Stats): string {
    let content = this.#contents.get(path);
    if (content === undefined) {
      content = this.proof?.blobOf(path, stat, this.#describes) ?? blobIdOfFile(path, stat.size);
      this.#contents.set(path, content);
    }
    return content;
  }

  /** Blob id of a link's target. @throws the error of the file system */
  targetOf(path: string): string {
    let content = this.#contents.get(path);
    if (content === undefined) {
      content = blobIdOf(readlinkSync(path));
      this.#contents.set(path, content);
    }
    return content;
  }

  /** Whether a folder has a file of git attributes, tracked or not. */
  readonly #describes = (folder: string): boolean => {
    try {
      return this.list(folder).some(({ name }) => name === '.gitattributes');
    } catch {
      return true;
    }
  };
}

class Entry implements Listed {
  #stat?: Stats;
  readonly path: string;

  constructor(
    readonly name: string,
    folder: string,
  ) {
    this.path = folder === '/' ? `/${name}` : `${folder}/${name}`;
  }

  stat(): Stats {
    return (this.#stat ??= lstatSync(this.path));
  }
}
