import type { Clockwork } from '../../../lib/sleep.js';
import { failure } from '../../../lib/errors.js';
import type { DeployTarget, ReadOptions, CommitResult, TargetChange, TargetCommit } from '../../target.js';
import { writeDeployCommit, writeLedgerCommits, listChannels, readLedgers, readSnapshot } from './objects.js';
import { createWorkspace, expectGit } from './repository.js';
import type { GitPerson, GitCall, GitRepository, RemoteSpec } from './repository.js';
import { explainFailure, fetchInto, GitFailed, gitProblem, type Fetch } from './fetch.js';
import { createGraph, commitInCheckout, historyInCheckout } from './graph.js';
import { classifyGitFailure, readPush, type GitFailure, type PushOutcome } from './output.js';

export interface GitTargetSpec extends RemoteSpec {
  branch: string;
  clockwork: Clockwork;
}

/** If the git configuration of the checkout names none. */
const DEFAULT_AUTHOR: GitPerson = { name: 'image-release', email: 'image-release@users.noreply.github.com' };
const HISTORY_DEPTH = 100;

/** A branch of any remote that git can push to. It works in bare repositories in a temporary folder. */
export function createGitTarget(spec: GitTargetSpec): DeployTarget {
  const { branch, clockwork } = spec;
  let opened: ReturnType<typeof openPlace> | undefined;
  const open = () => (opened ??= openPlace());

  async function openPlace() {
    const workspace = await createWorkspace(spec);
    const fetch = fetchInto(workspace.snapshots, clockwork);
    return { workspace, fetch, compare: createGraph(workspace, clockwork) };
  }

  /** If git can't talk to the remote, the error says why. */
  async function explaining<T>(work: (place: Awaited<ReturnType<typeof openPlace>>) => Promise<T>): Promise<T> {
    const place = await open();
    try {
      return await work(place);
    } catch (error) {
      throw error instanceof GitFailed ? await explainFailure(place.workspace, branch, error) : error;
    }
  }
  const fetch: Fetch = (...call) => explaining((place) => place.fetch(...call));

  /** @throws GitFailed `branch-missing` */
  async function fetchHead(on: string, depth: number, options: ReadOptions): Promise<string> {
    const ref = `refs/heads/${on}`;
    const refs = await (await open()).fetch([`--depth=${depth}`, 'target', `+${ref}:refs/branches/${on}`], options);
    const head = refs.get(ref);
    if (head === undefined) throw new GitFailed('branch-missing', '');
    return head;
  }

  const headIfAny = (on: string, depth: number, options: ReadOptions) =>
    explaining(() =>
      fetchHead(on, depth, options).catch((error: unknown) => {
        if (error instanceof GitFailed && error.kind === 'branch-missing') return undefined;
        throw error;
      }),
    );

  async function readHistory(range: readonly string[], options: ReadOptions): Promise<TargetCommit[]> {
    const { workspace } = await open();
    const args = ['log', '-z', '--no-show-signature', '--format=%H%n%B', ...range, '--'];
    const log = await expectGit(workspace.snapshots, args, options);
    return log
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => {
        const oid = entry.slice(0, entry.indexOf('\n'));
        return { oid, message: entry.slice(oid.length + 1), url: commitPage(workspace.url, oid) };
      });
  }

  return {
    description: `git remote ${spec.remote.replace(/:\/\/[^/@]*@/, '://')}, branch ${branch}`,
    branch,

    readLedgers: (channels, options = {}) =>
      explaining(({ workspace, fetch }) => readLedgers(workspace.snapshots, fetch, channels, options)),

    listChannels: (options = {}) => explaining(({ workspace }) => listChannels(workspace.snapshots, options)),

    async snapshot(options = {}) {
      const head = await explaining(() => fetchHead(branch, 1, options));
      return readSnapshot((await open()).workspace.snapshots, fetch, head, options);
    },

    async headOf(on, options = {}) {
      const head = await headIfAny(on, 1, options);
      if (head === undefined) return undefined;
      const [commit] = await readHistory(['--max-count=1', head], options);
      return commit;
    },

    proveRights: (_, options = {}) =>
      explaining(async ({ workspace }) => {
        const after = await fetchHead(branch, 1, options);
        await tryPush(workspace.snapshots, { ref: `refs/heads/${branch}`, after }, options);
      }),

    compare: (base, head, options = {}) => explaining(({ compare }) => compare(base, head, options)),

    async history(base, head, options = {}) {
      return historyInCheckout((await open()).workspace.checkout, base, head, options);
    },

    async commitOf(commit, options = {}) {
      return commitInCheckout((await open()).workspace.checkout, commit, options);
    },

    commit: (change) =>
      explaining(async ({ workspace: { snapshots, author = DEFAULT_AUTHOR, url } }) => {
        const { proposal, base, ledgers } = change;
        const commit = await writeDeployCommit(snapshots, author, change);
        const written = await writeLedgerCommits(snapshots, author, ledgers, commit);
        const ref = `refs/heads/${proposal?.branch ?? branch}`;
        const before = proposal ? proposal.before : base;
        const moves: RefMove[] = [
          ...(commit === undefined ? [] : [{ ref, before, after: commit }]),
          ...ledgers.map((ledger, index) => ({ ...ledger, after: written[index] ?? '' })),
        ];
        const made = { status: 'committed', ...(commit && { commit, url: commitPage(url, commit) }) } as const;
        if (moves.length === 0) return made;
        const outcome = await push(snapshots, moves, ledgers.length > 0 ? 'atomic' : 'single');
        return classifyPush(outcome, change, { url, branch, ref }, made);
      }),

    async commitsSince(since, options = {}) {
      const head = await headIfAny(options.on ?? branch, HISTORY_DEPTH, options);
      return head === undefined ? [] : readHistory([`--max-count=${HISTORY_DEPTH}`, head, `^${since}`], options);
    },

    async close() {
      const place = await opened?.catch(() => undefined);
      opened = undefined;
      await place?.workspace.remove();
    },
  };
}

