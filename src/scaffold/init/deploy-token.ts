import type { Draft } from './draft.js';
import type { Found } from './found.js';

/** The step takes one token: for other repositories where some are written to, else for this one. */
export function deployTokenOf({ updates }: Found): Pick<Draft, 'deployToken' | 'madeToken'> {
  const elsewhere = updates.filter(({ repository }) => repository !== undefined);
  const tokens = new Set((elsewhere.length > 0 ? elsewhere : updates).map(({ token }) => token));
  const [token] = tokens;
  if (tokens.size !== 1 || token === undefined) return {};
  return token.startsWith('${{ secrets.') ? { deployToken: token } : { madeToken: token };
}

/** A token that a step makes, or an ssh key, is nothing that the proposal could name. */
export function tokenNotes({ deploys, deployToken, madeToken }: Draft): string[] {
  if (deploys.length === 0 || deployToken !== undefined) return [];
  const names = new Set(deploys.flatMap(({ repository }) => repository ?? []));
  const before = 'Put the step that makes it before the release, and give its output as `deploy-token`.';
  if (madeToken !== undefined)
    return [
      `Today's commits to ${[...names].join(', ') || 'the Kustomization'} are made with ${madeToken}. ${before}`,
    ];
  return names.size === 0
    ? []
    : [
        `The workflow commits to ${[...names].join(', ')} with the secret DEPLOY_TOKEN: store one that may write there, or write what gives it one today into \`deploy-token\`.`,
      ];
}
