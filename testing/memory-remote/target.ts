import { Cancelled, failure } from '../../src/lib/errors.js';
import { channelOf, type LedgerReading } from '../../src/deploy/ledger/ledger.js';
import type { DeployTarget, Snapshot, CommitResult, TargetChange, TargetCommit } from '../../src/deploy/target.js';
import type { Fault, Operation } from './faults.js';
import { branchRef, commitsBetween, readLedger, commitRefs, type Refs } from './refs.js';
import type { MemoryRemote } from './remote.js';

export interface MemoryTargetSpec {
  remote: MemoryRemote;
  branch: string;
  /** Asked once for each operation when it arrives at the remote. */
  fault?: (operation: Operation) => Fault | undefined;
  /** The time that a request takes, and then its answer; others act meanwhile. */
  travel?: (operation: Operation) => Promise<void>;
}

/** A deploy target over a repository in memory; it does nothing at all by itself, so runs can be replayed. */
export function createMemoryTarget(spec: MemoryTargetSpec): DeployTarget {
  const { remote, branch, fault = () => undefined, travel = async () => {} } = spec;
  const { objects } = remote;

  /** There, the work at one instant, and back. */
  async function ask<T>(operation: Operation, work: (refs: Refs) => T, signal?: AbortSignal): Promise<T> {
    await travel(operation);
    if (signal?.aborted) throw new Cancelled('reading the remote');
    const trouble = fault(operation);
    const answer = work(trouble?.type === 'lag' ? remote.lagging(trouble.moves) : remote.refs());
    await travel(operation);
    return answer;
  }

  function headIn(refs: Refs): string {
    const head = refs.get(branchRef(branch));
    if (head !== undefined) return head;
    const others = [...refs.keys()].some((name) => name.startsWith(branchRef('')));
    throw missing(others ? `The repository has no branch "${branch}".` : 'The repository is empty.');
  }

  function snapshotOf(head: string): Snapshot {
    const { files } = objects.read(head);
    return {
      head,
      list: async () => [...files.keys()].sort(),
      readAll: async (paths) =>
        new Map(paths.flatMap((path) => (files.has(path) ? [[path, files.get(path)!] as const] : []))),
    };
  }

  function land(change: TargetChange): CommitResult {
    const done = commitRefs(objects, remote.refs(), branch, change, remote.ledgers);
    remote.move(done.refs);
    return done.result;
  }

  return {
    description: `memory, branch ${branch}`,
    branch,

    readLedgers: (channels, options): Promise<LedgerReading[]> =>
      ask('readLedgers', (refs) => channels.map((channel) => readLedger(objects, refs, channel)), options?.signal),
    listChannels: (options) =>
      ask('readLedgers', (refs) => [...refs.keys()].flatMap((ref) => channelOf(ref) ?? []), options?.signal),

    snapshot: (options) => ask('snapshot', (refs) => snapshotOf(headIn(refs)), options?.signal),

    headOf: (name, options) =>
      ask(
        'headOf',
        (refs): TargetCommit | undefined => {
          const oid = refs.get(branchRef(name));
          return oid === undefined ? undefined : { oid, message: objects.read(oid).message };
        },
        options?.signal,
      ),

    compare: (base, head, options) => ask('compare', () => objects.compare(base, head), options?.signal),

    commitsSince: (since, options) =>
      ask(
        'commitsSince',
        (refs) => {
          const head = options?.on === undefined ? headIn(refs) : refs.get(branchRef(options.on));
          return head === undefined ? [] : commitsBetween(objects, since, head);
        },
        options?.signal,
      ),

    async commit(change): Promise<CommitResult> {
      await travel('commit');
      const trouble = fault('commit');
      if (trouble?.type === 'later')
        return { status: 'later', cause: new Error('come back'), retryAfterMs: trouble.retryAfterMs };
      if (trouble?.type === 'lost-before-landing') {
        await travel('commit');
        return { status: 'unknown', cause: new Error('no answer') };
      }
      const result = land(change);
      await travel('commit');
      if (trouble?.type === 'lost-after-landing') return { status: 'unknown', cause: new Error('no answer') };
      if (trouble?.type === 'replayed' && result.status === 'committed') return { status: 'stale' };
      return result;
    },

    async close(): Promise<void> {},
  };
}

function missing(message: string) {
  return failure({ code: 'deploy/target-missing', message });
}
