import type { TargetChange } from '../../target.js';
import type { LedgerMove } from '../../ledger/ledger.js';
import { attempt, isOid, request, RequestFailed } from './requests.js';
import type { GitHubRepository } from './tree.js';
import { LEDGER_FILE } from '../ledger-refs.js';

/** A commit that was written; whether a branch points to it is another matter. */
export interface Written {
  oid: string;
  url?: string;
}

/** One reference in an atomic update: it moves only if it stands at `before` (zeros: must not exist). */
export interface RefMove {
  /** Fully qualified: `refs/heads/main`. */
  name: string;
  before: string;
  after: string;
  force: boolean;
}

/** Where a ref stands that does not exist. */
export const ZEROS = '0'.repeat(40);

interface Call {
  signal: AbortSignal;
}

/** Fully qualified name that `createRef` takes; the other endpoints leave out `refs/`. */
const shortName = (name: string) => name.slice('refs/'.length);

/** Something written that nothing points to yet may be written again; a rate limit is not waited for here,
 * where a cancel could not be honoured. */
const writing = <T>(
  { clockwork }: GitHubRepository,
  work: (call: Call) => Promise<T>,
  isAnswer: (answer: T) => boolean,
) => request(work, clockwork, { patience: 0, isAnswer });

const hasOid = ({ data }: { data: { sha: string } }) => isOid(data.sha);

/**
 * Writes blobs, tree and commit of a change on top of its base.
 * @param baseTree tree of `change.base`
 * @throws RequestFailed
 */
export async function writeDeployCommit(
  repository: GitHubRepository,
  change: TargetChange,
  baseTree: string,
): Promise<Written> {
  const { octokit, owner, repo } = repository;
  const tree: TreeItem[] = [];
  for (const file of change.files) {
    const content = Buffer.from(file.bytes).toString('base64');
    const blob = await writing(
      repository,
      (call) => octokit.rest.git.createBlob({ owner, repo, content, encoding: 'base64', request: call }),
      hasOid,
    );
    const mode = file.mode === '100755' ? '100755' : '100644';
    tree.push({ path: file.path, mode, type: 'blob', sha: blob.data.sha });
  }
  const written = await writeTree(repository, tree, baseTree);
  return writeCommit(repository, { message: change.message, tree: written, parents: [change.base] });
}

/** Writes the next commit of a ledger; its only parent is the ledger's tip. @throws RequestFailed */
export async function writeLedgerCommit(
  repository: GitHubRepository,
  { message, before }: Pick<LedgerMove, 'message' | 'before'>,
  text: string,
): Promise<string> {
  const tree = await writeTree(repository, [
    { path: LEDGER_FILE, mode: '100644', type: 'blob', content: text },
  ]);
  const parents = before === undefined ? [] : [before];
  return (await writeCommit(repository, { message, tree, parents })).oid;
}

interface TreeItem {
  path: string;
  mode: '100644' | '100755';
  type: 'blob';
  sha?: string;
  content?: string;
}

async function writeTree(repository: GitHubRepository, tree: TreeItem[], base?: string): Promise<string> {
  const { octokit, owner, repo } = repository;
  const { data } = await writing(
    repository,
    (call) =>
      octokit.rest.git.createTree({
        owner,
        repo,
        tree,
        ...(base === undefined ? {} : { base_tree: base }),
        request: call,
      }),
    hasOid,
  );
  return data.sha;
}

/** @throws RequestFailed */
export async function writeCommit(
  repository: GitHubRepository,
  commit: { message: string; tree: string; parents: string[] },
): Promise<Written> {
  const { octokit, owner, repo } = repository;
  const { data } = await writing(
    repository,
    (call) => octokit.rest.git.createCommit({ owner, repo, ...commit, request: call }),
    hasOid,
  );
  return { oid: data.sha, url: data.html_url };
}

/** Tree of a commit. @throws RequestFailed */
export async function treeOf(repository: GitHubRepository, commit: string): Promise<string> {
  const { octokit, owner, repo } = repository;
  const { data } = await writing(
    repository,
    (call) => octokit.rest.git.getCommit({ owner, repo, commit_sha: commit, request: call }),
    ({ data }) => isOid(data.tree.sha),
  );
  return data.tree.sha;
}

