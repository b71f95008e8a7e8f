import type { Draft } from './draft.js';
import type { Found } from './found.js';

/** The step takes one token. */
export function deployTokenOf({ updates }: Found): Pick<Draft, 'deployToken'> {
  const tokens = new Set(
    updates.flatMap(({ repository, token }) => (repository === undefined ? [] : [token])),
  );
  const [token] = tokens;
  return tokens.size === 1 && token !== undefined ? { deployToken: token } : {};
}

/** A token that a step makes, or an ssh key, is nothing that the proposal could name. */
export function tokenNotes({ deploys, deployToken }: Draft): string[] {
  const names = new Set(deploys.flatMap(({ repository }) => repository ?? []));
  return names.size === 0 || deployToken !== undefined
    ? []
    : [
        `The workflow commits to ${[...names].join(', ')} with the secret DEPLOY_TOKEN: store one that may write there, or write what gives it one today into \`deploy-token\`.`,
      ];
}
