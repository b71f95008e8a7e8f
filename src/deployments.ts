import type { Config } from './config/config.js';
import type { ActiveDeploy } from './deploy/deploy-edits.js';
import type { Rollout, DeployPlace, DeployTarget } from './deploy/target.js';
import type { LedgerRelease } from './deploy/ledger/ledger.js';
import type { Ancestry } from './deploy/order.js';
import type { RegistryCheck } from './deploy/pullable.js';
import { chooseRollback, readRelations, type ChosenRelease, type Destination } from './deploy/status/rollback.js';
import { compareChannels } from './deploy/status/behind.js';
import { referenceOf, type ChannelStatus, type ImageStatus } from './deploy/status/status.js';
import { readLedgerOf, readStatus, type Channel } from './deploy/status/read-status.js';
import { collectFrom, failure, problem, ReleaseError, throwProblems, type Problem } from './lib/errors.js';
import { planAttestations } from './plan/plan-release.js';
import type { Plan } from './plan/plan.js';
import type { DeployedImage, VerifiedDeployment } from './registry/verify-deployed.js';
import { expectedOf } from './registry/verify.js';
import { expectedImages } from './live/expected.js';
import type { ExpectedImage, LiveImage } from './live/outcome.js';
import { liveProblems } from './live/problems.js';
import type { Dependencies } from './dependencies.js';
import type { Rollback } from './report/rollback.js';
import type { LiveChannel } from './report/status.js';
import type { VerifiedChannel, VerifiedImage } from './report/verify.js';
import { chooseChannels, type DeploymentsRequest } from './deployment-channels.js';

/** Dependencies of status, verify, and rollback. */
export interface DeploymentsContext extends Pick<
  Dependencies,
  'source' | 'signal' | 'check' | 'deploy' | 'awaitRunning'
> {
  /** It stays open until the run ends. */
  openTarget(place: DeployPlace): DeployTarget;
  readonly ancestry: Ancestry;
  readonly registry: RegistryCheck;
  readLive(expected: readonly ExpectedImage[]): Promise<LiveImage[]>;
  verify(image: DeployedImage): Promise<VerifiedDeployment>;
  /** Waits until the run on the forge that releases the source's commit has succeeded. */
  watchRelease(): Promise<void>;
}

/** The deployed releases, with their time and source, and whether they are sound: one status per channel. */
export async function readDeployed(request: DeploymentsRequest, deps: DeploymentsContext): Promise<ChannelStatus[]> {
  const { signal, registry } = deps;
  const channels = chooseChannels(request, deps.source);
  const statuses = await collecting(channels, (channel) =>
    readStatus(channel, deps.openTarget(channel), registry, { signal }),
  );
  return compareChannels(channels, statuses, deps.ancestry, { signal });
}

/** Adds what runs; a failure and an unknown answer are problems of the image. @throws Cancelled */
export async function withLive(
  channels: readonly ChannelStatus[],
  deps: Pick<DeploymentsContext, 'readLive'>,
): Promise<LiveChannel[]> {
  const images = await deps.readLive(expectedImages(channels));
  return channels.map((channel) => ({
    ...channel,
    images: channel.images.map((image) => {
      const live = images.find((each) => each.key === image.key && each.channel === channel.channel);
      return live === undefined ? image : { ...image, live, problems: [...image.problems, ...liveProblems([live])] };
    }),
  }));
}

/**
 * Waits for the release of the source's commit, then says what is deployed. A commit that was released without a run
 * on the forge is known by what is on record.
 * @throws ReleaseError the run failed, or nothing releases this commit; Cancelled
 */
export async function awaitDeployed(request: DeploymentsRequest, deps: DeploymentsContext): Promise<ChannelStatus[]> {
  try {
    await deps.watchRelease();
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.code !== 'dispatch/run-not-found') throw error;
    const channels = await readDeployed(request, deps);
    const images = channels.flatMap((channel) => channel.images);
    const { commit } = deps.source;
    const released = ({ current }: ImageStatus) => 'release' in current && current.release.source.commit === commit;
    if (images.length === 0 || !images.every(released)) throw error;
    return channels;
  }
  return readDeployed(request, deps);
}

/**
 * Verifies that the deployed images are those of the ledger, and that their attestations are as configured. Images that
 * are not recorded can't be verified: no ledger is an error here.
 */
export async function verifyDeployed(
  request: DeploymentsRequest,
  deps: DeploymentsContext,
): Promise<VerifiedChannel[]> {
  const channels = await readDeployed(request, deps);
  return Promise.all(
    channels.map(async (channel) => ({
      ...channel,
      problems: channel.problems.map((each) =>
        each.code === 'deploy/no-history' ? { ...each, severity: 'error' as const } : each,
      ),
      images: await Promise.all(channel.images.map((image) => verifyOne(request.config, image, deps))),
    })),
  );
}

