import type { Config } from './config/config.js';
import type { ActiveDeploy } from './deploy/deploy-edits.js';
import type { Rollout } from './deploy/deployment.js';
import type { Ancestry } from './deploy/order.js';
import type { RegistryCheck } from './deploy/pullable.js';
import { chooseRollback, type ChosenRelease, type Destination } from './deploy/status/rollback.js';
import { learnOrder } from './deploy/status/rollback-order.js';
import { referenceOf, type ChannelStatus, type ImageStatus } from './deploy/status/status.js';
import { readLedgerOf, readStatus, type Channel } from './deploy/status/status-reading.js';
import type { DeployPlace, DeployTarget } from './deploy/target.js';
import { failure, ReleaseError, throwProblems, type Problem } from './lib/errors.js';
import { planAttestations } from './plan/plan-release.js';
import type { Plan } from './plan/plan.js';
import type { DeployedImage, VerifiedDeployment } from './registry/verify-deployed.js';
import { expectedOf } from './registry/verify.js';
import type { World } from './release.js';
import type { Rollback } from './report/rollback.js';
import type { VerifiedChannel, VerifiedImage } from './report/verify.js';
import { chooseChannels } from './deployment-channels.js';

/** The outside, as those who look after what is deployed need it. */
export interface StewardWorld extends Pick<World, 'source' | 'signal' | 'check' | 'deploy'> {
  openTarget(place: DeployPlace): DeployTarget;
  /** Lends the history of the source for a while. */
  withHistory<T>(work: (ancestry: Ancestry) => Promise<T>): Promise<T>;
  readonly registry: RegistryCheck;
  verify(image: DeployedImage): Promise<VerifiedDeployment>;
  /** Waits until the run on the forge that releases the source's commit has succeeded. */
  watchRelease(): Promise<void>;
}

export interface StewardOrder {
  config: Config;
  /** Image keys; empty: all. */
  images: readonly string[];
  /** Undefined: all channels. */
  channel?: string;
}

/** What is deployed, since when and from where, and whether that is sound: one status per channel. */
export async function readStanding(order: StewardOrder, world: StewardWorld): Promise<ChannelStatus[]> {
  const { signal, registry } = world;
  const channels = chooseChannels(order, world.source);
  return collecting(channels, (channel) =>
    withTarget(world, channel, (target) => readStatus(channel, target, registry, { signal })),
  );
}

/**
 * Waits for the release of the source's commit, then says what is deployed. A commit that was released without a run
 * on the forge is known by what is on record.
 * @throws ReleaseError the run failed, or nothing releases this commit; Cancelled
 */
export async function awaitStanding(order: StewardOrder, world: StewardWorld): Promise<ChannelStatus[]> {
  try {
    await world.watchRelease();
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.code !== 'dispatch/run-not-found') throw error;
    const channels = await readStanding(order, world);
    const images = channels.flatMap((channel) => channel.images);
    const { commit } = world.source;
    const released = ({ standing }: ImageStatus) =>
      'release' in standing && standing.release.source.commit === commit;
    if (images.length === 0 || !images.every(released)) throw error;
    return channels;
  }
  return readStanding(order, world);
}

/**
 * Verifies that what is deployed is what the ledger says, and that its attestations stand as configured. What
 * is not recorded can't be verified: no ledger is an error here.
 */
export async function verifyStanding(order: StewardOrder, world: StewardWorld): Promise<VerifiedChannel[]> {
  const channels = await readStanding(order, world);
  return Promise.all(
    channels.map(async (channel) => ({
      ...channel,
      problems: channel.problems.map((problem) =>
        problem.code === 'deploy/no-history' ? { ...problem, severity: 'error' as const } : problem,
      ),
      images: await Promise.all(channel.images.map((image) => verifyOne(order.config, image, world))),
    })),
  );
}

async function verifyOne(config: Config, status: ImageStatus, world: StewardWorld): Promise<VerifiedImage> {
  const { key, image, standing, served } = status;
  const digest = referenceOf(standing).digest ?? ('digest' in served ? served.digest : undefined);
  if (image === undefined || digest === undefined || served.status === 'gone')
    return { ...status, platforms: [] };
  const platforms = config.images.find((item) => item.key === key)?.platforms ?? [];
  const release = 'release' in standing ? standing.release : undefined;
  const commit = release?.builtFrom ?? release?.source.commit;
  const expected = expectedOf({ platforms, attest: planAttestations(config, world.source) });
  const { sign } = config.attest;
  const repository = release?.source.repository ?? world.source.repository;
  const attested = await world.verify({ key, image, digest, expected, commit, sign, repository });
  return {
    ...status,
    platforms: attested.platforms,
    ...(attested.signer && { signer: attested.signer }),
    problems: [...status.problems, ...attested.problems],
  };
}

