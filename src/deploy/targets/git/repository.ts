import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cancelled, failure } from '../../../lib/errors.js';
import { timeLimit } from '../../../lib/cancel.js';
import { ProgramMissing, run, type ProcessOptions, type ProcessResult } from '../../../lib/process.js';
import { redactor, Secret } from '../../../lib/secret.js';

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

export type GitSetting = readonly [key: string, value: string];

export interface GitCredentials {
  username: string;
  password: Secret;
}

export interface GitPerson {
  name: string;
  email: string;
}

/** Variables that would tie git to the repository that started us, such as inside a hook. */
const REPOSITORY_VARIABLES =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|QUARANTINE_PATH|SHALLOW_FILE|(AUTHOR|COMMITTER)_\w+|TRACE\w*|CURL_VERBOSE)$/;

const CARRIED = /^(credential\.|http\.|url\.|core\.(sshcommand|gitproxy|askpass)$|ssh\.)/i;

/**
 * The environment of a git process: settings go in by variables, since argv is readable for every user.
 * Needs git 2.31 (GIT_CONFIG_COUNT).
 */
export function gitEnvironment(
  env: NodeJS.ProcessEnv,
  settings: readonly GitSetting[],
  ownSsh: boolean,
): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(env).filter(([name]) => !REPOSITORY_VARIABLES.test(name)),
  );
  const first = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  settings.forEach(([key, value], index) => {
    result[`GIT_CONFIG_KEY_${first + index}`] = key;
    result[`GIT_CONFIG_VALUE_${first + index}`] = value;
  });
  if (!ownSsh) result.GIT_SSH_COMMAND = 'ssh -o BatchMode=yes';
  return {
    ...result,
    GIT_CONFIG_COUNT: String(first + settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    LC_ALL: 'C',
  };
}

/**
 * Reads what the user's git set-up, as it is in `checkout`, brings to a repository elsewhere. Never fails: without a
 * checkout there is nothing to carry.
 * @returns `settings`: those of the checkout alone that decide how a remote is reached (its credentials among them) ·
 *   `ownSsh`: the user chose a command for ssh, so ours must not replace it
 */
async function readCheckoutSetup(checkout: string, env: NodeJS.ProcessEnv) {
  const plain = gitEnvironment(env, [], true);
  const listed = await run('git', ['config', '--list', '--includes', '--show-scope', '-z'], {
    cwd: checkout,
    env: plain,
  });
  const fields = listed.stdout.toString('utf8').split('\0');
  const all = new Map<string, string>();
  const settings: GitSetting[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const scope = fields[index] ?? '';
    const [key = '', ...rest] = (fields[index + 1] ?? '').split('\n');
    const value = rest.join('\n');
    all.set(key, value);
    if ((scope === 'local' || scope === 'worktree') && CARRIED.test(key)) settings.push([key, value]);
  }
  const name = env.GIT_AUTHOR_NAME ?? all.get('user.name');
  const email = env.GIT_AUTHOR_EMAIL ?? all.get('user.email');
  return {
    settings,
    author: name && email ? { name, email } : undefined,
    ownSsh: env.GIT_SSH_COMMAND !== undefined || env.GIT_SSH !== undefined || all.has('core.sshcommand'),
  };
}

/** Takes user and password out of an http(s) URL: git would show them in the argv of its transport. */
export function splitRemote(remote: string): { url: string; credentials?: GitCredentials } {
  if (!/^https?:\/\//i.test(remote) || !URL.canParse(remote)) return { url: remote };
  const url = new URL(remote);
  const { username, password } = url;
  if (password === '') return { url: remote };
  url.username = '';
  url.password = '';
  const credentials = { username: decodeURIComponent(username), password: new Secret(decodeURIComponent(password)) };
  return { url: url.href, credentials };
}

/**
 * Settings that send the credentials to the remote's host and nowhere else. Empty values clear what was
 * set before: two Authorization headers are an error at GitHub, and a helper would answer with other credentials.
 */
function credentialSettings(url: string, credentials: GitCredentials): GitSetting[] {
  if (!/^https?:\/\//i.test(url)) return [];
  const key = `http.${new URL(url).origin}/.extraheader`;
  const basic = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64');
  return [
    ['credential.helper', ''],
    [key, ''],
    [key, `Authorization: Basic ${basic}`],
  ];
}

export function withoutUserinfo(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@']+@/gi, '$1');
}