/** Failures that don't tell whether anything was sent. */
const UNCERTAIN: readonly GitFailure[] = ['transient', 'other'];

function commitPage(remote: string, oid: string): string | undefined {
  const match = /^(?:https:\/\/|ssh:\/\/git@|git@)(github\.com|gitlab\.com|codeberg\.org)[/:](.+?)(?:\.git)?\/?$/.exec(
    remote,
  );
  return match ? `https://${match[1]}/${match[2]}/commit/${oid}` : undefined;
}

/** @throws GitFailed; ReleaseError: the server refuses the deploy commit */
function classifyPush(
  outcome: PushOutcome,
  { files, ledgers }: TargetChange,
  { ref: target, ...place }: { url: string; branch: string; ref: string },
  made: Extract<CommitResult, { status: 'committed' }>,
): CommitResult {
  if (outcome.status === 'landed') return made;
  if (outcome.status === 'stale') return { status: 'stale' };
  const { detail } = outcome;
  const cause = new Error(detail);
  if (outcome.status === 'failed') {
    if (outcome.kind === 'not-atomic') return { status: 'ledger-refused', cause };
    if (UNCERTAIN.includes(outcome.kind)) return { status: 'unknown', cause };
    throw new GitFailed(outcome.kind, detail);
  }
  const { refs, landed } = outcome;
  if (files.length > 0 && landed.includes(target)) return { ...made, ledgerRefused: cause };
  if (refs.length > 0 && refs.every((name) => ledgers.some(({ ref }) => ref === name)))
    return { status: 'ledger-refused', cause };
  throw failure(gitProblem(outcome.status, { ...place, detail }));
}

interface RefMove {
  ref: string;
  /** Commit that it must point to; undefined: it must not exist. */
  before?: string;
  after: string;
}

// oxfmt-ignore
const PUSH = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no'];

/** Pushes once, all of the refs or none. `single`: works without the server's `atomic` capability as well. */
async function push(
  repository: GitRepository,
  moves: readonly RefMove[],
  mode: 'single' | 'atomic',
): Promise<PushOutcome> {
  const pushed = await repository.git([
    ...PUSH,
    ...(mode === 'atomic' ? ['--atomic'] : []),
    ...moves.map(({ ref, before = '' }) => `--force-with-lease=${ref}:${before}`),
    'target',
    ...moves.map(({ ref, after }) => `${after}:${ref}`),
  ]);
  return readPush({ ...pushed, stdout: pushed.stdout.toString('utf8') });
}

const NO_RIGHTS: readonly GitFailure[] = ['token-rejected', 'permission-denied', 'repository-missing'];

/**
 * Begins a push that would change nothing and sends none of it: servers authenticate before they list what may be pushed to.
 * Fails only for a missing right. @throws GitFailed
 */
async function tryPush(
  repository: GitRepository,
  { ref, after }: Omit<RefMove, 'before'>,
  call: GitCall,
): Promise<void> {
  const { code, stderr } = await repository.git([...PUSH, '--dry-run', 'target', `${after}:${ref}`], call);
  const kind = classifyGitFailure(stderr);
  if (code !== 0 && NO_RIGHTS.includes(kind)) throw new GitFailed(kind, stderr);
}
