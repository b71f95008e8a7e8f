import type { Clockwork } from '../../../lib/backoff.js';
import { failure } from '../../../lib/errors.js';
import type { DeployTarget, ReadOptions, CommitResult, TargetChange, TargetCommit } from '../../target.js';
import { writeDeployCommit, writeLedgerCommits } from './commits.js';
import type { GitPerson } from './environment.js';
import { explainFailure, fetchInto, type Fetch, type FetchFailed } from './fetch.js';
import { createGraph, type Graph } from './graph.js';
import { listChannels, readLedgers, readSnapshot } from './objects.js';
import { classifyGitFailure, readPush, type GitFailure, type PushOutcome } from './output.js';
import { gitProblem } from './problems.js';
import { createWorkspace, expectGit, type GitCall, type GitRepository } from './repository.js';
import type { RemoteSpec, Workspace } from './repository.js';
import { commitInCheckout, historyInCheckout } from './source-commits.js';

export interface GitTargetSpec extends RemoteSpec {
  branch: string;
  /** Undefined: the author of the checkout's git configuration, else image-release. */
  author?: GitPerson;
  clockwork: Clockwork;
}

const DEFAULT_AUTHOR: GitPerson = { name: 'image-release', email: 'image-release@users.noreply.github.com' };
const HISTORY_DEPTH = 100;

interface Opened {
  workspace: Workspace;
  fetch: Fetch;
  graph: Graph;
}

/** A branch of any remote that git can push to. It works in bare repositories in a temporary folder. */
export function createGitTarget(spec: GitTargetSpec): DeployTarget {
  const { branch, clockwork } = spec;
  let opened: Promise<Opened> | undefined;

  const open = () =>
    (opened ??= createWorkspace(spec).then((workspace) => ({
      workspace,
      fetch: fetchInto(workspace.snapshots, clockwork),
      graph: createGraph(workspace, clockwork),
    })));
  const explain = ({ workspace }: Opened, failed: FetchFailed) => explainFailure(workspace, branch, failed);

  /** @returns why there is no such branch */
  async function fetchHead(on: string, depth: number, options: ReadOptions): Promise<string | FetchFailed> {
    const place = await open();
    const ref = `refs/heads/${on}`;
    const fetched = await place.fetch([`--depth=${depth}`, 'target', `+${ref}:refs/branches/${on}`], options);
    if (fetched.status === 'fetched') return fetched.refs.get(ref) ?? { status: 'failed', kind: 'other', stderr: '' };
    if (fetched.kind !== 'branch-missing') throw await explain(place, fetched);
    return fetched;
  }

  async function expectHead(options: ReadOptions): Promise<string> {
    const head = await fetchHead(branch, 1, options);
    if (typeof head !== 'string') throw await explain(await open(), head);
    return head;
  }

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

  async function classifyPush(
    place: Opened,
    outcome: PushOutcome,
    { files, ledgers }: TargetChange,
    target: string,
    commit: { commit?: string; url?: string },
  ): Promise<CommitResult> {
    const { url } = place.workspace;
    switch (outcome.status) {
      case 'landed':
        return { status: 'committed', ...commit };
      case 'stale':
        return { status: 'stale' };
      case 'failed': {
        const { kind, detail } = outcome;
        if (kind === 'not-atomic') return { status: 'ledger-refused', cause: new Error(detail) };
        if (UNCERTAIN.includes(kind)) return { status: 'unknown', cause: new Error(detail) };
        throw await explain(place, { status: 'failed', kind, stderr: detail });
      }
      case 'rules':
      case 'refused': {
        const { refs, landed, detail } = outcome;
        const cause = new Error(detail);
        if (files.length > 0 && landed.includes(target))
          return { status: 'committed', ...commit, ledgerRefused: cause };
        if (refs.length > 0 && refs.every((name) => ledgers.some(({ ref }) => ref === name)))
          return { status: 'ledger-refused', cause };
        throw failure(gitProblem(outcome.status, { url, branch, detail }));
      }
    }
  }

  return {
    description: `git remote ${spec.remote.replace(/:\/\/[^/@]*@/, '://')}, branch ${branch}`,
    branch,

    async readLedgers(channels, options = {}) {
      const place = await open();
      const read = await readLedgers(place.workspace.snapshots, place.fetch, channels, options);
      if ('status' in read) throw await explain(place, read);
      return read;
    },

    async listChannels(options = {}) {
      const place = await open();
      const found = await listChannels(place.workspace.snapshots, options);
      if ('status' in found) throw await explain(place, found);
      return found;
    },

    async snapshot(options = {}) {
      const place = await open();
      const head = await expectHead(options);
      const { snapshots } = place.workspace;
      return readSnapshot(snapshots, place.fetch, head, (failed) => explain(place, failed), options);
    },

    async headOf(on, options = {}) {
      const head = await fetchHead(on, 1, options);
      if (typeof head !== 'string') return undefined;
      const [commit] = await readHistory(['--max-count=1', head], options);
      return commit;
    },

    async proveRights(_, options = {}) {
      const place = await open();
      const after = await expectHead(options);
      const ref = `refs/heads/${branch}`;
      const refused = await tryPush(place.workspace.snapshots, { ref, after }, options);
      if (refused) throw await explain(place, refused);
    },

    async compare(base, head, options = {}) {
      const place = await open();
      const relation = await place.graph.compare(base, head, options);
      if (typeof relation !== 'string') throw await explain(place, relation);
      return relation;
    },

    async history(base, head, options = {}) {
      return historyInCheckout((await open()).workspace.checkout, base, head, options);
    },

    async commitOf(commit, options = {}) {
      return commitInCheckout((await open()).workspace.checkout, commit, options);
    },

    async commit(change) {
      const place = await open();
      const { snapshots, author: user, url } = place.workspace;
      const author = spec.author ?? user ?? DEFAULT_AUTHOR;
      const { proposal, base, ledgers } = change;
      const commit = await writeDeployCommit(snapshots, author, change);
      const written = await writeLedgerCommits(snapshots, author, ledgers, commit);
      const ref = `refs/heads/${proposal?.branch ?? branch}`;
      const before = proposal ? proposal.before : base;
      const moves: RefMove[] = [
        ...(commit === undefined ? [] : [{ ref, before, after: commit }]),
        ...ledgers.map((ledger, index) => ({ ...ledger, after: written[index] ?? '' })),
      ];
      if (moves.length === 0) return { status: 'committed' };
      const outcome = await push(snapshots, moves, ledgers.length > 0 ? 'atomic' : 'single');
      const made = commit === undefined ? {} : { commit, url: commitPage(url, commit) };
      return classifyPush(place, outcome, change, ref, made);
    },

    async commitsSince(since, options = {}) {
      const head = await fetchHead(options.on ?? branch, HISTORY_DEPTH, options);
      if (typeof head !== 'string') return [];
      return readHistory([`--max-count=${HISTORY_DEPTH}`, head, `^${since}`], options);
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
 * @returns why the server refuses; undefined: it doesn't, or the reason isn't a missing right
 */
async function tryPush(
  repository: GitRepository,
  { ref, after }: Omit<RefMove, 'before'>,
  call: GitCall,
): Promise<FetchFailed | undefined> {
  const { code, stderr } = await repository.git([...PUSH, '--dry-run', 'target', `${after}:${ref}`], call);
  const kind = classifyGitFailure(stderr);
  return code !== 0 && NO_RIGHTS.includes(kind) ? { status: 'failed', kind, stderr } : undefined;
}
