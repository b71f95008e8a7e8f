import { createHash } from 'node:crypto';
import type { ReadOptions } from '../../target.js';
import { request, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';

/** A blob as GraphQL answers it; `text` may be missing, cut off, or not the bytes that the object has. */
export interface BlobAnswer {
  oid?: string;
  text?: string | null;
}

/** Asks for fields of the repository; an answer with errors is none. */
export async function queryBlobs(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  fields: string,
  options: ReadOptions,
): Promise<Partial<Record<string, BlobAnswer | null>>> {
  const query = `query ($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) {\n${fields}\n} }`;
  try {
    const answer = await request(
      (call) =>
        octokit.graphql<{ repository: Record<string, BlobAnswer | null> | null }>(query, {
          owner,
          repo,
          request: call,
        }),
      clockwork,
      options,
    );
    return answer.repository ?? {};
  } catch (error) {
    if (error instanceof RequestFailed) return {};
    throw error;
  }
}

/** The text, if it is the whole blob: the object's id is the hash of its bytes. */
export function textOf({ oid, text }: BlobAnswer): string | undefined {
  if (typeof text !== 'string' || oid === undefined) return undefined;
  const bytes = Buffer.from(text, 'utf8');
  const hash = createHash(oid.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === oid ? text : undefined;
}

/** A file of a tree, as a listing names it. */
export interface BlobEntry {
  sha: string;
  /** Bytes. */
  size?: number;
}

/** Texts are cut off at about half a megabyte; larger blobs come one by one. */
const TEXT_BYTES = 256 * 1024;
const BATCH_BLOBS = 50;
const BATCH_BYTES = 2 * 1024 * 1024;
/** Requests side by side: far below the limit of 100 (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). */
const ABREAST = 6;

/**
 * Reads blobs in few requests: texts by GraphQL, in batches; what it can't give byte for byte one by one.
 * @returns by object id
 * @throws RequestFailed
 */
export async function readBlobs(
  repository: GitHubRepository,
  entries: readonly BlobEntry[],
  options: ReadOptions,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const wanted = [...new Map(entries.map((entry) => [entry.sha, entry])).values()];
  for (const batch of batchesOf(wanted)) {
    if (batch.length < 2) continue;
    const fields = batch.map(
      ({ sha }, index) => `b${index}: object(oid: "${sha}") { ... on Blob { oid text } }`,
    );
    const answers = await queryBlobs(repository, fields.join('\n'), options);
    for (const answer of Object.values(answers)) {
      const text = answer ? textOf(answer) : undefined;
      if (answer?.oid !== undefined && text !== undefined) found.set(answer.oid, Buffer.from(text, 'utf8'));
    }
  }
  const rest = wanted.filter(({ sha }) => !found.has(sha));
  for (let at = 0; at < rest.length; at += ABREAST) {
    const read = rest.slice(at, at + ABREAST).map(async ({ sha }) => {
      found.set(sha, await readBlob(repository, sha, options));
    });
    await Promise.all(read);
  }
  return found;
}

/** @throws RequestFailed */
export async function readBlob(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  sha: string,
  options: ReadOptions,
): Promise<Uint8Array> {
  const { data } = await request(
    (call) => octokit.rest.git.getBlob({ owner, repo, file_sha: sha, request: call }),
    clockwork,
    { ...options, isAnswer: ({ data }) => typeof data.content === 'string' },
  );
  return Buffer.from(data.content, 'base64');
}

function batchesOf(entries: readonly BlobEntry[]): BlobEntry[][] {
  const batches: BlobEntry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const size = entry.size ?? TEXT_BYTES;
    if (size > TEXT_BYTES) continue;
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH_BLOBS || bytes + size > BATCH_BYTES) {
      batches.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return batches;
}