export interface RollbackOrder extends StewardOrder {
  to: Destination;
  /** `preflight`: also ask registry and target, and do nothing. */
  until: 'preflight' | 'deploy';
}

/**
 * Puts earlier releases back through the same safe path as any other, channel by channel. What can't be gone
 * back to is found for all of them before anything is written.
 * @throws ReleaseError with all problems at once; Cancelled
 */
export async function rollBack(order: RollbackOrder, world: StewardWorld): Promise<Rollback> {
  const channels = chooseChannels(order, world.source);
  const chosen = await collecting(channels, async (channel) => ({
    channel,
    choices: await choose(channel, order.to, world),
  }));
  const result: Rollback = {
    status: order.until === 'deploy' ? 'done' : 'planned',
    channels: [],
    warnings: [],
  };
  const steps = chosen.map(({ channel, choices }) => {
    const images: Plan['images'] = [];
    const deploy = channel.deploys as ActiveDeploy[];
    const plan: Plan = { source: world.source, images, publish: { mode: 'push' }, deploy };
    const seen = new Map(choices.map(({ image, newest }) => [image, newest]));
    return {
      channel,
      choices,
      plan,
      rollouts: choices.map(rolloutOf),
      intent: { type: 'rollback' as const, seen },
    };
  });
  if (order.until !== 'deploy' || steps.length > 1) {
    const problems = await Promise.all(
      steps.map(({ plan, rollouts, intent }) => world.check(plan, rollouts, intent)),
    );
    throwProblems(problems.flat());
    if (order.until !== 'deploy') result.warnings.push(...problems.flat());
  }
  for (const { channel, choices, plan, rollouts, intent } of steps) {
    const done =
      order.until === 'deploy'
        ? await world.deploy(plan, rollouts, intent)
        : { deployments: [], warnings: [] };
    const { channel: name, repository, branch } = channel;
    result.channels.push({ channel: name, repository, branch, choices, deployments: done.deployments });
    result.warnings.push(...done.warnings);
  }
  return result;
}

async function choose(channel: Channel, to: Destination, world: StewardWorld): Promise<ChosenRelease[]> {
  const { signal } = world;
  const ledger = await withTarget(world, channel, (target) => readLedgerOf(channel, target, { signal }));
  if (ledger === undefined) throw noHistory(channel);
  const order = await world.withHistory((ancestry) =>
    learnOrder(ledger, channel.images, to, ancestry, { signal }),
  );
  const { choices, problems } = chooseRollback(ledger, channel.images, to, order);
  throwProblems(problems);
  return choices;
}

function rolloutOf({ key, image, to }: ChosenRelease): Rollout {
  const { tag: releaseTag, digest, source, fingerprint, builtFrom, bases } = to;
  return { key, image, releaseTag, digest, source, fingerprint, builtFrom, bases };
}

function noHistory({ channel, branch, images }: Channel): ReleaseError {
  const [first] = images;
  return failure({
    code: 'deploy/no-history',
    message: `Channel ${channel} (branch ${branch}) has no ledger, so what was deployed before is not known.`,
    fix: `Name the release yourself: image-release deploy --image ${first?.key ?? 'KEY'}=${first?.image ?? 'REF'}:TAG --allow-rollback.`,
  });
}

async function withTarget<T>(
  world: StewardWorld,
  { repository, branch }: Channel,
  work: (target: DeployTarget) => Promise<T>,
): Promise<T> {
  const target = world.openTarget({ repository, branch });
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/** Does the work for each channel; the problems of all of them are thrown together. */
async function collecting<T>(
  channels: readonly Channel[],
  work: (channel: Channel) => Promise<T>,
): Promise<T[]> {
  const problems: Problem[] = [];
  const results: T[] = [];
  for (const channel of channels) {
    try {
      results.push(await work(channel));
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      problems.push(...error.problems);
    }
  }
  throwProblems(problems);
  return results;
}
