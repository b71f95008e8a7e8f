import type { Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import type { BranchWork } from './rollout/driver.js';
import type { DeployGroup } from './deploy-groups.js';
import type { DeployOutcome } from './deploy-edits.js';
import type { Deployment } from './deployment.js';
import { propose, withdrawProposal, type Proposed } from './proposals/propose.js';
import { writeMessage } from './rollout/change.js';
import type { BranchOutcome } from './rollout/branch.js';

/** Updates the pull request of a group, if it has one, and reports each Kustomization. */
export async function reportGroup(
  group: DeployGroup,
  work: BranchWork,
  outcome: BranchOutcome,
): Promise<{ deployments: Map<PlannedDeploy, Deployment[]>; warnings: readonly Problem[] }> {
  const proposed = await updateProposal(group, work, outcome);
  const deployments = new Map<PlannedDeploy, Deployment[]>();
  for (const item of outcome.plan.outcomes) {
    const others = deployments.get(item.deploy) ?? [];
    deployments.set(item.deploy, [...others, deploymentOf(item, outcome, proposed)]);
  }
  return { deployments, warnings: [...outcome.warnings, ...(proposed?.warnings ?? [])] };
}

async function updateProposal(
  { target: { proposals }, proposal: place, deploys }: DeployGroup,
  { request, signal }: BranchWork,
  { plan, commit, id }: BranchOutcome,
): Promise<Proposed | undefined> {
  const { proposal } = plan;
  if (!place || !proposal || !proposals) return undefined;
  const { channel, branch } = place;
  if (proposal.do === 'withdraw') {
    const reason = `Everything that it proposes is on ${request.branch} already, or is no longer wanted.`;
    await withdrawProposal({ proposals, branch, reason, signal });
    return undefined;
  }
  const head =
    proposal.do === 'keep'
      ? proposal.head
      : commit && { oid: commit.oid, message: writeMessage(request, { plan, id: id ?? request.id }) };
  if (!head) return undefined;
  const modes = deploys.flatMap(({ target }) => (target.mode === 'commit' ? [] : [target.mode]));
  const { oid, message } = head;
  const { parts, sources } = proposal;
  return propose({ proposals, channel, branch, head: oid, message, modes, parts, sources, signal });
}

function deploymentOf(item: DeployOutcome, outcome: BranchOutcome, proposed: Proposed | undefined): Deployment {
  const { deploy, path, images, superseded, changes, diff } = item;
  const { branch, channel, target } = deploy;
  const { repository } = target;
  const place = { kustomization: path, ...(repository !== undefined && { repository }), branch, channel };
  const common = { ...place, images, superseded };
  const { commit, lostRaces } = outcome;
  if (images.length === 0 && superseded.length > 0) return { status: 'superseded', ...common };
  if (!changes.some(({ key }) => images.includes(key))) return { status: 'unchanged', ...common };
  if (proposed) {
    const { pullRequest, state } = proposed;
    return { status: 'proposed', ...common, pullRequest, state, commit: proposed.commit, changes, diff };
  }
  if (!commit) return { status: 'unchanged', ...common };
  return { status: 'committed', ...common, commit: commit.oid, url: commit.url, changes, diff, lostRaces };
}
