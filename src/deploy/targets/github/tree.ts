import type { Clockwork } from '../../backoff.js';
import type { ReadOptions, TargetFile } from '../../target.js';
import { readBlob, readBlobs } from './blobs.js';
import { isOid, request, type Octokit } from './requests.js';

export interface GitHubRepository {
  octokit: Octokit;
  owner: string;
  repo: string;
  clockwork: Clockwork;
}

interface Listing {
  truncated: boolean;
  /** By path below the tree that was asked for. */
  entries: Map<string, Entry>;
}

interface Entry {
  path: string;
  mode: string;
  type: string;
  sha: string;
  /** Bytes; blobs only. */
  size?: number;
}

/** The files of one tree, read as far as they are asked for. */
export interface GitHubTree {
  list(): Promise<string[]>;
  read(path: string): Promise<TargetFile | undefined>;
  readAll(paths: readonly string[]): Promise<Map<string, TargetFile>>;
}

/**
 * Reads a tree in one recursive request; where GitHub cuts that short (over 100,000 entries or 7 MB, see
 * https://docs.github.com/rest/git/trees#get-a-tree) it walks down instead.
 */
export function readTree(repository: GitHubRepository, tree: string, options: ReadOptions): GitHubTree {
  const { octokit, owner, repo, clockwork } = repository;

  const listings = new Map<string, Promise<Listing>>();
  const get = (sha: string, depth: 'flat' | 'recursive'): Promise<Listing> => {
    const key = `${depth} ${sha}`;
    const listing = listings.get(key) ?? ask(sha, depth);
    listings.set(key, listing);
    return listing;
  };
  const ask = async (sha: string, depth: 'flat' | 'recursive'): Promise<Listing> => {
    const { data } = await request(
      (call) =>
        octokit.rest.git.getTree({
          owner,
          repo,
          tree_sha: sha,
          ...(depth === 'recursive' ? { recursive: '1' } : {}),
          request: call,
        }),
      clockwork,
      { ...options, isAnswer: ({ data }) => data.tree.every(({ path, sha }) => isOid(sha) && path !== '') },
    );
    const entries = data.tree as Entry[];
    return { truncated: data.truncated, entries: new Map(entries.map((entry) => [entry.path, entry])) };
  };

  async function walk(sha: string, prefix: string): Promise<Entry[]> {
    const all = await get(sha, 'recursive');
    const { entries } = all.truncated ? await get(sha, 'flat') : all;
    const found: Entry[] = [];
    for (const entry of entries.values()) {
      const path = prefix + entry.path;
      if (all.truncated && entry.type === 'tree') found.push(...(await walk(entry.sha, `${path}/`)));
      else found.push({ ...entry, path });
    }
    return found;
  }

  async function find(path: string): Promise<Entry | undefined> {
    const { truncated, entries } = await get(tree, 'recursive');
    if (!truncated) return entries.get(path);
    let current: Entry | undefined = { path: '', mode: '040000', type: 'tree', sha: tree };
    for (const part of path.split('/')) {
      if (current?.type !== 'tree') return undefined;
      const folder: Listing = await get(current.sha, 'flat');
      current = folder.entries.get(part);
    }
    return current;
  }

  return {
    list: async () =>
      (await walk(tree, '')).filter((entry) => entry.type === 'blob').map((entry) => entry.path),
    async read(path) {
      const entry = await find(path);
      if (entry?.type !== 'blob') return undefined;
      return { bytes: await readBlob(repository, entry.sha, options), mode: entry.mode };
    },
    async readAll(paths) {
      const entries = new Map<string, Entry>();
      for (const path of paths) {
        const entry = await find(path);
        if (entry?.type === 'blob') entries.set(path, entry);
      }
      const blobs = await readBlobs(repository, [...entries.values()], options);
      const files = new Map<string, TargetFile>();
      for (const [path, { sha, mode }] of entries) {
        const bytes = blobs.get(sha);
        if (bytes) files.set(path, { bytes, mode });
      }
      return files;
    },
  };
}
