import type { TokenScope } from './token.js';

export interface CacheEntry {
  id: number;
  scope: string;
  key: string;
  version: string;
  /** Undefined until it is committed; an entry without it is found by nobody, but its key is taken. */
  size?: number;
  /** Chunks by offset (v1) or by block id (v2), then the whole; undefined once evicted. */
  blob?: Buffer;
  created: Date;
}

export type Reservation =
  | { status: 'reserved'; entry: CacheEntry }
  | { status: 'exists' }
  | { status: 'denied'; scope: string };

const READ = 1;
const WRITE = 2;

/** Entries with the service's rules of scope and matching, in memory. */
export class CacheStore {
  readonly entries: CacheEntry[] = [];
  readonly #parts = new Map<number, Map<string, Buffer>>();
  #nextId = 1;

  /** Takes a key for good: neither version of the service ever overwrites an entry. */
  reserve(scopes: readonly TokenScope[], key: string, version: string): Reservation {
    const own = scopes.find(({ Permission }) => (Permission & WRITE) !== 0);
    if (own === undefined) return { status: 'denied', scope: scopes[0]?.Scope ?? 'none' };
    const taken = this.entries.some(
      (entry) => entry.scope === own.Scope && entry.key === key && entry.version === version,
    );
    if (taken) return { status: 'exists' };
    const entry = { id: this.#nextId++, scope: own.Scope, key, version, created: new Date() };
    this.entries.push(entry);
    return { status: 'reserved', entry };
  }

  /**
   * Scope by scope, and in each key by key: the same key first, else the newest that begins with it.
   * Rule: docs.github.com, "Cache key matching".
   */
  find(scopes: readonly TokenScope[], keys: readonly string[], version: string): CacheEntry | undefined {
    for (const { Scope, Permission } of scopes) {
      if ((Permission & READ) === 0) continue;
      const visible = this.entries
        .filter((entry) => entry.scope === Scope && entry.version === version && entry.size !== undefined)
        .sort((a, b) => b.id - a.id);
      for (const key of keys) {
        const found = visible.find((entry) => entry.key === key) ?? visible.find(startsWith(key));
        if (found) return found;
      }
    }
    return undefined;
  }

  byId(id: number): CacheEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  putPart(id: number, name: string, bytes: Buffer): void {
    const parts = this.#parts.get(id) ?? new Map<string, Buffer>();
    this.#parts.set(id, parts.set(name, bytes));
  }

  /** Joins the parts in the order of `names`; @returns whether all of them are there */
  join(entry: CacheEntry, names: readonly string[]): boolean {
    const parts = this.#parts.get(entry.id);
    const buffers = names.map((name) => parts?.get(name)).filter((part) => part !== undefined);
    if (buffers.length !== names.length) return false;
    entry.blob = Buffer.concat(buffers);
    this.#parts.delete(entry.id);
    return true;
  }

  /** Names of the parts so far, by number: the offsets of v1. */
  partOffsets(id: number): string[] {
    return [...(this.#parts.get(id)?.keys() ?? [])].sort((a, b) => Number(a) - Number(b));
  }

  /** Makes the entry visible; @returns false when the size isn't that of the uploaded blob */
  commit(entry: CacheEntry, size: number): boolean {
    if (entry.blob?.length !== size) return false;
    entry.size = size;
    return true;
  }

  /** Forgets the bytes of all entries whose key matches, as the service does: the index still names them. */
  evict(key: RegExp): number {
    const evicted = this.entries.filter((entry) => key.test(entry.key) && entry.blob !== undefined);
    for (const entry of evicted) delete entry.blob;
    return evicted.length;
  }
}

const startsWith =
  (prefix: string) =>
  ({ key }: CacheEntry): boolean =>
    key.startsWith(prefix);
