import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Problem } from '../../lib/errors.js';
import type { BuildRequest } from '../builder.js';
import type { KanikoPorts } from './ports.js';
import type { PreparedTarget } from './prepare.js';
import type { PodLogin } from './secrets.js';
import type { StagingTag } from './run-executor.js';

/** One build of a plan: what its targets share, and what they leave. */
export interface KanikoBuild {
  order: BuildRequest;
  settings: KanikoSettings;
  ports: KanikoPorts;
  targets: readonly PreparedTarget[];
  pool: Pool;
  parallel: number;
  /** Also aborted when another image has failed. */
  signal: AbortSignal;
  nextNumber(): number;
  queued(key: string, message: string): void;
  login?: PodLogin;
  stagingTags: StagingTag[];
  /** Pods that were stopped and deleted. */
  removed: string[];
  warnings: Problem[];
}

export interface BuiltTarget {
  key: string;
  /** As pushed; empty: nothing was pushed. */
  manifests: { platform: string; digest: string }[];
  /** Of the index; undefined: not published. */
  digest?: string;
  reads: string[];
  seconds: number;
  counts: { total: number; cached: number };
}

/** Runs a task when a place is free; `onWait` is called if none is. */
type Pool = <Result>(task: () => Promise<Result>, signal: AbortSignal, onWait: () => void) => Promise<Result>;

/** At most `places` tasks at once; the others wait in order, and an abort ends their wait. */
export function createPool(places: number): Pool {
  const running = new Set<Promise<unknown>>();
  return async (task, signal, onWait) => {
    if (running.size >= places) {
      onWait();
      const waited = new AbortController();
      const aborted = new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true, signal: waited.signal });
      });
      while (running.size >= places && !signal.aborted) await Promise.race([...running, aborted]);
      waited.abort();
    }
    signal.throwIfAborted();
    const work = task();
    const ended: Promise<unknown> = work.then(
      () => running.delete(ended),
      () => running.delete(ended),
    );
    running.add(ended);
    return work;
  };
}
