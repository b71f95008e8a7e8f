import { listCommitStatuses } from '../../../github/commit-statuses.js';
import { retryAfterMs, type FailureKind } from '../../../github/failures.js';
import { onFailure, LONGEST_WAIT_MS, type GitHubRepository, type RequestFailed } from '../../../github/requests.js';
import { failure } from '../../../lib/errors.js';
import type { LedgerMove } from '../../ledger/ledger.js';
import type { DeployTarget, ReadOptions, TargetChange, CommitResult } from '../../target.js';
import { createExplainer, CERTAIN_RULES, gitHubProblem, rulesAhead, nameRules, type Explainer } from './problems.js';
import { filesOf, listChannels, readRefs, type GitHubLedger, type RefsReading } from './files.js';
import { compareCommits, listCommitsSince, readCommit, readRef, resolveRef, type WithCheckout } from './history.js';
import { createGitHubProposals } from './proposals.js';
import { readRepositoryId, writeDeployTree, updateRefs, writeCommit, writeLedgerTree, ZEROS } from './writes.js';
import type { RefMove } from './writes.js';

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
      const read = refs?.ledgers ?? [];
      refs = undefined;
      const repositoryId = async () => (id ??= await readRepositoryId(spec));
      const ledgerTreeOf = async ({ before, text }: LedgerMove) =>
        read.find((ledger) => ledger.oid === before && ledger.text === text)?.tree ?? writeLedgerTree(spec, text);
      const onMoved = (ledgers: GitHubLedger[]) => (refs = { at: performance.now(), ledgers });
      const context = { repository: spec, explainer, treeOf: writeTree, ledgerTreeOf, repositoryId, onMoved };
      return commitChange(context, change);
    },

    async commitsSince(since, { on, ...options } = {}) {
      const head = on === undefined ? await readTargetHead(options) : await readHead(on, options);
      return head === undefined ? [] : explaining(options, listCommitsSince(spec, since, head, options));
    },

    commitStatuses: (commit, { signal } = {}) => listCommitStatuses(spec, commit, signal),

    async close() {},
  };
}

export interface CommitContext {
  repository: GitHubRepository & { branch: string };
  explainer: Explainer;
  /** Writes the tree of the change, if that was not done before. */
  treeOf(change: TargetChange): Promise<string>;
  /** The same for a ledger, whose commit may keep the tree of the one before. */
  ledgerTreeOf(move: LedgerMove): Promise<string>;
  repositoryId(): Promise<string>;
  /** The ledgers as the update has left them. */
  onMoved(ledgers: GitHubLedger[]): void;
}

/** Wait after a failure that certainly wrote nothing. */
const RETRY_MS = 2_000;

/** Writes the commits, then moves branch and ledgers together. */
function commitChange(context: CommitContext, change: TargetChange): Promise<CommitResult> {
  return onFailure(writeAndMove(context, change), (failed) => classifyObjectFailure(context, failed, change));
}

async function writeAndMove(context: CommitContext, change: TargetChange): Promise<CommitResult> {
  const { repository } = context;
  const { message, base } = change;
  const deploy = async () =>
    change.files.length === 0
      ? undefined
      : writeCommit(repository, { tree: await context.treeOf(change), message, parents: [base] });
  const [commit, ...trees] = await Promise.all([deploy(), ...change.ledgers.map((move) => context.ledgerTreeOf(move))]);
  const ledgers = await Promise.all(
    change.ledgers.map(async (move, index) => {
      const parents = move.before === undefined ? [] : [move.before];
      const made = { tree: trees[index]!, message: move.message(commit?.oid), parents };
      return { ...move, ...made, oid: (await writeCommit(repository, made)).oid };
    }),
  );
  const { proposal } = change;
  const place = proposal
    ? { name: `refs/heads/${proposal.branch}`, beforeOid: proposal.before ?? ZEROS, force: true }
    : { name: `refs/heads/${repository.branch}`, beforeOid: base, force: false };
  const moves: RefMove[] = [
    ...(commit ? [{ ...place, afterOid: commit.oid }] : []),
    ...ledgers.map(({ ref: name, before: beforeOid = ZEROS, oid: afterOid }) => {
      return { name, beforeOid, afterOid, force: false };
    }),
  ];
  const result = { status: 'committed', ...(commit && { commit: commit.oid, url: commit.url }) } as const;
  if (moves.length === 0) return result;
  const id = await context.repositoryId();
  // A merge of the pull request moves the target's branch and leaves the pull request's as it is; the next proposal would
  // conflict with that merge. The update can't compare the target's branch: to name it there is a write, which rules refuse.
  if (proposal && (await readRef(repository, `refs/heads/${repository.branch}`)) !== base) return { status: 'stale' };
  let refused = await updateRefs(repository, id, moves);
  // An error of no known kind may be a lost race, or about any of the refs: a second one decides.
  if (refused?.kind === 'other' && (await lookAt(repository, moves)) === 'unmoved')
    refused = await updateRefs(repository, id, moves);
  if (refused) return classifyUpdateFailure(context, refused, change, moves);
  context.onMoved(ledgers);
  return result;
}

