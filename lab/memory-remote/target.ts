import { Cancelled, failure } from '../../src/lib/errors.js';
import type { LedgerReading } from '../../src/deploy/ledger/ledger.js';
import type {
  DeployTarget,
  Snapshot,
  SwapResult,
  TargetChange,
  TargetCommit,
} from '../../src/deploy/target.js';
import type { Fault, Operation } from './faults.js';
import {
  branchRef,
  commitsBetween,
  readLedger,
  swapBranch,
  swapLedgers,
  swapRefs,
  type Refs,
} from './refs.js';
import type { MemoryRemote } from './remote.js';

export interface MemoryTargetSpec {
  remote: MemoryRemote;
  branch: string;
  /** Asked once for each operation when it arrives at the remote. */
  fault?: (operation: Operation) => Fault | undefined;
  /**
   * The time that a request or an answer is on its way, and between two writes that the server does one by one;
   * others get their turn meanwhile. Never settles for a run that has crashed.
   */
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
    throw others ? branchMissing(branch) : repositoryEmpty();
  }

  function snapshotOf(head: string): Snapshot {
    const { files } = objects.read(head);
    return {
      head,
      list: async () => [...files.keys()].sort(),
      read: async (path) => files.get(path),
      readAll: async (paths) =>
        new Map(paths.flatMap((path) => (files.has(path) ? [[path, files.get(path)!] as const] : []))),
    };
  }

  /** Changes the remote, as far as it does. */
  async function land(change: TargetChange): Promise<SwapResult> {
    const { ledgers } = remote;
    if (remote.swaps === 'atomic') {
      const swapped = swapRefs(objects, remote.refs(), branch, change, ledgers);
      remote.move(swapped.refs);
      return swapped.result;
    }
    if (change.ledgers.length > 0 && ledgers === 'refused')
      return swapLedgers(objects, remote.refs(), change.ledgers, undefined, ledgers).result;
    const first = swapBranch(objects, remote.refs(), branch, change);
    remote.move(first.refs);
    if (first.result.status !== 'committed' || change.ledgers.length === 0) return first.result;
    if (change.files.length > 0) await travel('swap');
    const second = swapLedgers(objects, remote.refs(), change.ledgers, first.result.commit, ledgers);
    remote.move(second.refs);
    if (second.result.status === 'committed') return first.result;
    return change.files.length > 0 ? { ...first.result, overtaken: true } : second.result;
  }

  return {
    description: `memory, branch ${branch}`,
    branch,

    readLedgers: (channels, options): Promise<LedgerReading[]> =>
      ask(
        'readLedgers',
        (refs) => channels.map((channel) => readLedger(objects, refs, channel)),
        options?.signal,
      ),

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

    async swap(change): Promise<SwapResult> {
      await travel('swap');
      const trouble = fault('swap');
      if (trouble?.type === 'later')
        return { status: 'later', cause: new Error('come back'), retryAfterMs: trouble.retryAfterMs };
      if (trouble?.type === 'lost-before-landing') {
        await travel('swap');
        return { status: 'unknown', cause: new Error('no answer') };
      }
      const result = await land(change);
      await travel('swap');
      if (trouble?.type === 'lost-after-landing') return { status: 'unknown', cause: new Error('no answer') };
      if (trouble?.type === 'replayed' && result.status === 'committed') return { status: 'stale' };
      return result;
    },

    async close(): Promise<void> {},
  };
}

function branchMissing(branch: string) {
  return failure({
    code: 'deploy/branch-missing',
    message: `The repository has no branch "${branch}".`,
    fix: 'Create it.',
  });
}

function repositoryEmpty() {
  return failure({
    code: 'deploy/repository-empty',
    message: 'The repository is empty.',
    fix: 'Push a first commit.',
  });
}
