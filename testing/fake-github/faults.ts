import { writeCommit } from './commits.js';
import { readTreeEntry, writeBlob, writeTree } from './objects.js';
import { moveRefs, readRef } from './refs.js';
import type { ServedRepository } from './repository.js';

/** What goes wrong with a request. */
export type Fault =
  /** Another commit lands just before the request is handled. */
  | { type: 'stale'; land?: Landing | ((repository: ServedRepository) => Promise<void>) }
  /** 403 or 429, as documented for the secondary limits (or the primary one). */
  | { type: 'rate-limited'; status: 403 | 429; limit?: 'secondary' | 'primary'; retryAfter?: number }
  | { type: '5xx-before'; status?: number }
  /** The request is carried out, and its answer lost: a 502, or a connection cut without a word. */
  | { type: '5xx-after-landing'; status?: number; end?: 'answer' | 'cut' }
  /** What comes back is no answer: a proxy's page, half a document. `landed`: the request is carried out before. */
  | { type: 'unreadable'; body: string; contentType?: string; status?: number; landed: boolean }
  | { type: 'slow'; ms: number }
  /** The connection is cut before anything is done. */
  | { type: 'cut' }
  /** Ref reads answer what stood there before the last update. */
  | { type: 'stale-read' };

/** The commit that somebody else lands. */
export interface Landing {
  /** Default: the repository's default branch. */
  branch?: string;
  /** Default: one file with a new name. */
  files?: Record<string, string>;
  message?: string;
}

export interface FaultRule {
  match: {
    method?: string;
    /** Against the path without `/api/v3`, decoded, with query string. */
    path?: string | RegExp;
    /** A root field of the GraphQL operation: `updateRefs`. */
    operation?: string;
  };
  /** How many requests it hits; default 1. */
  times?: number;
  /** How many matching requests pass before; default 0. */
  skip?: number;
  fault: Fault;
}

export interface FaultSubject {
  method: string;
  path: string;
  operations: readonly string[];
}

/** The faults that are still to happen, in the order in which they were pushed. */
export class FaultQueue {
  #rules: (FaultRule & { left: number; passes: number })[] = [];

  push(...rules: FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ ...rule, left: rule.times ?? 1, passes: rule.skip ?? 0 })));
  }

  clear(): void {
    this.#rules = [];
  }

  /** Rules that have not hit as often as they should: a test ends with none. */
  pending(): FaultRule[] {
    return this.#rules
      .filter((rule) => rule.left > 0)
      .map(({ left, passes, ...rule }) => {
        return { ...rule, times: left, skip: passes };
      });
  }

  /** The faults that hit this request: at most one of each type, the first pushed. */
  take(subject: FaultSubject): Fault[] {
    const hit = new Map<Fault['type'], Fault>();
    for (const rule of this.#rules) {
      if (rule.left === 0 || hit.has(rule.fault.type) || !matches(rule.match, subject)) continue;
      if (rule.passes > 0) {
        rule.passes -= 1;
        continue;
      }
      rule.left -= 1;
      hit.set(rule.fault.type, rule.fault);
    }
    return [...hit.values()];
  }
}

function matches(match: FaultRule['match'], subject: FaultSubject): boolean {
  if (match.method && match.method.toUpperCase() !== subject.method) return false;
  if (match.path && !new RegExp(match.path).test(subject.path)) return false;
  return !match.operation || subject.operations.includes(match.operation);
}

/** Writes somebody else's commit on a branch, as a push would. */
export async function land(repository: ServedRepository, landing: Landing = {}): Promise<string> {
  const { dir } = repository;
  const name = `refs/heads/${landing.branch ?? repository.defaultBranch}`;
  const before = (await readRef(dir, name))?.oid;
  if (!before) throw new Error(`fault "stale": ${repository.owner}/${repository.name} has no ${name}`);
  const files = landing.files ?? { [`landed-first/${before.slice(0, 12)}.txt`]: 'landed first\n' };
  const changes = await Promise.all(
    Object.entries(files).map(async ([path, content]) => ({
      path,
      mode: (await readTreeEntry(dir, before, path))?.mode ?? '100644',
      oid: await writeBlob(dir, Buffer.from(content)),
    })),
  );
  const tree = await writeTree(dir, before, changes);
  const person = { name: 'Another Author', email: 'another@example.org', date: new Date().toISOString() };
  const oid = await writeCommit(dir, {
    tree,
    parents: [before],
    author: person,
    committer: person,
    message: landing.message ?? 'Land first\n',
  });
  await moveRefs(dir, [{ name, before, after: oid }]);
  return oid;
}
