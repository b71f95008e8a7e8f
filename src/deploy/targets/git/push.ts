import { readPush, troubleIn, type GitTrouble, type PushOutcome } from './answers.js';
import type { GitCall, GitRepository } from './repository.js';

/** One ref and where it is to go. */
export interface RefMove {
  /** Fully qualified. */
  ref: string;
  /** Where it must stand; undefined: it must not exist. */
  before?: string;
  /** Undefined: it is deleted. */
  after?: string;
}

// oxfmt-ignore
const PUSH = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no'];

/** Pushes once: all of the refs or none, each only if it stands where it is expected. */
export async function push(repository: GitRepository, moves: readonly RefMove[]): Promise<PushOutcome> {
  const pushed = await repository.git([
    ...PUSH,
    // A server without the capability still takes one ref at a time.
    ...(moves.length > 1 ? ['--atomic'] : []),
    ...moves.map(({ ref, before = '' }) => `--force-with-lease=${ref}:${before}`),
    'target',
    ...moves.map(({ ref, after = '' }) => `${after}:${ref}`),
  ]);
  const outcome = readPush({ ...pushed, stdout: pushed.stdout.toString('utf8') });
  if (outcome.status === 'failed' && outcome.words === '') {
    return { ...outcome, words: `git push: exit ${pushed.code}` };
  }
  return outcome;
}

const NO_RIGHTS: readonly GitTrouble[] = ['token-rejected', 'permission-denied', 'repository-missing'];

/**
 * Begins a push that would change nothing and sends none of it: servers ask who is there before they list what
 * may be pushed to.
 * @returns why the server would not listen; undefined: it would, or something else than rights is in the way
 */
export async function tryPush(
  repository: GitRepository,
  { ref, after }: Required<Pick<RefMove, 'ref' | 'after'>>,
  call: GitCall,
): Promise<{ trouble: GitTrouble; stderr: string } | undefined> {
  const { code, stderr } = await repository.git([...PUSH, '--dry-run', 'target', `${after}:${ref}`], call);
  const trouble = troubleIn(stderr);
  return code !== 0 && NO_RIGHTS.includes(trouble) ? { trouble, stderr } : undefined;
}
