import type { TargetFile } from '../../src/deploy/target.js';
import { createObjects, type Objects } from './objects.js';
import { branchRef, writeOnTop, type LedgerSupport, type Refs } from './refs.js';

/** A repository in memory, seen from the server. */
export interface MemoryRemote {
  readonly objects: Objects;
  /** Where everything stands now. */
  refs(): Refs;
  /** Where everything stood `moves` moves ago: what a replica that lags still says. */
  lagging(moves: number): Refs;
  move(refs: Refs): void;
  /** Somebody's commit on top of a branch (a new one starts empty). @returns its id */
  land(branch: string, files: Readonly<Record<string, string>>, message?: string): string;
  readonly ledgers: LedgerSupport;
}

export type RemoteSpec = Partial<Pick<MemoryRemote, 'objects' | 'ledgers'>>;

export function createRemote(spec: RemoteSpec = {}, start: Refs = new Map()): MemoryRemote {
  const objects = spec.objects ?? createObjects();
  const states: Refs[] = [start];
  const refs = () => states.at(-1) as Refs;
  const move = (next: Refs) => {
    if (next !== refs()) states.push(next);
  };
  return {
    objects,
    refs,
    lagging: (moves) => states[Math.max(0, states.length - 1 - moves)] as Refs,
    move,
    land(branch, files, message = 'Land first\n') {
      const head = refs().get(branchRef(branch));
      const written = Object.entries(files).map(([path, text]) => ({
        path,
        bytes: Buffer.from(text),
        mode: '100644',
      }));
      const oid =
        head === undefined
          ? objects.write({ parents: [], files: asTree(written), message })
          : writeOnTop(objects, head, { files: written, message });
      move(new Map(refs()).set(branchRef(branch), oid));
      return oid;
    },
    ledgers: spec.ledgers ?? 'everywhere',
  };
}

function asTree(files: readonly ({ path: string } & TargetFile)[]): Map<string, TargetFile> {
  return new Map(files.map(({ path, bytes, mode }) => [path, { bytes, mode }]));
}
