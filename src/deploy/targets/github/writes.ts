import { isOid, request, requestOnce } from '../../../github/requests.js';
import type { GitHubRepository, RequestFailed, Work } from '../../../github/requests.js';
import { LEDGER_FILE } from '../../ledger/ledger.js';
import type { ReadOptions, TargetChange } from '../../target.js';

export interface Written {
  oid: string;
  url?: string;
}

/** One ref in an atomic update: it moves only if it points to `beforeOid` (zeros: must not exist). */
export interface RefMove {
  name: string;
  beforeOid: string;
  afterOid: string;
  force: boolean;
}

export const ZEROS = '0'.repeat(40);

interface TreeItem {
  path: string;
  mode: '100644' | '100755';
  type: 'blob';
  sha?: string;
  content?: string;
}

/**
 * Writes an object. Nothing points to it yet, so the request may be repeated. A commit can't be cancelled, so it doesn't wait for
 * a rate limit. @throws RequestFailed
 */
async function write<T extends { data: { sha: string } }>(
  repository: GitHubRepository,
  work: Work<T>,
  options?: ReadOptions,
): Promise<T['data']> {
  const isAnswer = ({ data }: T) => isOid(data.sha);
  return (await request(repository, work, { longestWaitMs: 0, isAnswer, ...options })).data;
}

/** Writes the tree of a change on top of that of its base: texts in the same request, other blobs before it. */
export async function writeDeployTree(
  repository: GitHubRepository,
  files: TargetChange['files'],
  baseTree: string,
  options?: ReadOptions,
): Promise<string> {
  const tree = await Promise.all(
    files.map(async ({ path, bytes, mode }): Promise<TreeItem> => {
      const item = { path, mode: mode === '100755' ? '100755' : '100644', type: 'blob' } as const;
      const blob = Buffer.from(bytes);
      const text = blob.toString('utf8');
      if (Buffer.from(text).equals(blob) && !text.includes('\0')) return { ...item, content: text };
      const content = { content: blob.toString('base64'), encoding: 'base64' };
      const { sha } = await write(repository, ({ rest, at }) => rest.git.createBlob({ ...at, ...content }), options);
      return { ...item, sha };
    }),
  );
  const made = { tree, base_tree: baseTree };
  return (await write(repository, ({ rest, at }) => rest.git.createTree({ ...at, ...made }), options)).sha;
}

/** Writes the tree of a ledger's commit. */
export async function writeLedgerTree(repository: GitHubRepository, content: string): Promise<string> {
  const tree: TreeItem[] = [{ path: LEDGER_FILE, mode: '100644', type: 'blob', content }];
  return (await write(repository, ({ rest, at }) => rest.git.createTree({ ...at, tree }))).sha;
}

export async function writeCommit(
  repository: GitHubRepository,
  commit: { tree: string; message: string; parents: string[] },
): Promise<Written> {
  const made = await write(repository, ({ rest, at }) => rest.git.createCommit({ ...at, ...commit }));
  return { oid: made.sha, url: made.html_url };
}

export async function readRepositoryId(repository: GitHubRepository): Promise<string> {
  const { data } = await request(repository, ({ rest, at }) => rest.repos.get(at), {
    longestWaitMs: 0,
    isAnswer: ({ data }) => typeof data.node_id === 'string',
  });
  return data.node_id;
}

const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

/**
 * Moves refs together or not at all. Made once: its outcome is unknown if no answer arrives.
 * https://docs.github.com/graphql/reference/mutations#updaterefs
 */
export async function updateRefs(
  repository: GitHubRepository,
  repositoryId: string,
  refUpdates: readonly RefMove[],
): Promise<RequestFailed | undefined> {
  // GitHub returns it; nothing else in the answer says that the refs have moved.
  const clientMutationId = `image-release ${refUpdates.map(({ afterOid }) => afterOid).join(' ')}`;
  const answer = await requestOnce(
    repository,
    ({ graphql }) =>
      graphql<{ updateRefs: { clientMutationId: string } }>(UPDATE_REFS, {
        input: { repositoryId, refUpdates, clientMutationId },
      }),
    { isAnswer: ({ updateRefs }) => updateRefs.clientMutationId === clientMutationId },
  );
  return answer instanceof Error ? answer : undefined;
}
