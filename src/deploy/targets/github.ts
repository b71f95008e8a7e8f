import { failure, type ReleaseError } from '../../lib/errors.js';
import type {
  DeployTarget,
  ReadOptions,
  Snapshot,
  SwapResult,
  TargetChange,
  TargetCommit,
} from '../target.js';
import { gitHubProblem, nameRules, type BranchRule, type GitHubPlace } from './github-problems.js';
import { attempt, LONGEST_WAIT_MS, request, RequestFailed } from './github-requests.js';
import { waitOf, type GitHubTrouble } from './github-answers.js';
import { readTree, type GitHubRepository } from './github-tree.js';
import { createCommitOnBranch, updateRefs, writeCommitObjects, type Written } from './github-writes.js';

export interface GitHubTargetSpec extends GitHubRepository {
  branch: string;
}

/** Verdicts on the token and the repository, which trying again would not change. */
const REFUSALS: readonly GitHubTrouble[] = [
  'permission-denied',
  'missing',
  'token-rejected',
  'single-sign-on',
  'archived',
];

/** What certainly was not written, and may be tried again after a wait. */
const COME_BACK_MS = 2_000;

/**
 * A branch of a repository at GitHub (or GitHub Enterprise), through the API alone: its commits are signed by
 * GitHub and shown as verified, because neither author nor committer is given.
 */
