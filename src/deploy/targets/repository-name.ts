import type { Secret } from '../../lib/secret.js';
import type { GitCredentials } from './git/environment.js';

/** Whether `deploy.repository` is reached by git at this address, instead of being a name at the forge. */
export function isGitUrl(repository: string): boolean {
  return /^[a-z]+:\/\/|^[^/]+@[^/]+:/.test(repository);
}

/** The two halves of `owner/name`; empty ones where the text is none, which the forge then refuses. */
export function ownerAndRepo(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}

/**
 * The tokens for the repository that is released and for others. A token for deploying serves where it is needed:
 * in the other repositories, if there are any, because it may reach no further; else in the own one.
 * @param token of the job, or of the person
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

/** How a token is handed over in git's basic authentication: the user name is taken by every forge. */
export function tokenCredentials(token: Secret | undefined): { credentials?: GitCredentials } {
  return token === undefined ? {} : { credentials: { username: 'x-access-token', password: token } };
}