async function verifyOne(config: Config, status: ImageStatus, deps: DeploymentsContext): Promise<VerifiedImage> {
  const { key, image, current, served } = status;
  const digest = referenceOf(current).digest ?? ('digest' in served ? served.digest : undefined);
  if (image === undefined || digest === undefined || served.status === 'gone') return { ...status, platforms: [] };
  const platforms = config.images.find((item) => item.key === key)?.platforms ?? [];
  const release = 'release' in current ? current.release : undefined;
  const commit = release?.builtFrom ?? release?.source.commit;
  const expected = expectedOf({ platforms, attest: planAttestations(config, deps.source) });
  const { sign } = config.attest;
  const repository = release?.source.repository ?? deps.source.repository;
  const attested = await deps.verify({ key, image, digest, expected, commit, sign, repository });
  return {
    ...status,
    platforms: attested.platforms,
    ...(attested.signer && { signer: attested.signer }),
    problems: [...status.problems, ...attested.problems],
  };
}

export interface RollbackRequest extends DeploymentsRequest {
  to: Destination;
  allChannels: boolean;
  /** `preflight`: also ask registry and target, and change nothing. */
  until: 'preflight' | 'deploy';
  /** How long to wait until the cluster runs it, milliseconds; undefined: don't wait. */
  waitMs?: number;
  /** Asks the user; undefined: nobody can be asked. */
  confirm?(planned: Rollback): Promise<'yes' | 'no'>;
}

/**
 * Deploys earlier releases, channel by channel. Everything that prevents it is found before anything is written.
 * @throws ReleaseError with all problems at once; `usage/invalid` if it would change several channels and
 * none is named; Cancelled
 */
export async function rollBack(request: RollbackRequest, deps: DeploymentsContext): Promise<Rollback> {
  const channels = chooseChannels(request, deps.source);
  if (request.until === 'deploy') throwProblems(unnamedChannels(channels, request));
  const steps = await collecting(channels, async (channel) => {
    const choices = await choose(channel, request.to, deps);
    const plan: Plan = {
      source: deps.source,
      images: [],
      publish: { mode: 'push' },
      deploy: channel.deploys as ActiveDeploy[],
    };
    const seen = new Map(choices.map(({ image, newest }) => [image, newest]));
    return {
      ...{ channel, choices, plan },
      rollouts: choices.map(({ key, image, to }) => rolloutOf(key, image, to)),
      intent: { type: 'rollback' as const, seen },
    };
  });
  const planned: Rollback = {
    status: 'planned',
    channels: steps.map(({ channel: { channel, repository, branch }, choices }) => ({
      ...{ channel, repository, branch, choices },
      deployments: [],
    })),
    warnings: [],
  };
  if (request.until !== 'deploy' || steps.length > 1 || request.confirm !== undefined) {
    const problems = await Promise.all(steps.map(({ plan, rollouts, intent }) => deps.check(plan, rollouts, intent)));
    throwProblems(problems.flat());
    if (request.until !== 'deploy') return { ...planned, warnings: problems.flat() };
  }
  if (request.confirm !== undefined && (await request.confirm(planned)) === 'no')
    return { ...planned, status: 'declined' };
  const result: Rollback = { status: 'done', channels: [], warnings: [] };
  for (const [at, { plan, rollouts, intent }] of steps.entries()) {
    const { deployments, warnings } = await deps.deploy(plan, rollouts, intent);
    result.channels.push({ ...planned.channels[at]!, deployments });
    result.warnings.push(...warnings);
  }
  const { config, waitMs: limitMs } = request;
  if (limitMs === undefined) return result;
  const deployments = result.channels.flatMap((channel) => channel.deployments);
  return { ...result, live: await deps.awaitRunning({ config, deployments, limitMs }) };
}

/** Production must not be rolled back because somebody thought of staging. */
function unnamedChannels(channels: readonly Channel[], { channel, allChannels }: RollbackRequest): Problem[] {
  if (channels.length < 2 || channel !== undefined || allChannels) return [];
  const names = channels.map((each) => each.channel);
  return [
    problem({
      code: 'usage/invalid',
      message: `This rollback would change ${channels.length} channels: ${names.join(', ')}.`,
      fix: `Choose one: \`--channel ${names[0]}\`, or roll back all of them: \`--all-channels\`.`,
    }),
  ];
}

async function choose(channel: Channel, to: Destination, deps: DeploymentsContext): Promise<ChosenRelease[]> {
  const { signal } = deps;
  const ledger = await readLedgerOf(channel, deps.openTarget(channel), { signal });
  if (ledger === undefined) throw noHistory(channel);
  const relations = await readRelations(ledger, channel.images, to, deps.ancestry, { signal });
  const { choices, problems } = chooseRollback(ledger, channel.images, to, relations);
  throwProblems(problems);
  return choices;
}

/** A release of the ledger, to be deployed again as it was. */
export function rolloutOf(key: string, image: string, release: LedgerRelease): Rollout {
  const { tag: releaseTag, digest, source, fingerprint, builtFrom, bases } = release;
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

/** Does the work for each channel; the problems of all of them are thrown together. */
async function collecting<T>(channels: readonly Channel[], work: (channel: Channel) => Promise<T>): Promise<T[]> {
  const problems: Problem[] = [];
  const results: T[] = [];
  for (const channel of channels) {
    const result = await collectFrom(problems, work(channel));
    if (result !== undefined) results.push(result);
  }
  throwProblems(problems);
  return results;
}
