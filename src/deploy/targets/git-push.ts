import { readPush, type PushOutcome } from './git-answers.js';
import type { GitRepository } from './git-repository.js';

/** One ref and where it is to go. */
export interface RefMove {
  /** Fully qualified. */
  ref: string;
  /** Where it must stand; undefined: it must not exist. */
  before?: string;
  /** Undefined: it is deleted. */
  after?: string;
}

/** Pushes once: all of the refs or none, each only if it stands where it is expected. */
export async function push(repository: GitRepository, moves: readonly RefMove[]): Promise<PushOutcome> {
  const pushed = await repository.git([
    // prettier-ignore
    ...['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no'],
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
