import { throwProblems, warning, withRemark, problemsOf, type Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import { commitToBranch, prepareBranch, type BranchWork, type Progress } from './rollout/driver.js';
import { SKIP_CI } from './commit-message.js';
import type { ActiveDeploy, DeployOutcome } from './deploy-edits.js';
import type { DeployResult, Deployment, Intent, Rollout, DeployPlace, DeployTarget } from './target.js';
import { findHidingOverrides } from './overrides/overrides.js';
import type { Ancestry, Position } from './order.js';
import { propose, pullRequestNeedsApi, proposalBranch, type Proposed } from './proposals/propose.js';
import { confirmRollouts } from './pullable.js';
import type { BranchOutcome } from './rollout/branch.js';
import { writeMessage } from './rollout/change.js';

export interface DeployCheck extends Pick<BranchWork, 'kustomize' | 'registry' | 'clockwork' | 'signal'> {
  deploys: readonly PlannedDeploy[];
  /** The released images; the digest of one that is not built yet is not known. */
  rollouts: readonly Rollout[];
  source: Position;
  /** Page of the repository of the source. */
  sourceUrl?: string;
  intent: Intent;
  /** Opens the target of a branch; who gives it closes it. */
  openTarget(place: DeployPlace): DeployTarget;
  /** Compares commits of the source; undefined: its repository is the deploy target. */
  ancestry?: Ancestry;
  /** How old what is read of the branches may be, see ReadOptions. */
  since?: number;
}

export interface DeployRequest extends DeployCheck {
  /** Globally unique. */
  newId(): string;
  now: string;
  say?: (line: string) => void;
}

/** For images that aren't built yet; never written. */
const ANY_DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * Deploys images: one commit, or one pull request, per branch over all its Kustomizations. All branches are
 * read, all images confirmed and all edits proved before the first commit is made.
 */
export async function deploy(request: DeployRequest): Promise<DeployResult> {
  const { newId, now, say = () => {} } = request;
  const { active, dormant, skipped } = sortDeploys(request.deploys, request.rollouts);
  const confirmed = await confirmRollouts(usedBy(active, request.rollouts), request.registry, request.signal);
  const problems: Problem[] = [...confirmed.problems];
  const prepared: { group: DeployGroup; work: BranchWork; progress: Progress }[] = [];
  for (const group of openGroups(active, dormant, request.openTarget)) {
    const work = workOf(group, { ...request, rollouts: confirmed.rollouts }, { id: newId(), now, say });
    const progress = await prepare(group, work, problems, request.since);
    if (progress) prepared.push({ group, work, progress });
  }
  throwProblems(problems);
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const done = new Map<PlannedDeploy, Deployment[]>();
  for (const { group, work, progress } of prepared) {
    try {
      const outcome = await commitToBranch(work, progress);
      const proposed = await updateProposal(group, work, outcome);
      warnings.push(...outcome.warnings, ...(proposed?.warnings ?? []));
      for (const item of outcome.plan.outcomes)
        done.set(item.deploy, [...(done.get(item.deploy) ?? []), deploymentOf(item, outcome, proposed)]);
    } catch (error) {
      // A failure on the second branch must not hide the commit on the first.
      const landed = [...done.values()].flat().flatMap(landedOn).join(', ');
      throw landed === '' ? error : withRemark(error, `Already deployed: ${landed}.`);
    }
  }
  const deployments = request.deploys.flatMap((item) => done.get(item) ?? skipped.get(item) ?? []);
  return { deployments, warnings: distinct(warnings) };
}

/** Plans and proves the deploy on the current branches, and changes nothing. */
export async function checkDeploy(check: DeployCheck): Promise<Problem[]> {
  const { active, dormant } = sortDeploys(check.deploys, check.rollouts);
  const problems: Problem[] = active.flatMap(({ target }) => messageProblem(target.message) ?? []);
  const used = usedBy(active, check.rollouts);
  problems.push(...(await confirmRollouts(used, check.registry, check.signal)).problems);
  const rollouts = used.map((rollout) => ({ ...rollout, digest: rollout.digest ?? ANY_DIGEST }));
  for (const group of openGroups(active, dormant, check.openTarget)) {
    const work = workOf(group, { ...check, rollouts }, { id: 'check', now: '', say: () => {} });
    const progress = await prepare(group, work, problems, check.since);
    const step = progress?.state.step;
    if (step?.type !== 'commit') continue;
    const { target, proposal } = group;
    const { base, files } = step.change.plan;
    // A ledger that moves alone is a note: whether the token may write it is seen when it does.
    if (files.length === 0) continue;
    const options = { signal: check.signal };
    const note = (error: unknown) => void problems.push(...problemsOf(error));
    const [rules] = await Promise.all([
      proposal ? [] : target.foreseeRules?.(options),
      target.proveRights?.({ base, files }, options).catch(note),
      proposal && target.proposals?.proveRights(options).catch(note),
    ]);
    problems.push(...(rules ?? []));
  }
  return distinct(problems);
}

/** Takes a group up to its first write, and adds its problems to the others. */
async function prepare(
  { target, deploys, proposal }: DeployGroup,
  work: BranchWork,
  problems: Problem[],
  since: number | undefined,
): Promise<Progress | undefined> {
  if (proposal && !target.proposals) problems.push(pullRequestNeedsApi(target.description));
  const progress = await prepareBranch(work, since);
  const { snapshot, state } = progress;
  const { step, warnings } = state;
  const { branch } = state.read;
  problems.push(...warnings);
  if (snapshot && branch) {
    const overrides = findHidingOverrides(snapshot, work.request, branch);
    problems.push(...(await overrides.catch(problemsOf)));
  }
  if (step.type !== 'fail') return progress;
  // A branch or repository that is not there is a matter of the line that names it.
  const place = deploys[0]?.place;
  problems.push(
    ...problemsOf(step.error).map((problem) =>
      problem.code === 'deploy/target-missing' ? { ...(place && { place }), ...problem } : problem,
    ),
  );
  return undefined;
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
    await proposals.withdraw(branch, reason, { signal });
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

function workOf(
  { target, deploys, dormant, proposal }: DeployGroup,
  check: DeployCheck,
  { id, now, say }: { id: string; now: string; say: (line: string) => void },
): BranchWork {
  const { rollouts, source, sourceUrl, intent, kustomize, registry, clockwork, signal, ancestry = target } = check;
  const { description, branch } = target;
  const common = { description, branch, deploys, dormant, proposalBranch: proposal?.branch };
  const request = { ...common, rollouts, source, sourceUrl, intent, id, now };
  return { request, target, ancestry, kustomize, registry, clockwork, signal, say };
}

function usedBy(active: readonly ActiveDeploy[], rollouts: readonly Rollout[]): Rollout[] {
  return rollouts.filter(({ key }) => active.some(({ images }) => images.includes(key)));
}

function messageProblem(message: string | undefined): Problem | undefined {
  if (message === undefined || message.search(SKIP_CI) < 0) return undefined;
  return warning({
    code: 'deploy/message-skips-ci',
    message: `deploy.message skips checks ("${message}"); the commit leaves these words out.`,
  });
}

/** Two groups may read one branch and find the same problem. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function landedOn(item: Deployment): string[] {
  if (item.status === 'committed') return [`${item.kustomization} on ${item.branch} (${item.commit.slice(0, 12)})`];
  return item.status === 'proposed' ? [`${item.kustomization} in ${item.pullRequest.url}`] : [];
}

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

function sortDeploys(deploys: readonly PlannedDeploy[], rollouts: readonly Rollout[]) {
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
function openGroups(
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
