import { listCommitStatuses } from '../../../github/commit-statuses.js';
import type { FailureKind } from '../../../github/failures.js';
import { onFailure } from '../../../github/requests.js';
import { failure } from '../../../lib/errors.js';
import type { LedgerReading } from '../../ledger/ledger.js';
import type { DeployTarget, ReadOptions, TargetChange } from '../../target.js';
import { commitChange } from './commit.js';
import { createExplainer } from './explain.js';
import { filesOf, listChannels, readRefs, type RefsReading } from './files.js';
import { compareCommits, listCommitsSince, readCommit, readRef, resolveRef, type WithCheckout } from './history.js';
import { CERTAIN_RULES, gitHubProblem, rulesAhead } from './problems.js';
import { createGitHubProposals } from './proposals.js';
import { readRepositoryId, writeDeployTree } from './writes.js';

const NO_WAIT = { longestWaitMs: 0 };
/** Failures that say something about token and repository; others don't tell whether the token may write. */
const REFUSALS: readonly FailureKind[] = ['permission-denied', 'missing', 'token-rejected'];

/**
 * A branch of a repository at GitHub (or GitHub Enterprise), through the API alone: its commits are signed by
 * GitHub and shown as verified, because neither author nor committer is given.
 * @param spec what its checkout has isn't asked of GitHub
 */
export function createGitHubTarget(spec: WithCheckout & { branch: string }): DeployTarget {
  const { owner, repo, branch, checkout } = spec;
  const explainer = createExplainer(spec);
  const { explaining } = explainer;
  // Commits and the repository's id never change; the same files on the same base are the same tree.
  const commits = new Map<string, ReturnType<typeof filesOf>>();
  const written = new Map<string, string>();
  let id: string | undefined;
  /** The refs as they were read last, or the ledgers as a commit has left them; undefined: its outcome isn't known. */
  let refs: RefsReading | undefined;

  const readHead = (on: string, options: ReadOptions) =>
    explaining(options, readRef(spec, `refs/heads/${on}`, options));
  const readTargetHead = (options: ReadOptions) =>
    explaining(options, resolveRef(spec, `refs/heads/${branch}`, options));

  async function refsSince(channels: readonly string[], { since = Infinity, ...options }: ReadOptions) {
    const isKnown = (name: string) => refs?.ledgers.some(({ channel }) => channel === name);
    if (refs !== undefined && refs.at >= since && channels.every(isKnown)) return refs;
    refs = await explaining(options, readRefs(spec, channels, options));
    id ??= refs.id;
    return refs;
  }

  async function commitOf(commit: string, options: ReadOptions, known?: string) {
    const tree = commits.get(commit)?.tree ?? known ?? (await readCommit(spec, commit, options)).tree;
    const files = commits.get(commit) ?? filesOf(spec, { commit, tree }, checkout);
    commits.set(commit, files);
    return files;
  }

  async function writeTree({ base, files }: Pick<TargetChange, 'base' | 'files'>, options: ReadOptions = {}) {
    const { tree } = await commitOf(base, { ...options, ...NO_WAIT });
    const key = JSON.stringify([tree, files]);
    const made = written.get(key) ?? (await writeDeployTree(spec, files, tree, options));
    written.set(key, made);
    return made;
  }

  return {
    description: `${owner}/${repo}, branch ${branch}`,
    branch,
    proposals: createGitHubProposals(spec),

    compare: (base, head, options = {}) => explaining(options, compareCommits(spec, base, head, options)),

    async readLedgers(channels, options = {}) {
      const { ledgers } = await refsSince(channels, options);
      return channels.map((name) => ledgers.find(({ channel }) => channel === name) ?? { channel: name });
    },

    listChannels: (options = {}) => explaining(options, listChannels(spec, options)),

    async snapshot(options = {}) {
      const known = (await refsSince([], options)).head;
      const head = known?.oid ?? (await readTargetHead(options));
      const files = await explaining(options, commitOf(head, options, known?.tree));
      return {
        head,
        list: () => explaining(options, files.list(options)),
        readAll: (paths) => explaining(options, files.readAll(paths, options)),
      };
    },

    async headOf(name, options = {}) {
      const oid = await readHead(name, options);
      return oid === undefined ? undefined : explaining(options, readCommit(spec, oid, options));
    },

    async proveRights(change, options = {}) {
      // The API doesn't say what a job's token may do. The commit needs this tree anyway, and nothing points to it.
      await onFailure(writeTree(change, options), async (failed) => {
        if (!REFUSALS.includes(failed.kind)) return;
        // The branch could be read a moment ago: the token lacks the right to write.
        if (failed.kind === 'missing')
          throw failure(gitHubProblem('permission-denied', explainer.place(failed.message)));
        throw await explainer.explain(failed, options);
      });
    },

    async foreseeRules() {
      const rules = (await explainer.readRules(branch)).filter(({ type }) => CERTAIN_RULES.includes(type));
      const judged = await Promise.all(rules.map(async (rule) => ({ rule, bypass: await explainer.readBypass(rule) })));
      return rulesAhead(explainer.place(''), judged);
    },

    commit(change) {
      refs = undefined;
      const repositoryId = async () => (id ??= await readRepositoryId(spec));
      const onMoved = (ledgers: LedgerReading[]) => (refs = { at: performance.now(), ledgers });
      return commitChange({ repository: spec, explainer, treeOf: writeTree, repositoryId, onMoved }, change);
    },

    async commitsSince(since, { on, ...options } = {}) {
      const head = on === undefined ? await readTargetHead(options) : await readHead(on, options);
      return head === undefined ? [] : explaining(options, listCommitsSince(spec, since, head, options));
    },

    commitStatuses: (commit, { signal } = {}) => listCommitStatuses(spec, commit, signal),

    async close() {},
  };
}
