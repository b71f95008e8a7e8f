import type { Clockwork } from '../backoff.js';
import type { ReadOptions, TargetFile } from '../target.js';
import { request, type Octokit } from './github-requests.js';

export interface GitHubRepository {
  octokit: Octokit;
  owner: string;
  repo: string;
  clockwork: Clockwork;
}

interface Entry {
  path: string;
  mode: string;
  type: string;
  sha: string;
}

/** The files of one tree, read as far as they are asked for. */
export interface GitHubTree {
  list(): Promise<string[]>;
  read(path: string): Promise<TargetFile | undefined>;
}

/**
 * Reads a tree in one recursive request; where GitHub cuts that short (over 100,000 entries or 7 MB, see
 * https://docs.github.com/rest/git/trees#get-a-tree) it walks down instead.
 */
export function readTree(repository: GitHubRepository, tree: string, options: ReadOptions): GitHubTree {
  const { octokit, owner, repo, clockwork } = repository;

  const get = async (sha: string, recursive: boolean) => {
    const { data } = await request(
      (call) =>
        octokit.rest.git.getTree({
          owner,
          repo,
          tree_sha: sha,
          ...(recursive ? { recursive: '1' } : {}),
          request: call,
        }),
      clockwork,
      options,
    );
    return { truncated: data.truncated, entries: data.tree as Entry[] };
  };
  const once = <T>(work: () => Promise<T>) => {
    let result: Promise<T> | undefined;
    return () => (result ??= work());
  };
  const whole = once(() => get(tree, true));

  async function walk(sha: string, prefix: string): Promise<Entry[]> {
    const all = await get(sha, true);
    const { entries } = all.truncated ? await get(sha, false) : all;
    const found: Entry[] = [];
    for (const entry of entries) {
      const path = prefix + entry.path;
      if (all.truncated && entry.type === 'tree') found.push(...(await walk(entry.sha, `${path}/`)));
      else found.push({ ...entry, path });
    }
    return found;
  }

  async function find(path: string): Promise<Entry | undefined> {
    const { truncated, entries } = await whole();
    if (!truncated) return entries.find((entry) => entry.path === path);
    let current: Entry | undefined = { path: '', mode: '040000', type: 'tree', sha: tree };
    for (const part of path.split('/')) {
      if (current?.type !== 'tree') return undefined;
      const folder: { entries: Entry[] } = await get(current.sha, false);
      current = folder.entries.find((entry) => entry.path === part);
    }
    return current;
  }

  return {
    async list() {
      const { truncated, entries } = await whole();
      const all = truncated ? await walk(tree, '') : entries;
      return all.filter((entry) => entry.type === 'blob').map((entry) => entry.path);
    },
    async read(path) {
      const entry = await find(path);
      if (entry?.type !== 'blob') return undefined;
      const { data } = await request(
        (call) => octokit.rest.git.getBlob({ owner, repo, file_sha: entry.sha, request: call }),
        clockwork,
        options,
      );
      return { bytes: Buffer.from(data.content, 'base64'), mode: entry.mode };
    },
  };
}
