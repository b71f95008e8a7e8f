import { ReleaseError, throwProblems, withRemark, type Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import type { Clockwork } from './backoff.js';
import { commitToBranch, readBranch, type BranchWork, type Reading } from './branch-commit.js';
import { skipsChecks } from './commit-message.js';
import type { ActiveDeploy } from './deploy-edits.js';
import type { Deployment, Rollout } from './deployment.js';
import { confirmRollouts, type RegistryCheck } from './pullable.js';
import type { DeployTarget } from './target.js';

export interface DeployRequest {
  deploys: readonly PlannedDeploy[];
  rollouts: readonly Rollout[];
  /** The commit that the images were built from; undefined when nobody said. */
  source?: string;
  /** Id of the run, for the trailer. */
  run?: string;
  /** Makes the target of a branch; it is closed here. */
  openTarget(branch: string): DeployTarget;
  registry: RegistryCheck;
  clockwork: Clockwork;
  /** Something unique, such as a random UUID. */
  newId(): string;
  signal?: AbortSignal;
  /** Progress, a sentence at a time. */
  say?: (line: string) => void;
}

/**
 * Rolls images out: one commit per branch over all its Kustomizations. Every branch is read, every edit
 * planned and every image confirmed before the first commit is made.
 * @returns one deployment per planned deploy, in their order
 * @throws ReleaseError with all problems at once, or why the commit was refused; Cancelled
 */
export async function deploy(request: DeployRequest): Promise<Deployment[]> {
  const { active, skipped } = sort(request.deploys, request.rollouts);
  const used = request.rollouts.filter(({ key }) => active.some((item) => item.images.includes(key)));
  const targets = new Map(branchesOf(active).map((branch) => [branch, request.openTarget(branch)]));
  try {
    const confirmed = await confirmRollouts(used, request.registry, request.signal);
    const problems: Problem[] = [...confirmed.problems];
    const readings: { work: BranchWork; reading: Reading }[] = [];
    for (const [branch, target] of targets) {
      const work: BranchWork = {
        target,
        deploys: active.filter((item) => item.branch === branch),
        rollouts: confirmed.rollouts,
        source: request.source,
        run: request.run,
        id: request.newId(),
        clockwork: request.clockwork,
        signal: request.signal,
        say: request.say ?? (() => {}),
      };
      const reading = await collecting(problems, () => readBranch(work, { signal: request.signal }));
      if (reading) readings.push({ work, reading });
      problems.push(...(reading?.plan.problems ?? []));
    }
    throwProblems(problems);
    const done = new Map<ActiveDeploy, Deployment>();
    for (const { work, reading } of readings) {
      const deployments = await sayingWhatStands(done, () => commitToBranch(work, reading));
      work.deploys.forEach((item, index) => done.set(item, deployments[index] as Deployment));
    }
    return request.deploys.map((item) => done.get(item as ActiveDeploy) ?? (skipped.get(item) as Deployment));
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}

export interface DeployCheck {
  deploys: readonly PlannedDeploy[];
  /** What will be released; the digest of what is yet to be built is not known. */
  rollouts: readonly Rollout[];
  openTarget(branch: string): DeployTarget;
  /** `none` where the images are yet to be pushed. */
  registry: RegistryCheck;
  signal?: AbortSignal;
}

/** Stands for the digest that a build will have; never written. */
const ANY_DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * Plans the deploy commit on the branch as it stands now, and changes nothing: what `deploy` would refuse
 * comes back as problems, before anything is built.
 * @throws Cancelled
 */
export async function checkDeploy(check: DeployCheck): Promise<Problem[]> {
  const rollouts = check.rollouts.map((rollout) => ({ ...rollout, digest: ANY_DIGEST }));
  const { active } = sort(check.deploys, rollouts);
  const problems: Problem[] = active.flatMap(({ target }) => messageProblem(target.message) ?? []);
  const used = check.rollouts.filter(({ key }) => active.some((item) => item.images.includes(key)));
  problems.push(...(await confirmRollouts(used, check.registry, check.signal)).problems);
  for (const branch of branchesOf(active)) {
    const target = check.openTarget(branch);
    try {
      const deploys = active.filter((item) => item.branch === branch);
      const reading = await collecting(problems, () =>
        readBranch({ target, deploys, rollouts }, { signal: check.signal }),
      );
      problems.push(...(reading?.plan.problems ?? []));
      if (reading && reading.plan.files.length > 0)
        await collecting(problems, async () => target.proveRights?.({ signal: check.signal }));
    } finally {
      await target.close();
    }
  }
  return problems;
}

function sort(deploys: readonly PlannedDeploy[], rollouts: readonly Rollout[]) {
  const released = new Set(rollouts.map(({ key }) => key));
  const active: ActiveDeploy[] = [];
  const skipped = new Map<PlannedDeploy, Deployment>();
  for (const item of deploys) {
    const kustomization = item.target.kustomization;
    if (item.status === 'skip') skipped.set(item, { status: 'skipped', kustomization, reason: item.reason });
    else if (item.images.some((key) => released.has(key))) active.push(item);
    else {
      const reason = 'None of the images that it deploys is part of this release.';
      skipped.set(item, { status: 'skipped', kustomization, reason });
    }
  }
  return { active, skipped };
}

function branchesOf(active: readonly ActiveDeploy[]): string[] {
  return [...new Set(active.map((item) => item.branch))];
}

function messageProblem(message: string | undefined): Problem | undefined {
  if (message === undefined || !skipsChecks(message)) return undefined;
  return {
    code: 'deploy/message-skips-ci',
    severity: 'warning',
    message: `deploy.message asks for checks to be skipped ("${message}"); the commit leaves these words out.`,
    fix: 'Remove them: a deploy commit starts no release by itself, and skipped checks block pull requests.',
  };
}

/** Runs a step that may find problems of its own; they join the others. */
async function collecting<T>(problems: Problem[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** A failure on the second branch must not hide what was committed on the first. */
async function sayingWhatStands<T>(
  done: ReadonlyMap<ActiveDeploy, Deployment>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const landed = [...done.values()].flatMap((item) =>
      item.status === 'committed'
        ? [`${item.kustomization} on ${item.branch} (${item.commit.slice(0, 12)})`]
        : [],
    );
    if (landed.length === 0) throw error;
    throw withRemark(error, `Already deployed: ${landed.join(', ')}.`);
  }
}
