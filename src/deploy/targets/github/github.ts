import { failure } from '../../../lib/errors.js';
import type { DeployTarget, ReadOptions, Snapshot, TargetCommit } from '../../target.js';
import type { GitHubTrouble } from './answers.js';
import { createExplainer } from './explain.js';
import { ancestryOf, listCommitsSince, readRef } from './history.js';
import { createLedgerNames, readLedgers } from './ledgers.js';
import { certainRules, gitHubProblem, rulesAhead } from './problems.js';
import { createGitHubProposals } from './proposals.js';
import { attempt, isOid, RequestFailed } from './requests.js';
import { createSwap } from './swap.js';
import { readTree, type GitHubRepository } from './tree.js';

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

/**
 * A branch of a repository at GitHub (or GitHub Enterprise), through the API alone: its commits are signed by
 * GitHub and shown as verified, because neither author nor committer is given.
 */
export function createGitHubTarget(spec: GitHubTargetSpec): DeployTarget {
  const { octokit, owner, repo, branch } = spec;
  const at = { owner, repo };
  const explainer = createExplainer(spec);
  const { explain, explaining, reading, place } = explainer;
  const names = createLedgerNames();
  const trees = new Map<string, string>();

  const readHead = async (options: ReadOptions): Promise<string> =>
    (
      await reading(
        options,
        (call) => octokit.rest.git.getRef({ ...at, ref: `heads/${branch}`, request: call }),
        ({ data }) => isOid(data.object.sha),
      )
    ).data.object.sha;

  const readCommit = (oid: string, options: ReadOptions) =>
    reading(
      options,
      (call) => octokit.rest.git.getCommit({ ...at, commit_sha: oid, request: call }),
      ({ data }) => isOid(data.tree.sha),
    );

  return {
    description: `${owner}/${repo}, branch ${branch}`,
    branch,
    ...ancestryOf(spec, explainer),
    swap: createSwap(spec, { names, explainer, trees }),
    proposals: createGitHubProposals(spec),

    readLedgers: (channels, options = {}) => explaining(options, readLedgers(spec, names, channels, options)),

    async snapshot(options = {}): Promise<Snapshot> {
      const head = await readHead(options);
      const { data } = await readCommit(head, options);
      trees.set(head, data.tree.sha);
      const tree = readTree(spec, data.tree.sha, options);
      return {
        head,
        list: () => explaining(options, tree.list()),
        read: (path) => explaining(options, tree.read(path)),
        readAll: (paths) => explaining(options, tree.readAll(paths)),
      };
    },

    async headOf(name, options = {}): Promise<TargetCommit | undefined> {
      const oid = await explaining(options, readRef(spec, `heads/${name}`, options));
      if (oid === undefined) return undefined;
      const { data } = await readCommit(oid, options);
      return { oid, message: data.message, url: data.html_url };
    },

    async proveRights(options = {}): Promise<void> {
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

    async foreseeRules() {
      const rules = certainRules(await explainer.readRules(branch));
      const judged = await Promise.all(
        rules.map(async (rule) => ({ rule, bypass: await explainer.readBypass(rule) })),
      );
      return rulesAhead(place(''), judged);
    },

    async commitsSince(since, options = {}): Promise<TargetCommit[]> {
      const { on } = options;
      const head =
        on === undefined
          ? await readHead(options)
          : await explaining(options, readRef(spec, `heads/${on}`, options));
      if (head === undefined) return [];
      return explaining(options, listCommitsSince(spec, since, head, options));
    },

    async close(): Promise<void> {},
  };
}
