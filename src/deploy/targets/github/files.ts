import { createHash } from 'node:crypto';
import { isOid, onFailure, request, isList, type GitHubRepository } from '../../../github/requests.js';
import type { ReadOptions, TargetFile } from '../../target.js';
import { listTree, readObjects, type TreeEntry } from '../git/objects.js';
import type { GitRepository } from '../git/repository.js';
import type { FailureKind } from '../../../github/failures.js';
import { channelOf, LEDGER_FILE, LEDGER_PLACES, ledgerRef, type LedgerReading } from '../../ledger/ledger.js';
import { readCommit, readRef } from './history.js';

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
  message?: string;
  file?: { object: ObjectAnswer | null } | null;
}

/** Reads objects of the repository by GraphQL, by the aliases of their fields; an answer with errors holds none. */
async function queryObjects(
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

/** @property tree of its commit; undefined: there is no ledger */
export type GitHubLedger = LedgerReading & { tree?: string };

/** Ledgers and the head of the branch, as one query answers them. */
export interface RefsReading {
  /** When it was asked, milliseconds of `performance.now()`: nothing in it is older. */
  at: number;
  /** Node id of the repository. */
  id?: string;
  ledgers: GitHubLedger[];
  /** Undefined: not known. */
  head?: { oid: string; tree: string };
}

/** A ledger that the token may not see counts as absent: the write reports it. */
const ABSENT: readonly FailureKind[] = ['missing', 'permission-denied', 'repository-empty'];

/**
 * Reads ledgers, their texts, and the head of the branch by one GraphQL query. A ledger that it doesn't give is asked by REST:
 * GitHub doesn't document that revision expressions find refs other than branches and tags. A branch that is older than a
 * ledger lacks the commit that the ledger names, and is read again.
 * @throws RequestFailed
 */
export async function readRefs(
  repository: GitHubRepository & { branch: string },
  channels: readonly string[],
  options: ReadOptions,
): Promise<RefsReading> {
  const at = performance.now();
  const places = channels.flatMap((channel) =>
    LEDGER_PLACES.map((place) => ({ channel, ref: ledgerRef(place, channel) })),
  );
  const object = (alias: string, ref: string, fields: string) =>
    `${alias}: object(expression: ${JSON.stringify(ref)}) { ... on Commit { oid ${fields} } }`;
  const text = `message tree { oid } file(path: "${LEDGER_FILE}") { object { ... on Blob { oid text } } }`;
  const fields = [
    ...places.map(({ ref }, index) => object(`l${index}`, ref, text)),
    object('head', `refs/heads/${repository.branch}`, 'tree { oid }'),
  ];
  const { id, objects } = await queryObjects(repository, fields, options);
  const ledgers = await Promise.all(
    channels.map(async (channel): Promise<GitHubLedger> => {
      const index = places.findIndex((place, n) => place.channel === channel && isOid(objects[`l${n}`]?.oid));
      const { oid = '', file, message, tree } = objects[`l${index}`] ?? {};
      const found = index < 0 ? await findByRest(repository, channel, options) : { ref: places[index]!.ref, oid };
      if (found === undefined) return { channel };
      const text = file?.object ? textOf(file.object) : undefined;
      if (text === undefined || message === undefined || !isOid(tree?.oid))
        return { channel, ...found, ...(await readByRest(repository, found.oid, options)) };
      return { channel, ...found, message, tree: tree!.oid, text };
    }),
  );
  const { oid, tree } = objects['head'] ?? {};
  return { at, id, ledgers, ...(isOid(oid) && isOid(tree?.oid) && { head: { oid: oid!, tree: tree!.oid } }) };
}

async function findByRest(repository: GitHubRepository, channel: string, options: ReadOptions) {
  const refs = LEDGER_PLACES.map((place) => ledgerRef(place, channel));
  const oids = await Promise.all(refs.map((ref) => readRef(repository, ref, options, ABSENT)));
  return refs.flatMap((ref, index) => (oids[index] ? [{ ref, oid: oids[index] }] : []))[0];
}

/** Byte for byte: for texts that GraphQL truncates or doesn't return. */
async function readByRest(repository: GitHubRepository, commit: string, options: ReadOptions) {
  const { tree, message } = await readCommit(repository, commit, options);
  const file = (await filesOf(repository, { commit, tree }).readAll([LEDGER_FILE], options)).get(LEDGER_FILE);
  return { tree, message, ...(file && { text: Buffer.from(file.bytes).toString('utf8') }) };
}

/** The channels that have a ledger. @throws RequestFailed */
export async function listChannels(repository: GitHubRepository, options: ReadOptions): Promise<string[]> {
  const listed = await Promise.all(
    LEDGER_PLACES.map((place) => {
      const ref = ledgerRef(place, '').slice('refs/'.length, -1);
      const answer = { ...options, isAnswer: isList };
      return request(repository, ({ rest, at }) => rest.git.listMatchingRefs({ ...at, ref }), answer);
    }),
  );
  return [...new Set(listed.flatMap(({ data }) => data.flatMap((each) => channelOf(each.ref) ?? [])))];
}