/** Whether the refs are where they were read. */
async function lookAt(
  repository: GitHubRepository,
  moves: readonly RefMove[],
): Promise<'unmoved' | 'moved' | 'unknown'> {
  const now = await onFailure(Promise.all(moves.map(({ name }) => readRef(repository, name))), () => undefined);
  if (now === undefined) return 'unknown';
  return moves.every(({ beforeOid }, index) => (now[index] ?? ZEROS) === beforeOid) ? 'unmoved' : 'moved';
}

async function classifyObjectFailure(
  { explainer }: CommitContext,
  failed: RequestFailed,
  { files, proposal }: TargetChange,
): Promise<CommitResult> {
  const noRight = failed.kind === 'permission-denied' || failed.kind === 'missing';
  if (noRight && files.length === 0) return { status: 'ledger-refused', cause: failed };
  if (failed.kind === 'transient') return { status: 'later', cause: failed, retryAfterMs: RETRY_MS };
  return classifyFailure(explainer, failed, proposal?.branch);
}

/** A failure of the update itself: the refs may have moved. */
async function classifyUpdateFailure(
  { repository, explainer }: CommitContext,
  failed: RequestFailed,
  { files, ledgers, proposal }: TargetChange,
  moves: readonly RefMove[],
): Promise<CommitResult> {
  const branch = proposal?.branch ?? repository.branch;
  const refusedLedger = { status: 'ledger-refused', cause: failed } as const;
  switch (failed.kind) {
    case 'transient':
      return { status: 'unknown', cause: failed };
    case 'permission-denied':
    case 'missing':
      if (files.length === 0) return refusedLedger;
      break;
    case 'rules': {
      // Rules apply to branches. If none of this branch's can be the reason, it is one of the ledger's branch.
      const onBranch = ledgers.some(({ ref }) => ref.startsWith('refs/heads/'));
      if (onBranch && (files.length === 0 || nameRules(await explainer.readRules(branch)).length === 0))
        return refusedLedger;
      break;
    }
    case 'other': {
      const look = await lookAt(repository, moves);
      if (look === 'moved') return { status: 'stale' };
      if (look === 'unmoved' && ledgers.length > 0) return refusedLedger;
      const rules = nameRules(await explainer.readRules(branch));
      const hint = rules.length > 0 ? `\nActive rules on ${branch}: ${rules.join(', ')}` : '';
      return { status: 'unknown', cause: new Error(failed.message + hint) };
    }
    default:
  }
  return classifyFailure(explainer, failed, branch);
}

async function classifyFailure(
  explainer: Explainer,
  failed: RequestFailed,
  branch: string | undefined,
): Promise<CommitResult> {
  switch (failed.kind) {
    case 'stale':
      return { status: 'stale' };
    case 'rate-limited': {
      const wait = retryAfterMs(failed.failure);
      if (wait > LONGEST_WAIT_MS) throw await explainer.explain(failed);
      return { status: 'later', cause: failed, retryAfterMs: wait };
    }
    case 'missing':
      // The branch could be read a moment ago: the token lacks the right to write.
      throw failure(gitHubProblem('permission-denied', explainer.place(failed.message, branch)));
    default:
      throw await explainer.explain(failed, { branch });
  }
}
