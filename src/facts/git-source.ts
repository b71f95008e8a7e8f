import { failure, type ReleaseError } from '../lib/errors.js';
import type { ProcessResult } from '../lib/process.js';
import { git, textOf, trustedGit, tryGit, type Checkout } from './git.js';
import { parseRemote } from './git-remote.js';
import type { Source, SourceRef } from './source.js';

export interface GitSource {
  source: Source;
  /** Address of `origin` as git has it, with what credentials it may hold. */
  remote?: string;
  root: string;
  /** Paths relative to `root` whose content `source.commit` doesn't hold: changed, staged, untracked. */
  uncommitted: string[];
}

/** For the remote's answer which branch is its default. */
const REMOTE_TIMEOUT_MS = 10_000;

/**
 * Reads what is released from the checkout around `cwd`, for a person at a terminal.
 * A detached HEAD counts as the tag of exactly that commit (of several the highest version).
 * @throws ReleaseError source/git-missing, source/no-checkout, source/unsafe-directory, source/git-failed
 */
export async function sourceFromGit({ cwd, env, now }: Checkout & { now: number }): Promise<GitSource> {
  const at = { cwd, env };
  const asked = Promise.all([readRefs(at), uncommittedPaths(at)]);
  // Without a repository all of them fail, and this one with the reason.
  asked.catch(() => {});
  const root = await topFolder(at);
  const [{ head, ref, remote, known }, uncommitted] = await asked;
  if (head === undefined) {
    throw failure({
      code: 'source/no-checkout',
      message: `The repository in ${root} has no commit yet, and a release is named after one.`,
      fix: 'Commit what you want to release: `git add -A && git commit -m "Initial commit"`.',
    });
  }
  const source: Source = {
    ...(remote === undefined ? {} : parseRemote(remote, forgeHosts(env))),
    commit: head.commit,
    commitTime: head.time,
    ref,
    event: { name: 'manual' },
    defaultBranch: (await defaultBranchOf({ cwd: root, env }, known, remote)) ?? likelyDefault(ref),
    now,
  };
  return { source, remote, root, uncommitted };
}

