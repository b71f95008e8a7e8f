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

/** How a token is handed over in git's basic authentication: the user name is taken by every forge. */
export function tokenCredentials(token: Secret | undefined): { credentials?: GitCredentials } {
  return token === undefined ? {} : { credentials: { username: 'x-access-token', password: token } };
}
