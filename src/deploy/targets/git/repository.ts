import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cancelled, failure } from '../../../lib/errors.js';
import { timeLimit } from '../../../lib/cancel.js';
import { ProgramMissing, run, type ProcessOptions, type ProcessResult } from '../../../lib/process.js';
import { redactor, Secret } from '../../../lib/secret.js';
import { credentialSettings, gitEnvironment, readCheckoutSetup, splitRemote, withoutUserinfo } from './environment.js';
import type { GitCredentials, GitPerson, GitSetting } from './environment.js';

/** Runs git in one repository. A non-zero exit is a result; text is UTF-8; stderr holds no secret. */
export interface GitRepository {
  git(args: readonly string[], call?: GitCall): Promise<GitResult>;
}

/** A bare repository of our own. */
export interface OwnRepository extends GitRepository {
  folder: string;
}

/** Bare repositories in a temporary folder that know one remote, called `target`. */
export interface Workspace {
  url: string;
  author?: GitPerson;
  /** Where snapshots are read and commits made: shallow, with blobs on demand. */
  snapshots: OwnRepository;
  another(name: string): Promise<OwnRepository>;
  checkout: GitRepository;
  remove(): Promise<void>;
}

export type GitCall = Partial<Pick<ProcessOptions, 'input' | 'env' | 'signal'>>;

export interface GitResult extends Omit<ProcessResult, 'stderr'> {
  stderr: string;
  timedOut: boolean;
}

export interface RemoteSpec {
  /** URL, path (relative to `checkout`), or the name of a remote of `checkout`. */
  remote: string;
  /** A folder whose git set-up counts: credentials, ssh command, author. It is only read. */
  checkout: string;
  env: NodeJS.ProcessEnv;
  credentials?: GitCredentials;
  temporaryFolder: string;
}

const DEADLINE_MS = 120_000;

/** Blobs that nobody reads stay at a remote that supports filters. */
const PARTIAL: readonly GitSetting[] = [
  ['remote.target.promisor', 'true'],
  ['remote.target.partialclonefilter', 'blob:none'],
];

const QUIET: readonly GitSetting[] = [
  ['core.hooksPath', '/dev/null'],
  ['i18n.commitEncoding', 'UTF-8'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  // Nothing here outlives the run.
  ['core.fsync', 'none'],
  // One small pack; else git starts another process to unpack it.
  ['fastimport.unpackLimit', '1'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
];

/** The user's checkout, index and worktree are never touched. */
export async function createWorkspace(spec: RemoteSpec): Promise<Workspace> {
  const setup = await needGit(() => readCheckoutSetup(spec.checkout, spec.env));
  const { url, credentials: inUrl } = splitRemote(await resolveRemote(spec));
  const credentials = spec.credentials ?? inUrl;
  const { username, password } = credentials ?? {};
  const clean = redactor(password ? [password, new Secret(`${username}:${password.reveal()}`)] : []);
  const env = gitEnvironment(
    spec.env,
    [
      ...setup.settings,
      ...(credentials ? credentialSettings(url, credentials) : []),
      ...QUIET,
      ['remote.target.url', url],
      ...PARTIAL,
    ],
    setup.ownSsh,
  );
  const folder = await mkdtemp(join(spec.temporaryFolder, 'image-release-git-'));

  const inFolder =
    (cwd: string, environment: NodeJS.ProcessEnv): GitRepository['git'] =>
    async (args, call = {}) => {
      const signal = timeLimit(DEADLINE_MS, call.signal);
      const { code, stdout, stderr } = await needGit(() =>
        run('git', args, { cwd, env: { ...environment, ...call.env }, input: call.input, signal }),
      );
      if (call.signal?.aborted) throw new Cancelled('talking to the git remote');
      const printed = withoutUserinfo(clean(stderr.toString('utf8')));
      return { code, stdout, stderr: printed, timedOut: signal.aborted && code !== 0 };
    };
  const another = async (name: string): Promise<OwnRepository> => {
    const own = join(folder, name);
    await layOut(own);
    return { folder: own, git: inFolder(own, { ...env, GIT_DIR: own }) };
  };
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    return {
      url,
      author: setup.author,
      snapshots: await another('snapshots.git'),
      another,
      checkout: { git: inFolder(spec.checkout, gitEnvironment(spec.env, [], true)) },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A bare repository as gitrepository-layout(5) has it: `git init` would be a process more and run templates. */
async function layOut(folder: string): Promise<void> {
  await mkdir(join(folder, 'objects'), { recursive: true });
  await mkdir(join(folder, 'refs'), { recursive: true });
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(folder, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
}

/** Runs git where only success makes sense, and gives its output. */
export async function expectGit(repository: GitRepository, args: readonly string[], call?: GitCall): Promise<string> {
  const done = await repository.git(args, call);
  if (done.code === 0) return done.stdout.toString('utf8');
  throw failure({
    code: 'deploy/git-failed',
    message: `git ${args[0]} failed with exit code ${done.code}.`,
    detail: done.stderr.trim() || undefined,
  });
}

async function resolveRemote(spec: RemoteSpec): Promise<string> {
  const { remote, checkout } = spec;
  if (/[/\\:]/.test(remote)) return fromCheckout(remote, checkout);
  const env = gitEnvironment(spec.env, [], true);
  const found = await run('git', ['remote', 'get-url', '--push', '--', remote], { cwd: checkout, env });
  if (found.code === 0) return fromCheckout(found.stdout.toString('utf8').trim(), checkout);
  throw failure({
    code: 'deploy/target-missing',
    message: `The checkout has no git remote named "${remote}" to deploy to.`,
    fix: 'Add the remote (git remote add), or name the repository to deploy to.',
  });
}

/** An address has a colon before its first slash (git-clone(1), "GIT URLS"); everything else is a path. */
function fromCheckout(remote: string, checkout: string): string {
  return /^[^/]*:/.test(remote) ? remote : resolve(checkout, remote);
}

async function needGit<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProgramMissing)) throw error;
    throw failure(
      {
        code: 'deploy/git-failed',
        message: 'git is not on PATH; the deploy commit needs it.',
        fix: 'Install git 2.31 or newer, or deploy through the GitHub API by giving a token.',
      },
      { cause: error },
    );
  }
}
