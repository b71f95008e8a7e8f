import type { FailureKind } from '../../../github/failures.js';
import { requestOnce, RequestFailed, type GitHubRepository } from '../../../github/requests.js';
import { failure } from '../../../lib/errors.js';
import type { DeployTarget, ReadOptions } from '../../target.js';
import { commitChange } from './commit.js';
import { createExplainer } from './explain.js';
import { readTree } from './files.js';
import { compareCommits, listCommitsSince, readCommit, readRef, resolveRef } from './history.js';
import { readLedgers } from './ledgers.js';
import { certainRules, gitHubProblem, rulesAhead } from './problems.js';
import { createGitHubProposals } from './proposals.js';
import { readRepositoryId } from './writes.js';

export interface GitHubTargetSpec extends GitHubRepository {
  branch: string;
}

/** Failures that say something about token and repository; others don't tell whether the token may write. */
const REFUSALS: readonly FailureKind[] = ['permission-denied', 'missing', 'token-rejected'];

/**
 * A branch of a repository at GitHub (or GitHub Enterprise), through the API alone: its commits are signed by
 * GitHub and shown as verified, because neither author nor committer is given.
 */
export function createGitHubTarget(spec: GitHubTargetSpec): DeployTarget {
  const { owner, repo, branch } = spec;
  const explainer = createExplainer(spec);
  const { explaining } = explainer;
  // Trees of commits and the repository's id never change.
  const trees = new Map<string, string>();
  let id: string | undefined;

  const readHead = (on: string, options: ReadOptions) =>
    explaining(options, readRef(spec, `refs/heads/${on}`, options));
  const readTargetHead = (options: ReadOptions) =>
    explaining(options, resolveRef(spec, `refs/heads/${branch}`, options));

  return {
    description: `${owner}/${repo}, branch ${branch}`,
    branch,
    proposals: createGitHubProposals(spec),

    compare: (base, head, options = {}) => explaining(options, compareCommits(spec, base, head, options)),

    readLedgers: (channels, options = {}) => explaining(options, readLedgers(spec, channels, options)),

    async snapshot(options = {}) {
      const head = await readTargetHead(options);
      const commit = await explaining(options, readCommit(spec, head, options));
      trees.set(head, commit.tree);
      const tree = readTree(spec, commit.tree, options);
      return {
        head,
        list: () => explaining(options, tree.list()),
        readAll: (paths) => explaining(options, tree.readAll(paths)),
      };
    },

    async headOf(name, options = {}) {
      const oid = await readHead(name, options);
      return oid === undefined ? undefined : explaining(options, readCommit(spec, oid, options));
    },

    async proveRights(options = {}) {
      // The API doesn't say what a job's token may do; a blob that nothing points to is the smallest write.
      const made = await requestOnce(spec, ({ rest, at }) => rest.git.createBlob({ ...at, content: '\n' }), options);
      if (!(made instanceof RequestFailed) || !REFUSALS.includes(made.kind)) return;
      // The branch could be read a moment ago: the token lacks the right to write.
      if (made.kind === 'missing') throw failure(gitHubProblem('permission-denied', explainer.place(made.message)));
      throw await explainer.explain(made, options);
    },

    async foreseeRules() {
      const rules = certainRules(await explainer.readRules(branch));
      const judged = await Promise.all(rules.map(async (rule) => ({ rule, bypass: await explainer.readBypass(rule) })));
      return rulesAhead(explainer.place(''), judged);
    },

    commit: (change) =>
      commitChange(
        {
          repository: spec,
          explainer,
          treeOf: async (commit) => trees.get(commit) ?? (await readCommit(spec, commit, { longestWaitMs: 0 })).tree,
          repositoryId: async () => (id ??= await readRepositoryId(spec)),
        },
        change,
      ),

    async commitsSince(since, { on, ...options } = {}) {
      const head = on === undefined ? await readTargetHead(options) : await readHead(on, options);
      return head === undefined ? [] : explaining(options, listCommitsSince(spec, since, head, options));
    },

    async close() {},
  };
}
