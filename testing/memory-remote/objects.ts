import { createHash } from 'node:crypto';
import type { Relation } from '../../src/deploy/order.js';
import type { TargetFile } from '../../src/deploy/target.js';

export interface MemoryCommit {
  oid: string;
  parents: readonly string[];
  files: ReadonlyMap<string, TargetFile>;
  message: string;
}

/**
 * Commits by their content, as git's object store: it only grows, and the same content has the same id. So the
 * refs alone say everything about a repository, and any number of states share one store.
 */
export interface Objects {
  write(commit: Omit<MemoryCommit, 'oid'>): string;
  /** @throws when there is no such commit */
  read(oid: string): MemoryCommit;
  /** By a full or abbreviated id (7 digits at least); undefined: no such commit. */
  find(id: string): MemoryCommit | undefined;
  /** The commit and everything before it, nearest first. */
  history(oid: string): readonly MemoryCommit[];
  /** Where `head` stands, seen from `base`; see Ancestry. */
  compare(base: string, head: string): Relation;
}

export function createObjects(): Objects {
  const commits = new Map<string, MemoryCommit>();
  const ancestors = new Map<string, ReadonlySet<string>>();

  function read(oid: string): MemoryCommit {
    const commit = commits.get(oid);
    if (!commit) throw new Error(`the remote has no commit ${oid}`);
    return commit;
  }

  function find(id: string): MemoryCommit | undefined {
    const whole = commits.get(id);
    if (whole || id.length < 7) return whole;
    const matches = [...commits.values()].filter(({ oid }) => oid.startsWith(id));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** Breadth first, as `git log` without dates. */
  function ancestorsOf(oid: string): ReadonlySet<string> {
    const known = ancestors.get(oid);
    if (known) return known;
    const seen = new Set([oid]);
    for (const each of seen) for (const parent of read(each).parents) seen.add(parent);
    ancestors.set(oid, seen);
    return seen;
  }

  return {
    write(commit) {
      const oid = idOf(commit);
      if (!commits.has(oid)) commits.set(oid, { oid, ...commit });
      return oid;
    },
    read,
    find,
    history: (oid) => [...ancestorsOf(oid)].map(read),
    compare(base, head) {
      const [from, to] = [find(base), find(head)];
      if (!from || !to) return 'unknown';
      if (from === to) return 'identical';
      if (ancestorsOf(to.oid).has(from.oid)) return 'ahead';
      return ancestorsOf(from.oid).has(to.oid) ? 'behind' : 'diverged';
    },
  };
}

function idOf({ parents, files, message }: Omit<MemoryCommit, 'oid'>): string {
  const hash = createHash('sha1').update(JSON.stringify([parents, message]));
  for (const path of [...files.keys()].sort()) {
    const { bytes, mode } = files.get(path) as TargetFile;
    hash.update(JSON.stringify([path, mode, bytes.length])).update(bytes);
  }
  return hash.digest('hex');
}
