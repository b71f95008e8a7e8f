import { createHash } from 'node:crypto';
import { isOid, onFailure, request, type GitHubRepository } from '../../../github/requests.js';
import type { ReadOptions, TargetFile } from '../../target.js';
import { listTree, readObjects, type TreeEntry } from '../git/objects.js';
import type { GitRepository } from '../git/repository.js';

/** `size`: where GitHub has listed it. */
type Entry = TreeEntry & { size?: number };

/**
 * The files of a commit, from the checkout as far as that has them. Else a tree is read in one recursive request; if GitHub
 * truncates the answer (over 100,000 entries or 7 MB, see https://docs.github.com/rest/git/trees#get-a-tree), folder by folder.
 * Files of a commit never change, so each is read once. Requests throw RequestFailed.
 */
export function filesOf(
  repository: GitHubRepository,
  { commit, tree }: { commit: string; tree: string },
  checkout?: GitRepository,
) {
  let listed: Map<string, Entry> | undefined;
  const blobs = new Map<string, Uint8Array>();

  async function askTree(sha: string, depth: 'flat' | 'recursive', options: ReadOptions) {
    const { data } = await request(
      repository,
      ({ rest, at }) => rest.git.getTree({ ...at, tree_sha: sha, ...(depth === 'recursive' && { recursive: '1' }) }),
      { ...options, isAnswer: ({ data }) => data.tree.every(({ path, sha }) => isOid(sha) && path !== '') },
    );
    return data;
  }

  async function walk(sha: string, prefix: string, options: ReadOptions): Promise<[string, Entry][]> {
    const { tree, truncated } = await askTree(sha, 'recursive', options);
    const entries = truncated ? (await askTree(sha, 'flat', options)).tree : tree;
    const found: [string, Entry][] = [];
    for (const { path, type, sha: oid, mode, size } of entries) {
      if (truncated && type === 'tree') found.push(...(await walk(oid, `${prefix}${path}/`, options)));
      else if (type === 'blob') found.push([prefix + path, { oid, mode, size }]);
    }
    return found;
  }

  async function entries(options: ReadOptions): Promise<Map<string, Entry>> {
    listed ??= checkout && (await listTree(checkout, commit, options).catch(() => undefined));
    return (listed ??= new Map(await walk(tree, '', options)));
  }

  return {
    tree,
    list: async (options: ReadOptions) => [...(await entries(options)).keys()],
    async readAll(paths: readonly string[], options: ReadOptions): Promise<Map<string, TargetFile>> {
      const all = await entries(options);
      const found = paths.flatMap((path) => (all.has(path) ? [{ path, ...all.get(path)! }] : []));
      const missing = () => [
        ...new Map(found.flatMap((entry) => (blobs.has(entry.oid) ? [] : [[entry.oid, entry]]))).values(),
      ];
      const names = missing().map(({ oid }) => oid);
      const local = checkout && (await readObjects(checkout, names, options).catch(() => undefined));
      for (const [oid, bytes] of local ?? []) blobs.set(oid, bytes);
      for (const [oid, bytes] of await readBlobs(repository, missing(), options)) blobs.set(oid, bytes);
      return new Map(found.map(({ path, oid, mode }) => [path, { bytes: blobs.get(oid)!, mode }]));
    },
  };
}

/** An object as GraphQL returns it; `text` may be missing, truncated, or differ from the bytes of the blob. */
interface ObjectAnswer {
  oid?: string;
  text?: string | null;
  tree?: { oid: string };
  file?: { object: ObjectAnswer | null } | null;
}

/** Reads objects of the repository by GraphQL, by the aliases of their fields; an answer with errors holds none. */
export async function queryObjects(
  repository: GitHubRepository,
  fields: readonly string[],
  options: ReadOptions,
): Promise<{ id?: string; objects: Partial<Record<string, ObjectAnswer | null>> }> {
  const query = `query ($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) {\nid\n${fields.join('\n')}\n} }`;
  const { owner, repo } = repository;
  const asked = request(
    repository,
    ({ graphql }) => graphql<{ repository: ({ id: string } & Record<string, unknown>) | null }>(query, { owner, repo }),
    options,
  );
  const { id, ...objects } = (await onFailure(asked, () => undefined))?.repository ?? {};
  return { ...(typeof id === 'string' && { id }), objects: objects as Partial<Record<string, ObjectAnswer | null>> };
}

/** The text, if it is the complete blob: the object's id is the hash of its bytes. */
export function textOf({ oid, text }: ObjectAnswer): string | undefined {
  if (typeof text !== 'string' || oid === undefined) return undefined;
  const bytes = Buffer.from(text, 'utf8');
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === oid ? text : undefined;
}

/** GraphQL truncates texts at about half a megabyte, and a full batch of these has two. Larger blobs are read one by one. */
const TEXT_BYTES = 40 * 1024;
const BATCH_BLOBS = 50;

/** Reads texts by GraphQL, in batches; what it can't return byte for byte by REST. @returns by object id */
async function readBlobs(
  repository: GitHubRepository,
  wanted: readonly Entry[],
  options: ReadOptions,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const small = wanted.length > 1 ? wanted.filter(({ size = 0 }) => size <= TEXT_BYTES) : [];
  const fields = small.map(({ oid }, index) => `b${index}: object(oid: "${oid}") { ... on Blob { oid text } }`);
  const batches = Array.from({ length: Math.ceil(fields.length / BATCH_BLOBS) }, (_, index) =>
    fields.slice(index * BATCH_BLOBS, (index + 1) * BATCH_BLOBS),
  );
  // The client opens few connections, far below GitHub's limit of 100 concurrent requests.
  const answers = await Promise.all(batches.map((batch) => queryObjects(repository, batch, options)));
  for (const answer of answers.flatMap(({ objects }) => Object.values(objects))) {
    const text = answer ? textOf(answer) : undefined;
    if (answer?.oid !== undefined && text !== undefined) found.set(answer.oid, Buffer.from(text, 'utf8'));
  }
  const read = wanted.map(async ({ oid }) => {
    if (found.has(oid)) return;
    const { data } = await request(repository, ({ rest, at }) => rest.git.getBlob({ ...at, file_sha: oid }), {
      ...options,
      isAnswer: ({ data }) => typeof data.content === 'string',
    });
    found.set(oid, Buffer.from(data.content, 'base64'));
  });
  await Promise.all(read);
  return found;
}
