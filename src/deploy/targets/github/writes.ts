import { isOid, request, requestOnce, type GitHubRepository, type RequestFailed } from '../../../github/requests.js';
import { LEDGER_FILE, type LedgerMove } from '../../ledger/ledger.js';
import type { TargetChange } from '../../target.js';

export interface Written {
  oid: string;
  url?: string;
}

/** One ref in an atomic update: it moves only if it points to `before` (zeros: must not exist). */
export interface RefMove {
  name: string;
  before: string;
  after: string;
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

/** Nothing points to what is written here, so requests may be repeated. A commit can't be cancelled, so they don't wait
 * for a rate limit. */
const hasOid = {
  longestWaitMs: 0,
  isAnswer: ({ data }: { data: { sha: string } }) => isOid(data.sha),
};

/** Writes blobs, tree and commit of a change on top of its base. */
export async function writeDeployCommit(
  repository: GitHubRepository,
  change: TargetChange,
  baseTree: string,
): Promise<Written> {
  const tree: TreeItem[] = [];
  for (const { path, bytes, mode } of change.files) {
    const content = Buffer.from(bytes).toString('base64');
    const { data } = await request(
      repository,
      ({ rest, at }) => rest.git.createBlob({ ...at, content, encoding: 'base64' }),
      hasOid,
    );
    tree.push({ path, mode: mode === '100755' ? '100755' : '100644', type: 'blob', sha: data.sha });
  }
  return writeCommit(repository, { tree, base_tree: baseTree }, change.message, [change.base]);
}

/** Writes the next commit of a ledger; its only parent is the ledger's tip. @throws RequestFailed */
export async function writeLedgerCommit(
  repository: GitHubRepository,
  { message, before, text }: LedgerMove,
  commit: string | undefined,
): Promise<string> {
  const tree: TreeItem[] = [{ path: LEDGER_FILE, mode: '100644', type: 'blob', content: text(commit) }];
  return (await writeCommit(repository, { tree }, message, before === undefined ? [] : [before])).oid;
}

async function writeCommit(
  repository: GitHubRepository,
  tree: { tree: TreeItem[]; base_tree?: string },
  message: string,
  parents: string[],
): Promise<Written> {
  const written = await request(repository, ({ rest, at }) => rest.git.createTree({ ...at, ...tree }), hasOid);
  const { data } = await request(
    repository,
    ({ rest, at }) => rest.git.createCommit({ ...at, message, parents, tree: written.data.sha }),
    hasOid,
  );
  return { oid: data.sha, url: data.html_url };
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
  moves: readonly RefMove[],
): Promise<RequestFailed | undefined> {
  const refUpdates = moves.map(({ name, before, after, force }) => ({
    name,
    beforeOid: before,
    afterOid: after,
    force,
  }));
  // GitHub returns it; nothing else in the answer says that the refs have moved.
  const clientMutationId = `image-release ${moves.map(({ after }) => after).join(' ')}`;
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