async function readRefs(at: Checkout) {
  const [head, ref, remote, known] = await Promise.all([
    git(at, HEAD_COMMIT).then(readHead),
    refOfHead(at),
    tryGit(at, ['remote', 'get-url', 'origin']),
    tryGit(at, ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD']),
  ]);
  return { head, ref, remote, known };
}

/** A repository, which may have no commit and no remote yet. */
export interface GitRepository {
  root: string;
  repository?: string;
  /** Undefined: nothing to push to. */
  remote?: string;
  /** The remote's default branch; if it's not known, the one of a usual name, else the one that is checked out. */
  defaultBranch: string;
  head: 'branch' | 'detached';
  /** Whether `git push` has a default destination. */
  upstream: 'set' | 'none';
  commits: 'some' | 'none';
  /** All files but the ignored ones, relative to `root`, sorted. */
  paths: string[];
}

/**
 * Reads a repository that may have just begun.
 * @throws ReleaseError source/git-missing, source/no-checkout, source/unsafe-directory, source/git-failed
 */
export async function repositoryFromGit({ cwd, env }: Checkout): Promise<GitRepository> {
  const root = await topFolder({ cwd, env });
  const at = { cwd: root, env };
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const [{ head, ref, remote, known }, upstream, listed, deleted] = await Promise.all([
    readRefs(at),
    tryGit(at, ['rev-parse', '--abbrev-ref', '@{upstream}']),
    git(at, args),
    git(at, ['ls-files', '-z', '--deleted']),
  ]);
  if (listed.code !== 0) throw gitFailed(at, args, listed);
  const gone = new Set(pathsIn(deleted));
  const { repository } = remote === undefined ? {} : parseRemote(remote, forgeHosts(env));
  const asked = await defaultBranchOf(at, known, remote);
  return {
    ...{ root, repository, remote },
    defaultBranch:
      asked ?? likelyDefault(ref) ?? (await usualBranch(at)) ?? (ref.type === 'branch' ? ref.name : 'main'),
    head: ref.type === 'branch' ? 'branch' : 'detached',
    upstream: upstream === undefined ? 'none' : 'set',
    commits: head === undefined ? 'none' : 'some',
    paths: [...new Set(pathsIn(listed))].filter((path) => !gone.has(path)).sort(),
  };
}

function pathsIn({ stdout }: ProcessResult): string[] {
  return stdout.toString().split('\0').filter(Boolean);
}

/**
 * The commit that a workflow has checked out in `cwd`, with its committer date in seconds.
 * @throws ReleaseError source/no-checkout, source/git-missing, source/git-failed
 */
export async function checkedOutCommit({ cwd, env }: Checkout): Promise<{ commit: string; time: number }> {
  const result = await trustedGit({ cwd, env }, HEAD_COMMIT);
  const head = readHead(result);
  if (head !== undefined) return head;
  throw failure({
    code: 'source/no-checkout',
    message: `There is no git checkout in ${cwd}, so there is nothing to build and no commit to name it after.`,
    detail: errorText(result) || undefined,
  });
}

const HEAD_COMMIT = ['log', '-1', '--format=%H %ct', 'HEAD'];

function readHead(result: ProcessResult): { commit: string; time: number } | undefined {
  const [, commit, time] = /^([0-9a-f]{40,64}) (\d+)$/.exec(textOf(result)) ?? [];
  return result.code === 0 && commit && time ? { commit, time: Number(time) } : undefined;
}

async function topFolder(at: Checkout): Promise<string> {
  const result = await git(at, ['rev-parse', '--show-toplevel']);
  if (result.code === 0) return textOf(result);
  const said = errorText(result);
  if (/dubious ownership/.test(said)) {
    throw failure({
      code: 'source/unsafe-directory',
      message: `git refuses to read ${at.cwd}: the repository belongs to another user.`,
      fix: `If you trust it: \`git config --global --add safe.directory ${at.cwd}\`.`,
      detail: said,
    });
  }
  throw failure({
    code: 'source/no-checkout',
    message: `${at.cwd} is not inside a git work tree, and a release is named after a commit.`,
    detail: said,
  });
}

async function refOfHead(at: Checkout): Promise<SourceRef> {
  const branch = await tryGit(at, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  if (branch !== undefined) return { type: 'branch', name: branch };
  const tags = await tryGit(at, [
    ...['-c', 'versionsort.suffix=-'],
    ...['tag', '--points-at', 'HEAD', '--sort=-version:refname'],
  ]);
  const tag = tags?.split('\n')[0];
  return tag ? { type: 'tag', name: tag } : { type: 'commit' };
}

async function defaultBranchOf(
  at: Checkout,
  known: string | undefined,
  remote: string | undefined,
): Promise<string | undefined> {
  if (known !== undefined) return known.replace(/^refs\/remotes\/origin\//, '');
  if (remote === undefined) return undefined;
  const env = { ...at.env, GIT_SSH_COMMAND: at.env.GIT_SSH_COMMAND ?? 'ssh -oBatchMode=yes' };
  const asked = await git({ cwd: at.cwd, env }, ['ls-remote', '--symref', 'origin', 'HEAD'], REMOTE_TIMEOUT_MS);
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(textOf(asked))?.[1];
}

/** If the default branch is not known: the names that git and its forges give it. */
function likelyDefault(ref: SourceRef): string | undefined {
  return ref.type === 'branch' && /^(?:main|master)$/.test(ref.name) ? ref.name : undefined;
}

/** The branch that a feature branch probably started from. */
async function usualBranch(at: Checkout): Promise<string | undefined> {
  const names = ['main', 'master'].flatMap((name) => [`refs/heads/${name}`, `refs/remotes/origin/${name}`]);
  const found = await tryGit(at, ['for-each-ref', '--format=%(refname)', ...names]);
  return found?.split('\n')[0]?.split('/').at(-1) || undefined;
}

async function uncommittedPaths(at: Checkout): Promise<string[]> {
  const args = ['status', '--porcelain=v1', '-z', '--untracked-files=all'];
  const result = await git(at, args);
  if (result.code !== 0) throw gitFailed(at, args, result);
  const fields = pathsIn(result);
  const paths: string[] = [];
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    paths.push(field.slice(3));
    // A rename counts with both of its paths.
    if (/[RC]/.test(field.slice(0, 2))) paths.push(fields[++index]!);
  }
  return paths;
}

/** GitHub, and the GitHub Enterprise server that the environment names. */
export function forgeHosts(env: NodeJS.ProcessEnv): string[] {
  const server = env.GITHUB_SERVER_URL?.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return ['github.com', env.GH_HOST, server].filter((host): host is string => Boolean(host));
}

function gitFailed({ cwd }: Checkout, args: string[], result: ProcessResult): ReleaseError {
  return failure({
    code: 'source/git-failed',
    message: `git can't read the repository in ${cwd}: it ended with exit code ${result.code}.`,
    fix: `Repair the repository until this succeeds: \`git -C ${cwd} ${args.join(' ')}\`.`,
    detail: errorText(result) || undefined,
  });
}

function errorText(result: ProcessResult): string {
  return result.stderr.toString().trim();
}
