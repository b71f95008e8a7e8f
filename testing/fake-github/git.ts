import { spawn } from 'node:child_process';

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** Git's environment inside the double: no configuration of the person's own, every ref with a reflog. */
export function gitEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const config = [
    ['core.logAllRefUpdates', 'always'],
    ['gc.auto', '0'],
    ['receive.autogc', 'false'],
    ['safe.directory', '*'],
    // GitHub owns these refs: a push to them is answered with "deny updating a hidden ref".
    ['receive.hideRefs', 'refs/pull'],
    ['http.receivepack', 'true'],
  ] as const;
  const numbered = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: String(config.length),
    GIT_COMMITTER_NAME: 'GitHub',
    GIT_COMMITTER_EMAIL: 'noreply@github.com',
    ...Object.fromEntries(numbered),
    ...extra,
  };
}

/** Runs git on a bare repository and returns how it ended, whatever the exit code. */
export function tryGit(
  dir: string,
  args: readonly string[],
  options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', dir, ...args], { env: gitEnvironment(options.env) });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString().trim(),
      }),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

const knownOfCommits = new Map<string, Promise<GitResult>>();

/**
 * Asks git about two commits. What it answers never changes if both are named by their ids, so it is asked once: the
 * state of a pull request is read again and again.
 */
export function askOfCommits(dir: string, command: readonly string[], one: string, other: string): Promise<GitResult> {
  const key = [dir, ...command, one, other].join('\0');
  const known = knownOfCommits.get(key);
  if (known !== undefined) return known;
  const asked = tryGit(dir, [...command, one, other]);
  if (![one, other].every((name) => /^[0-9a-f]{40}$/.test(name))) return asked;
  knownOfCommits.set(key, asked);
  // Anything but yes and no: a commit that is not there yet.
  const forget = () => knownOfCommits.delete(key);
  asked.then(({ code }) => code > 1 && forget(), forget);
  return asked;
}

/** Runs git on a bare repository. @throws Error with git's own words when it fails */
export async function git(
  dir: string,
  args: readonly string[],
  options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
): Promise<Buffer> {
  const result = await tryGit(dir, args, options);
  if (result.code !== 0) throw new Error(`git ${args.join(' ')} failed in ${dir}: ${result.stderr}`);
  return result.stdout;
}
