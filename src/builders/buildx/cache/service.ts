import { dirname } from 'node:path';
import type { CacheMode } from '../../../facts/actions-cache.js';
import { run } from '../../../lib/process.js';
import { ARCHIVE } from './mount-stages.js';

/** Archives in the Actions cache. Entries are never overwritten; a branch sees the default branch's. */
export interface CacheService {
  /** What this run may do; absent: read and write. */
  mode?: CacheMode;
  /**
   * Puts the archive into `folder` that was saved under the key, else under the newest key that begins with a
   * prefix, prefix by prefix. @returns its key @throws Error with one sentence when the service fails
   */
  restore(wanted: WantedArchive): Promise<string | undefined>;
  /** Saves the archive that lies in `folder`. `refused`: the run may not write; `exists`: another one has been faster. */
  save(key: string, folder: string): Promise<'saved' | 'exists' | 'refused'>;
}

export interface WantedArchive {
  key: string;
  prefixes: readonly string[];
  folder: string;
  /** Only tells the key. */
  lookupOnly?: boolean;
}

/** What `actions-cache.ts` is asked, in JSON. */
export type CacheQuestion =
  | { type: 'restore'; file: string; key: string; prefixes: readonly string[]; lookupOnly: boolean }
  | { type: 'save'; file: string; key: string };

/** `id`: -1 when nothing was saved. */
export interface CacheAnswer {
  key?: string;
  id?: number;
}

/** GitHub's own client, `@actions/cache`, in processes that end with the run, or when they take too long. */
export function createCacheService(client: {
  /** Command line of `actions-cache.ts`. */
  program: readonly [string, ...string[]];
  /** Of this run: address and token of the service are in it, and proxies. */
  env: NodeJS.ProcessEnv;
  mode?: CacheMode;
  signal?: AbortSignal;
}): CacheService {
  const ask = (question: CacheQuestion, folder: string) => exchange(client, question, folder);
  return {
    ...(client.mode && { mode: client.mode }),
    async restore({ key, prefixes, folder, lookupOnly = false }) {
      const { answer, log } = await ask(
        { type: 'restore', file: ARCHIVE, key, prefixes, lookupOnly },
        folder,
      );
      const reason = complaint(log);
      if (answer.key === undefined && reason !== undefined) throw new Error(reason);
      return answer.key;
    },
    async save(key, folder) {
      const { answer, log } = await ask({ type: 'save', file: ARCHIVE, key }, folder);
      if (answer.id !== -1) return 'saved';
      if (WRITE_REFUSED.test(log)) return 'refused';
      const reason = failedReservation(log) ?? complaint(log);
      if (reason !== undefined && !TAKEN.test(reason)) throw new Error(reason);
      return 'exists';
    },
  };
}

/** A service that hangs costs no more than this. */
const LIMIT_MS = 5 * 60_000;

async function exchange(
  client: Parameters<typeof createCacheService>[0],
  question: CacheQuestion,
  folder: string,
): Promise<{ answer: CacheAnswer; log: string }> {
  const [program, ...args] = client.program;
  const limit = AbortSignal.timeout(LIMIT_MS);
  const { code, stdout, stderr } = await run(program, args, {
    // An entry is found by key and by the path as it is written, and its files are put below the workspace. So it
    // matters to no entry what the folders of a runner are called; another form of archive needs another name.
    cwd: folder,
    env: { ...client.env, GITHUB_WORKSPACE: folder, RUNNER_TEMP: dirname(folder) },
    input: JSON.stringify(question),
    signal: client.signal ? AbortSignal.any([client.signal, limit]) : limit,
    // It has nothing to clean up, and the runner gives a cancelled step ten seconds in all.
    graceMs: 500,
    group: 'own',
  });
  if (limit.aborted) throw new Error(`the cache service took longer than ${LIMIT_MS / 60_000} minutes`);
  const log = stdout.toString();
  if (code === 0) return { answer: JSON.parse(log.trimEnd().split('\n').at(-1)!) as CacheAnswer, log };
  throw new Error(
    /^\w*Error: (.*)$/m.exec(stderr.toString())?.[1] ?? `the cache client ended with exit code ${code}`,
  );
}

/**
 * The client tells failures to the log only, as warnings or errors, which of them by the names of its classes. Our
 * minified bundle has other names, so that texts alone count here.
 */
function complaint(log: string): string | undefined {
  return lastIn(log, /^::(?:warning|error)::(?:Failed to (?:restore|save): )?(.*)$/gm);
}

/** Whatever keeps a key from being reserved, the client says that another job may be doing so: the cause is beside. */
function failedReservation(log: string): string | undefined {
  const v1 = /^(?:::warning::)?Failed to save: Unable to reserve cache .*More details: (.*)$/gm;
  return lastIn(log, v1) ?? lastIn(log, /^::debug::Failed to reserve cache: (?:Error: )?(.*)$/gm);
}

/** The first line of the last match; commands to the runner have their newlines escaped. */
function lastIn(log: string, pattern: RegExp): string | undefined {
  return [...log.matchAll(pattern)].at(-1)?.[1]?.split('%0A')[0]?.replace(/\.$/, '');
}

const WRITE_REFUSED = /cache write denied:|does not permit writes/;
const TAKEN = /\(409\)|already exists/i;
