import { statSync } from 'node:fs';
import { failure } from '../lib/errors.js';
import { ProgramMissing, run, type ProcessResult } from '../lib/process.js';

export interface Checkout {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** @throws ReleaseError source/no-checkout (there is no such folder), source/git-missing */
export async function git({ cwd, env }: Checkout, args: readonly string[], timeoutMs?: number): Promise<ProcessResult> {
  try {
    return await run('git', [...args], {
      cwd,
      env: { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      signal: timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    if (!(error instanceof ProgramMissing) && (error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    // To spawn, a working directory that doesn't exist looks like a missing program.
    if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw failure({
        code: 'source/no-checkout',
        message: `There is no folder ${cwd}.`,
      });
    throw failure({ code: 'source/git-missing', message: 'git was not found.' }, { cause: error });
  }
}

/** For a workflow's checkout: container jobs run as a user who doesn't own the workspace. */
export function trustedGit(checkout: Checkout, args: readonly string[]): Promise<ProcessResult> {
  return git(checkout, ['-c', `safe.directory=${checkout.cwd}`, ...args]);
}

/** Trimmed output; undefined if git fails or prints nothing. */
export async function tryGit(checkout: Checkout, args: readonly string[]): Promise<string | undefined> {
  const result = await git(checkout, args);
  return result.code === 0 ? textOf(result) || undefined : undefined;
}

export function textOf({ stdout }: ProcessResult): string {
  return stdout.toString().trim();
}

/**
 * The full id of a commit that is given abbreviated; unchanged if the checkout doesn't have it.
 * @param commit hexadecimal digits
 */
export async function fullCommitId(checkout: Checkout, commit: string): Promise<string> {
  if (commit.length >= 40) return commit;
  return (await tryGit(checkout, ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`])) ?? commit;
}

/** How many commits `head` has that `base` has not; undefined: the checkout lacks one of them. */
export async function commitsBetween(checkout: Checkout, base: string, head: string): Promise<number | undefined> {
  const result = await trustedGit(checkout, ['rev-list', '--count', `${base}..${head}`, '--']);
  return result.code === 0 ? Number(textOf(result)) : undefined;
}
