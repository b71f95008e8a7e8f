import type { Secret } from '../../lib/secret.js';
import type { GitCredentials } from './git/repository.js';

/** Whether `deploy.repository` is reached by git at this address, instead of being a name at the forge. */
export function isGitUrl(repository: string): boolean {
  return /^[a-z]+:\/\/|^[^/]+@[^/]+:/.test(repository);
}

/** The two halves of `owner/name`; empty ones for other text, which the forge then refuses. */
export function ownerAndRepo(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}

/**
 * The tokens for the released repository and for others. The deploy token is for the other repositories, if there are any,
 * because it may have access to these alone; else for the released one.
 */
export function tokensOf(
  { token, deployToken }: { token?: Secret; deployToken?: Secret },
  targets: readonly { repository?: string }[],
  own: string | undefined,
): { own?: Secret; other?: Secret } {
  const isOwn = (repository: string | undefined) =>
    repository === undefined || repository.toLowerCase() === own?.toLowerCase();
  const other = deployToken ?? token;
  return {
    own: targets.every(({ repository }) => isOwn(repository)) ? other : (token ?? deployToken),
    other,
  };
}

/** A token as credentials for git's basic authentication; every forge accepts this user name. */
export function tokenCredentials(token: Secret | undefined): { credentials?: GitCredentials } {
  return token === undefined ? {} : { credentials: { username: 'x-access-token', password: token } };
}

/** The fix for a branch that does not exist. @param branches those that do, as far as they are known */
export function branchFix(branches: readonly string[] = []): string {
  return branches.length > 0
    ? `Set deploy.branch to one that exists: ${branches.slice(0, 10).join(', ')}.`
    : 'Correct deploy.branch, or create the branch.';
}
