import { dirname } from 'node:path';
import { run } from '../../../lib/process.js';
import { ARCHIVE } from './mount-stages.js';

export type CacheService = ReturnType<typeof createCacheService>;

/** The input of `actions-cache.ts`, in JSON. */
export type CacheRequest =
  | { type: 'restore'; file: string; key: string; prefixes: readonly string[]; lookupOnly: boolean }
  | { type: 'save'; file: string; key: string };

/** `id`: -1 when nothing was saved. */
export interface CacheAnswer {
  key?: string;
  id?: number;
}

/**
 * Archives in the Actions cache. Entries are never overwritten; a branch sees the default branch's. GitHub's own client,
 * `@actions/cache`, is in processes that end with the run, or when they take too long. An Error has one sentence.
 */
export function createCacheService(client: {
  /** Command line of `actions-cache.ts`. */
  program: readonly [string, ...string[]];
  /** Of this run: address and token of the service are in it, and proxies. */
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}) {
  const send = (request: CacheRequest, folder: string) => exchange(client, request, folder);
  return {
    /**
     * Restores the archive of the key into `folder`, else that of the newest key with a prefix, prefix by prefix.
     * @param wanted.lookupOnly restores nothing @returns its key @throws Error when the service fails
     */
    async restore(wanted: { key: string; prefixes: readonly string[]; folder: string; lookupOnly?: boolean }) {
      const { key, prefixes, folder, lookupOnly = false } = wanted;
      const { answer, log } = await send({ type: 'restore', file: ARCHIVE, key, prefixes, lookupOnly }, folder);
      const reason = complaint(log);
      if (answer.key === undefined && reason !== undefined) throw new Error(reason);
      return answer.key;
    },
    /** Saves the archive in `folder`. `refused`: the run may not write; `exists`: another run was faster. */
    async save(key: string, folder: string): Promise<'saved' | 'exists' | 'refused'> {
      const { answer, log } = await send({ type: 'save', file: ARCHIVE, key }, folder);
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
  request: CacheRequest,
  folder: string,
): Promise<{ answer: CacheAnswer; log: string }> {
  const [program, ...args] = client.program;
  const limit = AbortSignal.timeout(LIMIT_MS);
  const { code, stdout, stderr } = await run(program, args, {
    // An entry is identified by key and relative path, and its files are restored below the workspace. So the names of
    // a runner's folders don't matter; another form of archive needs another name.
    cwd: folder,
    env: { ...client.env, GITHUB_WORKSPACE: folder, RUNNER_TEMP: dirname(folder) },
    input: JSON.stringify(request),
    signal: client.signal ? AbortSignal.any([client.signal, limit]) : limit,
    // It has nothing to clean up, and the runner gives a cancelled step ten seconds.
    graceMs: 500,
    group: 'own',
  });
  if (limit.aborted) throw new Error(`the cache service took longer than ${LIMIT_MS / 60_000} minutes`);
  const log = stdout.toString();
  if (code === 0) return { answer: JSON.parse(log.trimEnd().split('\n').at(-1)!) as CacheAnswer, log };
  throw new Error(/^\w*Error: (.*)$/m.exec(stderr.toString())?.[1] ?? `the cache client ended with exit code ${code}`);
}

/**
 * The client reports failures only in its log, as warnings or errors depending on the names of its classes. The minified
 * bundle has other names, so only the texts count here.
 */
function complaint(log: string): string | undefined {
  return lastIn(log, /^::(?:warning|error)::(?:Failed to (?:restore|save): )?(.*)$/gm);
}

/** If it can't reserve a key, the client always suspects another job, and logs the cause separately. */
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
