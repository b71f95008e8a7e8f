import { createHash } from 'node:crypto';
import { isOid, request, type GitHubRepository } from '../../../github/requests.js';
import type { ReadOptions, TargetFile } from '../../target.js';
import { onFailure } from './failed-request.js';

interface Entry {
  path: string;
  mode: string;
  type: string;
  sha: string;
  size?: number;
}

interface Listing {
  truncated: boolean;
  entries: Map<string, Entry>;
}

/**
 * Reads a tree in one recursive request; if GitHub truncates the answer (over 100,000 entries or 7 MB, see
 * https://docs.github.com/rest/git/trees#get-a-tree), folder by folder. Requests throw RequestFailed.
 */
export function readTree(repository: GitHubRepository, tree: string, options: ReadOptions) {
  const listings = new Map<string, Promise<Listing>>();
  const get = (sha: string, depth: 'flat' | 'recursive'): Promise<Listing> => {
    const key = `${depth} ${sha}`;
    const listing = listings.get(key) ?? listTree(sha, depth);
    listings.set(key, listing);
    return listing;
  };
  async function listTree(sha: string, depth: 'flat' | 'recursive'): Promise<Listing> {
    const { data } = await request(
      repository,
      ({ rest, at }) => rest.git.getTree({ ...at, tree_sha: sha, ...(depth === 'recursive' && { recursive: '1' }) }),
      { ...options, isAnswer: ({ data }) => data.tree.every(({ path, sha }) => isOid(sha) && path !== '') },
    );
    const entries = data.tree as Entry[];
    return { truncated: data.truncated, entries: new Map(entries.map((entry) => [entry.path, entry])) };
  }

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
    list: async () => (await walk(tree, '')).filter((entry) => entry.type === 'blob').map((entry) => entry.path),
    async readAll(paths: readonly string[]): Promise<Map<string, TargetFile>> {
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

/** A blob as GraphQL returns it; `text` may be missing, truncated, or differ from the bytes of the object. */
interface BlobAnswer {
  oid?: string;
  text?: string | null;
}

/** Reads blobs by GraphQL; an answer with errors holds none. */
export async function queryBlobs(
  repository: GitHubRepository,
  fields: readonly string[],
  options: ReadOptions,
): Promise<Partial<Record<string, BlobAnswer | null>>> {
  const query = `query ($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) {\n${fields.join('\n')}\n} }`;
  const { owner, repo } = repository;
  const asked = request(
    repository,
    ({ graphql }) => graphql<{ repository: Record<string, BlobAnswer | null> | null }>(query, { owner, repo }),
    options,
  );
  return (await onFailure(asked, () => undefined))?.repository ?? {};
}

/** The text, if it is the complete blob: the object's id is the hash of its bytes. */
export function textOf({ oid, text }: BlobAnswer): string | undefined {
  if (typeof text !== 'string' || oid === undefined) return undefined;
  const bytes = Buffer.from(text, 'utf8');
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === oid ? text : undefined;
}

/** GraphQL truncates texts at about half a megabyte, and a full batch of these has two. Larger blobs are read one by one. */
const TEXT_BYTES = 40 * 1024;
const BATCH_BLOBS = 50;
/** Far below the limit of 100 (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). */
const CONCURRENT_REQUESTS = 6;

/** Reads texts by GraphQL, in batches; what it can't return byte for byte by REST. @returns by object id */
async function readBlobs(
  repository: GitHubRepository,
  entries: readonly Entry[],
  options: ReadOptions,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const wanted = [...new Map(entries.map((entry) => [entry.sha, entry])).values()];
  const small = wanted.filter(({ size = Infinity }) => size <= TEXT_BYTES);
  for (let at = 0; at < small.length - 1; at += BATCH_BLOBS) {
    const batch = small.slice(at, at + BATCH_BLOBS);
    const fields = batch.map(({ sha }, index) => `b${index}: object(oid: "${sha}") { ... on Blob { oid text } }`);
    for (const answer of Object.values(await queryBlobs(repository, fields, options))) {
      const text = answer ? textOf(answer) : undefined;
      if (answer?.oid !== undefined && text !== undefined) found.set(answer.oid, Buffer.from(text, 'utf8'));
    }
  }
  const rest = wanted.filter(({ sha }) => !found.has(sha));
  for (let at = 0; at < rest.length; at += CONCURRENT_REQUESTS) {
    const read = rest.slice(at, at + CONCURRENT_REQUESTS).map(async ({ sha }) => {
      const { data } = await request(repository, ({ rest, at }) => rest.git.getBlob({ ...at, file_sha: sha }), {
        ...options,
        isAnswer: ({ data }) => typeof data.content === 'string',
      });
      found.set(sha, Buffer.from(data.content, 'base64'));
    });
    await Promise.all(read);
  }
  return found;
}
