import { run } from '../lib/process.js';
import type { Checkout } from './git-source.js';

/** How many commits `head` has that `base` has not; undefined: the checkout does not know one of them. */
export async function commitsBetween(
  { cwd, env }: Checkout,
  base: string,
  head: string,
): Promise<number | undefined> {
  const args = ['-c', `safe.directory=${cwd}`, 'rev-list', '--count', `${base}..${head}`, '--'];
  const result = await run('git', args, { cwd, env: { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' } });
  return result.code === 0 ? Number(result.stdout.toString()) : undefined;
}
