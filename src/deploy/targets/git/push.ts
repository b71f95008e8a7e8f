import { classifyGitFailure, readPush, type GitFailure, type PushOutcome } from './output.js';
import type { FetchFailed } from './fetch.js';
import type { GitCall, GitRepository } from './repository.js';

export interface RefMove {
  ref: string;
  /** Commit that it must point to; undefined: it must not exist. */
  before?: string;
  after: string;
}

// oxfmt-ignore
const PUSH = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no'];

/**
 * Pushes once: all of the refs or none, each only if it points to the expected commit.
 * @param mode `single`: a server without the `atomic` capability accepts it as well
 */
export async function push(
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
export async function tryPush(
  repository: GitRepository,
  { ref, after }: Omit<RefMove, 'before'>,
  call: GitCall,
): Promise<FetchFailed | undefined> {
  const { code, stderr } = await repository.git([...PUSH, '--dry-run', 'target', `${after}:${ref}`], call);
  const kind = classifyGitFailure(stderr);
  return code !== 0 && NO_RIGHTS.includes(kind) ? { status: 'failed', kind, stderr } : undefined;
}