export function createGitHubTarget(spec: GitHubTargetSpec): DeployTarget {
  const { octokit, owner, repo, branch, clockwork } = spec;
  const at = { owner, repo };
  const place = (words: string): GitHubPlace => ({ repository: `${owner}/${repo}`, branch, words });
  /** The way to compare and set, chosen once: updateRefs, or createCommitOnBranch on older servers. */
  let writer: 'updateRefs' | 'createCommitOnBranch' = 'updateRefs';

  async function readHead(options: ReadOptions): Promise<string> {
    const { data } = await reading(options, (call) =>
      octokit.rest.git.getRef({ ...at, ref: `heads/${branch}`, request: call }),
    );
    return data.object.sha;
  }

  /** Runs a read and explains its failure; `missing` needs a second look at what is missing. */
  async function reading<T>(
    options: ReadOptions,
    work: (call: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await request(work, clockwork, options);
    } catch (error) {
      throw error instanceof RequestFailed ? await explain(error, options) : error;
    }
  }

  async function explain(failed: RequestFailed, options: ReadOptions = {}): Promise<ReleaseError> {
    const known = place(failed.message);
    switch (failed.trouble) {
      case 'missing':
        return explainMissing(failed, options);
      case 'rules':
        return failure(gitHubProblem('rules', { ...known, rules: await readRules() }));
      case 'stale':
      case 'unsupported':
        return failure(gitHubProblem('other', known));
      default:
        return failure(gitHubProblem(failed.trouble, known));
    }
  }

  async function explainMissing(failed: RequestFailed, options: ReadOptions): Promise<ReleaseError> {
    const branches = await attempt(
      (call) => octokit.rest.repos.listBranches({ ...at, per_page: 100, request: call }),
      options.signal,
    );
    if (branches instanceof RequestFailed) {
      return failure(gitHubProblem('repository-missing', place(failed.message)));
    }
    const names = branches.data.map((item) => item.name);
    const kind = names.length === 0 ? 'repository-empty' : 'branch-missing';
    return failure(gitHubProblem(kind, { ...place(failed.message), branches: names }));
  }

  /** The active rules of the branch; none when they can't be read. */
  async function readRules(): Promise<BranchRule[]> {
    const listed = await attempt((call) =>
      octokit.rest.repos.getBranchRules({ ...at, branch, per_page: 100, request: call }),
    );
    if (listed instanceof RequestFailed) return [];
    return listed.data.map((rule) => ({ type: rule.type, source: rule.ruleset_source }));
  }

  /** What a write that did not succeed leaves us with. */
  async function settle(failed: RequestFailed, phase: 'objects' | 'reference'): Promise<SwapResult> {
    const landable = phase === 'reference';
    switch (failed.trouble) {
      case 'stale':
        return { status: 'stale' };
      case 'later': {
        const retryAfterMs = waitOf(failed.failure);
        if (retryAfterMs > LONGEST_WAIT_MS) throw await explain(failed);
        return { status: 'later', cause: failed, retryAfterMs };
      }
      case 'transient':
        return landable
          ? { status: 'unknown', cause: failed }
          : { status: 'later', cause: failed, retryAfterMs: COME_BACK_MS };
      case 'missing':
        // The branch could be read a moment ago: what is missing is the right to write.
        throw failure(gitHubProblem('permission-denied', place(failed.message)));
      case 'other': {
        if (!landable) throw await explain(failed);
        const rules = nameRules(await readRules());
        const hint = rules.length > 0 ? `\nActive rules on ${branch}: ${rules.join(', ')}` : '';
        return { status: 'unknown', cause: new Error(failed.message + hint) };
      }
      default:
        throw await explain(failed);
    }
  }

  const committed = ({ oid, url }: Written): SwapResult => ({ status: 'committed', commit: oid, url });

  async function swapReference(change: TargetChange): Promise<SwapResult | 'unsupported'> {
    let written: Written & { repositoryId: string };
    try {
      written = await writeCommitObjects(spec, change);
    } catch (error) {
      if (error instanceof RequestFailed) return settle(error, 'objects');
      throw error;
    }
    const moves = [{ name: `refs/heads/${branch}`, before: change.base, after: written.oid }];
    const moved = await attempt((call) => updateRefs(octokit, written.repositoryId, moves, call));
    if (!(moved instanceof RequestFailed)) return committed(written);
    return moved.trouble === 'unsupported' ? 'unsupported' : settle(moved, 'reference');
  }

  async function swapContents(change: TargetChange): Promise<SwapResult> {
    if (change.files.some((file) => file.mode !== '100644')) {
      throw failure(gitHubProblem('unsafe-write', place('')));
    }
    const made = await attempt((call) => createCommitOnBranch(spec, change, call));
    return made instanceof RequestFailed ? settle(made, 'reference') : committed(made);
  }

  return {
    description: `${owner}/${repo}, branch ${branch}`,
    branch,

    async snapshot(options: ReadOptions = {}): Promise<Snapshot> {
      const head = await readHead(options);
      const { data } = await reading(options, (call) =>
        octokit.rest.git.getCommit({ ...at, commit_sha: head, request: call }),
      );
      const tree = readTree(spec, data.tree.sha, options);
      const explained = async <T>(work: Promise<T>): Promise<T> => {
        try {
          return await work;
        } catch (error) {
          throw error instanceof RequestFailed ? await explain(error, options) : error;
        }
      };
      return {
        head,
        list: () => explained(tree.list()),
        read: (path) => explained(tree.read(path)),
      };
    },

    async proveRights(options: ReadOptions = {}): Promise<void> {
      // Nothing in the API says what a job's token may do; a blob that nothing points to is the smallest write.
      const made = await attempt(
        (call) => octokit.rest.git.createBlob({ ...at, content: '\n', request: call }),
        options.signal,
      );
      if (!(made instanceof RequestFailed) || !REFUSALS.includes(made.trouble)) return;
      // The branch could be read a moment ago: what is missing is the right to write.
      if (made.trouble === 'missing') throw failure(gitHubProblem('permission-denied', place(made.message)));
      throw await explain(made, options);
    },

    async swap(change: TargetChange): Promise<SwapResult> {
      if (writer === 'updateRefs') {
        const result = await swapReference(change);
        if (result !== 'unsupported') return result;
        writer = 'createCommitOnBranch';
      }
      return swapContents(change);
    },

    async commitsSince(since: string, options: ReadOptions = {}): Promise<TargetCommit[]> {
      const head = await readHead(options);
      if (head === since) return [];
      const { data } = await reading(options, (call) =>
        octokit.rest.repos.compareCommitsWithBasehead({
          ...at,
          basehead: `${since}...${head}`,
          per_page: 100,
          request: call,
        }),
      );
      return data.commits
        .map(({ sha, html_url, commit }) => ({ oid: sha, message: commit.message, url: html_url }))
        .reverse();
    },

    async close(): Promise<void> {},
  };
}
