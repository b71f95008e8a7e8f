import type { ReadOptions, Snapshot, TargetFile } from '../../target.js';
import type { Fetch, Fetched } from './fetch.js';
import { listTree, readObjects, type TreeEntry } from './objects.js';
import type { GitRepository } from './repository.js';

/** Ends a read that found an object missing; says why it could not be had. */
type Explain = (failed: Fetched & { status: 'failed' }) => Promise<Error>;

/**
 * The files of a commit. Blobs that are missing here are fetched together: git by itself would fetch them one
 * by one, at the first use of each.
 */
export function readSnapshot(
  repository: GitRepository,
  fetch: Fetch,
  head: string,
  explain: Explain,
  options: ReadOptions,
): Snapshot {
  let listing: Promise<Map<string, TreeEntry>> | undefined;
  const entries = () => (listing ??= listTree(repository, head, options));
  const cached = new Map<string, Buffer>();

  async function readBlobs(oids: readonly string[]): Promise<void> {
    const wanted = oids.filter((oid) => !cached.has(oid));
    const here = await readObjects(repository, wanted, { ...options, env: { GIT_NO_LAZY_FETCH: '1' } });
    for (const [oid, bytes] of here) cached.set(oid, bytes);
    const missing = wanted.filter((oid) => !cached.has(oid));
    if (missing.length === 0) return;
    const input = missing.map((oid) => `${oid}\n`).join('');
    // Nothing that we have may be named to the server: it would take for granted that the blobs came with it.
    const got = await fetch(['--filter=blob:none', '--stdin', 'target'], {
      ...options,
      input,
      haves: 'none',
    });
    if (got.status === 'failed') throw await explain(got);
    for (const [oid, bytes] of await readObjects(repository, missing, options)) cached.set(oid, bytes);
  }

  async function readAll(paths: readonly string[]): Promise<Map<string, TargetFile>> {
    const tree = await entries();
    const found = paths.flatMap((path) => {
      const entry = tree.get(path);
      return entry ? [{ path, ...entry }] : [];
    });
    await readBlobs([...new Set(found.map(({ oid }) => oid))]);
    return new Map(
      found.flatMap(({ path, oid, mode }) => {
        const bytes = cached.get(oid);
        return bytes ? [[path, { bytes, mode }] as const] : [];
      }),
    );
  }

  return {
    head,
    list: async () => [...(await entries()).keys()],
    read: async (path) => (await readAll([path])).get(path),
    readAll,
  };
}
