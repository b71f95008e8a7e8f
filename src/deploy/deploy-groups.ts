import type { PlannedDeploy } from '../plan/plan.js';
import type { ActiveDeploy } from './deploy-edits.js';
import type { Deployment, Rollout } from './deployment.js';
import { proposalBranch } from './proposals/propose.js';
import type { DeployPlace, DeployTarget } from './target.js';

/** Deploys that share a commit: of one branch, or of one pull request into it. */
export interface DeployGroup {
  target: DeployTarget;
  deploys: ActiveDeploy[];
  /** Deploys of the same pull request without an image of this run. */
  dormant: ActiveDeploy[];
  proposal?: { channel: string; branch: string };
}

/** Channels whose ledgers are in one place, and are read together. */
export function channelsByPlace(channels: readonly (DeployPlace & { channel: string })[]) {
  const places = new Map<string, { place: DeployPlace; channels: string[] }>();
  for (const { repository, branch, channel } of channels) {
    const key = JSON.stringify([repository, branch]);
    const found = places.get(key) ?? { place: { repository, branch }, channels: [] };
    if (!found.channels.includes(channel)) found.channels.push(channel);
    places.set(key, found);
  }
  return [...places.values()];
}

export function sortDeploys(deploys: readonly PlannedDeploy[], rollouts: readonly Rollout[]) {
  const released = new Set(rollouts.map(({ key }) => key));
  const active: ActiveDeploy[] = [];
  const dormant: ActiveDeploy[] = [];
  const skipped = new Map<PlannedDeploy, Deployment[]>();
  for (const item of deploys) {
    if (item.status === 'deploy' && item.images.some((key) => released.has(key))) {
      active.push(item);
      continue;
    }
    if (item.status === 'deploy') dormant.push(item);
    const reason = item.status === 'skip' ? item.reason : 'None of the images that it deploys is part of this release.';
    skipped.set(item, [{ status: 'skipped', kustomization: item.target.kustomization, reason }]);
  }
  return { active, dormant, skipped };
}

/** Groups the deploys that are written together, in the order in which they appear. */
export function openGroups(
  active: readonly ActiveDeploy[],
  dormant: readonly ActiveDeploy[],
  openTarget: (place: DeployPlace) => DeployTarget,
): DeployGroup[] {
  const groups = new Map<string, DeployGroup>();
  for (const item of active) {
    const { branch, channel, target } = item;
    const key = keyOfGroup(item);
    const group = groups.get(key) ?? {
      target: openTarget({ repository: target.repository, branch }),
      deploys: [],
      dormant: target.mode === 'commit' ? [] : dormant.filter((other) => keyOfGroup(other) === key),
      ...(target.mode !== 'commit' && { proposal: { channel, branch: proposalBranch(channel) } }),
    };
    group.deploys.push(item);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function keyOfGroup({ branch, channel, target: { repository, mode } }: ActiveDeploy): string {
  return JSON.stringify([repository?.toLowerCase() ?? null, branch, mode === 'commit' ? null : channel]);
}
