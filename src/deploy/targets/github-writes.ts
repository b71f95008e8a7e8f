import type { TargetChange } from '../target.js';
import { request, type Octokit } from './github-requests.js';
import type { GitHubRepository } from './github-tree.js';

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
}

interface Call {
  signal: AbortSignal;
}

/**
 * Writes blobs, tree and commit. Nothing points to them yet, so each request may be repeated; a rate limit is
 * not waited for here, where a cancel could not be honoured.
 * @throws RequestFailed
 */
export async function writeCommitObjects(
  { octokit, owner, repo, clockwork }: GitHubRepository,
  change: TargetChange,
): Promise<Written & { repositoryId: string }> {
  const at = { owner, repo };
  const write = <T>(work: (call: Call) => Promise<T>) => request(work, clockwork, { patience: 0 });

  const tree: { path: string; mode: '100644' | '100755'; type: 'blob'; sha: string }[] = [];
  for (const file of change.files) {
    const content = Buffer.from(file.bytes).toString('base64');
    const blob = await write((call) =>
      octokit.rest.git.createBlob({ ...at, content, encoding: 'base64', request: call }),
    );
    const mode = file.mode === '100755' ? '100755' : '100644';
    tree.push({ path: file.path, mode, type: 'blob', sha: blob.data.sha });
  }
  const base = await write((call) =>
    octokit.rest.git.getCommit({ ...at, commit_sha: change.base, request: call }),
  );
  const newTree = await write((call) =>
    octokit.rest.git.createTree({ ...at, base_tree: base.data.tree.sha, tree, request: call }),
  );
  const commit = await write((call) =>
    octokit.rest.git.createCommit({
      ...at,
      message: change.message,
      tree: newTree.data.sha,
      parents: [change.base],
      request: call,
    }),
  );
  const repository = await write((call) => octokit.rest.repos.get({ ...at, request: call }));
  return { oid: commit.data.sha, url: commit.data.html_url, repositoryId: repository.data.node_id };
}

const UPDATE_REFS = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

/**
 * Moves references together or not at all. Made once: its outcome is unknown when no answer arrives.
 * https://docs.github.com/graphql/reference/mutations#updaterefs
 */
export async function updateRefs(
  octokit: Octokit,
  repositoryId: string,
  moves: readonly RefMove[],
  call: Call,
): Promise<void> {
  const refUpdates = moves.map(({ name, before, after }) => ({
    name,
    beforeOid: before,
    afterOid: after,
    force: false,
  }));
  await octokit.graphql(UPDATE_REFS, { input: { repositoryId, refUpdates }, request: call });
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
  call: Call,
): Promise<Written> {
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
  const answer = await octokit.graphql<{ createCommitOnBranch: { commit: Written } }>(
    CREATE_COMMIT_ON_BRANCH,
    {
      input,
      request: call,
    },
  );
  return answer.createCommitOnBranch.commit;
}
