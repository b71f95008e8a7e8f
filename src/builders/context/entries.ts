import { constants, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../lib/errors.js';
import type { ContextOrder } from './context.js';

/** A path of a context that the builder is sent; `unreadable`: one that it should be sent, and can't be. */
export type ContextEntry = { type: 'file' | 'directory' | 'link' | 'other'; path: string } | Unreadable;

interface Unreadable {
  type: 'unreadable';
  path: string;
  reason: string;
}

/** How files are opened: never through a link that has taken their place, never waiting for a pipe's other end. */
export const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Lists what the builder is sent of a context, folders before what is in them. It agrees with the walk that makes the
 * fingerprint (inputs/tree/walk.ts), but opens no file.
 */
export function contextEntries(order: Pick<ContextOrder, 'folder' | 'rules'>): Generator<ContextEntry, void> {
  return new Lister(order).below('');
}

class Lister {
  /** Ignored folders that are sent once something below them is taken in again. */
  readonly #waiting: ContextEntry[] = [];

  constructor(readonly order: Pick<ContextOrder, 'folder' | 'rules'>) {}

  *below(prefix: string): Generator<ContextEntry, void> {
    const { rules } = this.order;
    const listed = this.#list(prefix);
    if ('reason' in listed) {
      yield listed;
      return;
    }
    for (const dirent of listed) {
      const path = prefix + dirent.name;
      const ignored = rules.ignores(path);
      if (ignored && rules.prunes(path)) continue;
      // Names that node can't tell as text come so; the file can't be found by them.
      if (dirent.name.includes('\uFFFD')) yield { type: 'unreadable', path, reason: 'its name is not UTF-8' };
      else if (dirent.isDirectory()) yield* this.#folder({ type: 'directory', path }, ignored);
      else if (!ignored) yield* this.#send({ type: typeOf(dirent), path });
    }
  }

  *#folder(entry: ContextEntry, ignored: boolean): Generator<ContextEntry, void> {
    if (ignored) this.#waiting.push(entry);
    else yield* this.#send(entry);
    yield* this.below(`${entry.path}/`);
    if (this.#waiting.at(-1) === entry) this.#waiting.pop();
  }

  *#send(entry: ContextEntry): Generator<ContextEntry, void> {
    yield* this.#waiting.splice(0);
    yield entry;
  }

  #list(prefix: string): Dirent[] | Unreadable {
    try {
      const listed = readdirSync(join(this.order.folder, prefix), { withFileTypes: true });
      return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      return { type: 'unreadable', path: prefix.slice(0, -1), reason: reasonOf(error) };
    }
  }
}

function typeOf(dirent: Dirent): 'file' | 'link' | 'other' {
  if (dirent.isFile()) return 'file';
  return dirent.isSymbolicLink() ? 'link' : 'other';
}

/** Without the path, which is absolute. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /\bE[A-Z]+: ([^,]*)/.exec(message)?.[1] ?? message;
}
