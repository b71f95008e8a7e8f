import type { ReleaseElsewhere } from '../builders/built.js';
import type { Deployment } from '../deploy/target.js';

/** The rollout of a run elsewhere, as far as it reported it; its changes are in the commits that it names. */
export function deploymentsElsewhere(deployments: ReleaseElsewhere['deployments']): Deployment[] {
  return deployments.flatMap((deployment): Deployment[] => {
    const { kustomization, repository, branch, channel, images, commit, url, pullRequest } = deployment;
    if (branch === undefined || channel === undefined) return [];
    const deployed = { kustomization, repository, branch, channel, images, superseded: [] };
    const unknown = { changes: [], diff: '' };
    switch (deployment.status) {
      case 'committed':
        if (commit === undefined) return [];
        return [{ ...deployed, ...unknown, status: 'committed', commit, url, lostRaces: 0 }];
      case 'proposed':
        if (commit === undefined || pullRequest === undefined) return [];
        return [{ ...deployed, ...unknown, status: 'proposed', state: 'open', commit, pullRequest }];
      case 'superseded':
        return [{ ...deployed, status: 'superseded' }];
      default:
        return [{ ...deployed, status: 'unchanged' }];
    }
  });
}