/** The id by which GraphQL knows the repository. @throws RequestFailed */
export async function repositoryIdOf(repository: GitHubRepository): Promise<string> {
  const { octokit, owner, repo } = repository;
  const { data } = await writing(
    repository,
    (call) => octokit.rest.repos.get({ owner, repo, request: call }),
    ({ data }) => typeof data.node_id === 'string',
  );
  return data.node_id;
}

/**
 * Sets one reference by the REST API, once. Without `force` GitHub refuses what does not descend from where the
 * ref stands: a compare-and-set for a commit whose only parent is `before`.
 */
export async function setRef(
  { octokit, owner, repo }: GitHubRepository,
  { name, before, after, force }: RefMove,
): Promise<RequestFailed | undefined> {
  const moved = await attempt<{ data: { object: { sha: string } } }>(
    (call) =>
      before === ZEROS
        ? octokit.rest.git.createRef({ owner, repo, ref: name, sha: after, request: call })
        : octokit.rest.git.updateRef({ owner, repo, ref: shortName(name), sha: after, force, request: call }),
    undefined,
    ({ data }) => data.object.sha === after,
  );
  return moved instanceof RequestFailed ? moved : undefined;
}

/** Removes a reference by the REST API, once. */
export async function removeRef(
  { octokit, owner, repo }: GitHubRepository,
  name: string,
): Promise<RequestFailed | undefined> {
  const removed = await attempt((call) =>
    octokit.rest.git.deleteRef({ owner, repo, ref: shortName(name), request: call }),
  );
  return removed instanceof RequestFailed ? removed : undefined;
}

const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

/**
 * Moves references together or not at all. Made once: its outcome is unknown when no answer arrives.
 * https://docs.github.com/graphql/reference/mutations#updaterefs
 */
export async function updateRefs(
  { octokit }: GitHubRepository,
  repositoryId: string,
  moves: readonly RefMove[],
): Promise<RequestFailed | undefined> {
  const refUpdates = moves.map(({ name, before, after, force }) => ({
    name,
    beforeOid: before,
    afterOid: after,
    force,
  }));
  // Comes back in the answer, which has nothing else to tell that refs have moved.
  const clientMutationId = `image-release ${moves.map(({ after }) => after).join(' ')}`;
  const moved = await attempt(
    (call) =>
      octokit.graphql<{ updateRefs: { clientMutationId: string } }>(UPDATE_REFS, {
        input: { repositoryId, refUpdates, clientMutationId },
        request: call,
      }),
    undefined,
    (answer) => answer.updateRefs.clientMutationId === clientMutationId,
  );
  return moved instanceof RequestFailed ? moved : undefined;
}

const CREATE_COMMIT_ON_BRANCH = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url } }
}`;

/**
 * Commits files of mode 100644 on a branch that stands at `change.base`. Made once.
 * https://docs.github.com/graphql/reference/mutations#createcommitonbranch
 */
export async function createCommitOnBranch(
  { octokit, owner, repo, branch }: GitHubRepository & { branch: string },
  change: TargetChange,
): Promise<Written | RequestFailed> {
  const [headline = '', ...rest] = change.message.split('\n');
  const input = {
    branch: { repositoryNameWithOwner: `${owner}/${repo}`, branchName: branch },
    expectedHeadOid: change.base,
    message: { headline, body: rest.join('\n').trim() },
    fileChanges: {
      additions: change.files.map((file) => ({
        path: file.path,
        contents: Buffer.from(file.bytes).toString('base64'),
      })),
    },
  };
  const made = await attempt(
    (call) =>
      octokit.graphql<{ createCommitOnBranch: { commit: Written } }>(CREATE_COMMIT_ON_BRANCH, {
        input,
        request: call,
      }),
    undefined,
    (answer) => isOid(answer.createCommitOnBranch.commit.oid),
  );
  return made instanceof RequestFailed ? made : made.createCommitOnBranch.commit;
}
