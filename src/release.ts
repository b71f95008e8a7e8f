import type { FoundBuilder } from './builders/builder-choice.js';
import type { BuildResult, ReleaseElsewhere } from './builders/built.js';
import type { Config } from './config/config.js';
import type { DeployResult, Intent, Rollout } from './deploy/deployment.js';
import { isOwnPush } from './deploy/own-push.js';
import type { Facts } from './facts/facts.js';
import type { Source } from './facts/source.js';
import type { BaseImages } from './dockerfile/description.js';
import type { ImageFingerprint } from './fingerprint/fingerprint.js';
import { Cancelled, throwProblems, type Problem } from './lib/errors.js';
import { decideBuilds, type Comparison } from './plan/decide-builds.js';
import type { Plan } from './plan/plan.js';
import { allBasesOf } from './plan/dependencies.js';
import { planDeploys } from './plan/plan-deploys.js';
import { planMerged, planRelease, unconfirmedCommit, unknownImages } from './plan/plan-release.js';
import type { ReleaseRequest } from './plan/plan.js';
import { preflight } from './preflight/preflight.js';
import type { Baselines } from './registry/baseline/find-baselines.js';
import type { ClaimedImage } from './registry/confirm.js';
import type { PublishedImage } from './registry/published-image.js';
import { problemsOf } from './report/exit-code.js';
import { deploymentsElsewhere } from './report/elsewhere.js';
import type { RunEvent } from './report/live/run-event.js';
import { emptyReport, type Report, type Stage } from './report/report.js';

/** The outside, as a release needs it. */
export interface World {
  readonly source: Source;
  /** Files that a commit of the repository edits; undefined: it adds or removes some, or is a merge. */
  editedFiles(commit: string): Promise<string[] | undefined>;
  probe(): Promise<Facts>;
  /**
   * What the images are made of: base images as their registries have them (undefined: nobody was asked),
   * files as they are on disk.
   */
  readInputs(plan: Plan, bases?: BaseImages): Promise<Record<string, ImageFingerprint>>;
  /** What the images named in the Dockerfiles are; what can't be had is in it as unresolved. */
  describeBases(plan: Plan): Promise<BaseImages>;
  /** What is published of each image already. Never an obstacle: what can't be read is in it as a problem. */
  findBaselines(plan: Plan, inputs: Record<string, ImageFingerprint>): Promise<Baselines>;
  /** Finds out what can build here; asked only when something is to be built. */
  findBuilder(plan: Plan): Promise<FoundBuilder>;
  /**
   * Asks builder, registry and deploy targets whether the plan can be carried out; all objections at once.
   * Without `builder` nothing will be built. Images of a plan without images have to stand in the registry already.
   */
  check(plan: Plan, rollouts: readonly Rollout[], intent: Intent, builder?: FoundBuilder): Promise<Problem[]>;
  /** @param bases as `describeBases` found them */
  build(plan: Plan, builder: FoundBuilder, bases: BaseImages): Promise<BuildResult>;
  /** Asks the registry whether what was pushed, here or by a run elsewhere, stands there whole; puts no tag. */
  confirm(plan: Plan, pushed: readonly ClaimedImage[]): Promise<PublishedImage[]>;
  publish(
    plan: Plan,
    built: BuildResult,
    intent: Intent,
    baselines: Pick<Baselines, 'verified' | 'unread'>,
  ): Promise<PublishedImage[]>;
  /** If a newer release was deployed meanwhile, the moving tags go to that one. */
  reconcileTags(plan: Plan, published: readonly PublishedImage[], intent: Intent): Promise<PublishedImage[]>;
  deploy(plan: Plan, rollouts: readonly Rollout[], intent: Intent): Promise<DeployResult>;
  onEvent(event: RunEvent): void;
  /** Asks the user before a deployment; undefined: nobody can be asked. */
  askUser?(report: Report): Promise<'yes' | 'no'>;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
}

export interface Order {
  config: Config;
  request: ReleaseRequest;
  /** `plan`: don't ask for rights. `preflight`: also ask registry and deploy target for them. Neither does anything. */
  until: 'plan' | 'preflight' | 'deploy';
  /** What was found while reading the configuration: warnings. */
  notices: readonly Problem[];
}

export interface ReleaseOrder extends Order {
  /** Whether what is published is looked at; `offline`: nothing but this machine is asked. */
  compare: 'published' | 'offline';
}

/** A release from configuration to rollout. Never throws: what went wrong is in the report. */
export function release(order: ReleaseOrder, world: World): Promise<Report> {
  return recorded(world, async (report, enter) => {
    const { source } = world;
    const intent: Intent = { type: 'release', order: order.request.order };
    if (source.event.name === 'push' && source.event.deleted) {
      return { status: 'nothing', reason: 'the ref was deleted' };
    }
    if (await isOwnPush(order.config, source, world.editedFiles)) {
      return { status: 'nothing', reason: 'the push is the deploy commit of a release' };
    }
    const facts = await world.probe();
    const { plan: draft, selected, problems } = planRelease(order.config, facts, order.request);
    problems.push(...order.notices);
    report.plan = draft;
    const { comparison, baselines } = await compare(order, draft, world);
    const decided = decideBuilds(draft, comparison, order.request, order.config);
    const { plan } = decided;
    report.plan = plan;
    report.comparison = comparison;
    problems.push(...baselines.problems, ...decided.problems);
    world.onEvent({
      type: 'images',
      images: plan.images.map(({ key, status, reason }) => ({ key, status, reason })),
    });

    enter('preflight');
    problems.push(...preflight(plan, selected, facts, order.config, comparison.bases));
    const builds = plan.images.some(({ status }) => status === 'build');
    const builder = builds && order.until !== 'plan' ? await world.findBuilder(plan) : undefined;
    if (order.until !== 'plan')
      problems.push(
        ...(await world.check(
          plan,
          plan.images.map((image) => rolloutOf(plan, image)),
          intent,
          builder,
        )),
      );
    report.warnings = problems.filter(({ severity }) => severity === 'warning');
    throwProblems(problems);
    if (order.until !== 'deploy') return { status: 'planned' };
    if (await isDeclined(report, plan, world)) return { status: 'declined' };

    enter('build');
    report.build = builder === undefined ? NOTHING_BUILT : await world.build(plan, builder, comparison.bases);
    warn(report, report.build.warnings ?? []);
    const { elsewhere } = report.build;
    if (elsewhere !== undefined)
      return releasedElsewhere(report, elsewhere, () => world.confirm(plan, elsewhere.published));
    if (plan.publish.mode === 'build-only') return { status: 'built' };
    if (plan.publish.mode === 'by-digest') {
      enter('publish');
      report.published = await world.confirm(plan, claimsOf(plan, report.build));
      return { status: 'pushed' };
    }
    return publishAndRollOut({ plan, built: report.build, intent, baselines }, world, report, enter);
  });
}

/** Tags what stands in the registry, then rolls it out. */
export async function publishAndRollOut(
  {
    plan,
    built,
    intent,
    baselines,
  }: { plan: Plan; built: BuildResult; intent: Intent; baselines: Baselines },
  world: World,
  report: Report,
  enter: (stage: Stage) => void,
): Promise<Report['outcome']> {
  enter('publish');
  report.published = await world.publish(plan, built, intent, baselines);
  warn(report, warningsOf(report.published));

  enter('deploy');
  await rolledOut(report, world.deploy(plan, rolloutsOf(plan, report.published), intent));
  report.published = await world.reconcileTags(plan, report.published, intent);
  warn(report, warningsOf(report.published));
  return { status: 'released' };
}

/** What a run that puts no tag has to show. */
function claimsOf({ images }: Plan, built: BuildResult): ClaimedImage[] {
  return images.map((planned) => {
    const { key, image } = planned;
    const digest =
      planned.status === 'unchanged' ? planned.digest : built.images.find((each) => each.key === key)?.digest;
    const status = planned.status === 'build' ? 'built' : 'unchanged';
    return { key, image, status, tags: [], ...(digest !== undefined && { digest }) };
  });
}

/** Nothing is done twice: what a run elsewhere did is looked at, and told. */
async function releasedElsewhere(
  report: Report,
  { outcome, deployments }: ReleaseElsewhere,
  confirm: () => Promise<PublishedImage[]>,
): Promise<Report['outcome']> {
  report.published = await confirm();
  warn(report, warningsOf(report.published));
  report.deployments = deploymentsElsewhere(deployments);
  return outcome === 'built' || outcome === 'pushed' ? { status: outcome } : { status: 'released' };
}

const NOTHING_BUILT: BuildResult = { images: [], steps: [] };
const NO_BASELINES: Baselines = { readings: {}, verified: [], unread: [], problems: [] };

/** Learns what the images are made of and what is published of them. */
async function compare(
  { compare: how }: ReleaseOrder,
  plan: Plan,
  world: World,
): Promise<{ comparison: Comparison; baselines: Baselines }> {
  const bases = how === 'offline' ? undefined : await world.describeBases(plan);
  const inputs = await world.readInputs(plan, bases);
  const baselines = how === 'offline' ? NO_BASELINES : await world.findBaselines(plan, inputs);
  return { comparison: { bases: bases ?? {}, inputs, baselines: baselines.readings }, baselines };
}

function warningsOf(published: readonly PublishedImage[]): Problem[] {
  return published.flatMap(({ warnings }) => warnings);
}

/** An image that was not built keeps its entry wherever that names the same digest already. */
export function rolloutOf(
  { images }: Plan,
  image: Pick<Rollout, 'key' | 'image' | 'releaseTag' | 'digest'>,
): Rollout {
  const planned = images.find(({ key }) => key === image.key);
  const { key, image: name, releaseTag, digest } = image;
  return {
    ...{ key, image: name, releaseTag, digest },
    ...(planned?.fingerprint !== undefined && { fingerprint: planned.fingerprint }),
    ...(planned?.status === 'unchanged' && { unchanged: true, builtFrom: planned.since.commit }),
  };
}

/** With the bases of each image, which the ledger records nowhere else. */
function rolloutsOf(plan: Plan, published: readonly PublishedImage[]): Rollout[] {
  const deployed = plan.deploy.flatMap((deploy) => (deploy.status === 'deploy' ? deploy.images : []));
  return published.map((image) => {
    const bases = allBasesOf(plan.images, image.key).filter((key) => !deployed.includes(key));
    const digests = published.filter(({ key }) => bases.includes(key)).map(({ digest }) => digest);
    return { ...rolloutOf(plan, image), ...(digests.length > 0 && { bases: digests }) };
  });
}

/** Rolls out images that an earlier job or another tool published. Nothing is built. */
export function rollOut(order: Order, rollouts: readonly Rollout[], world: World): Promise<Report> {
  return recorded(world, async (report, enter) => {
    const { source } = world;
    const intent: Intent = { type: 'release', order: order.request.order };
    const publish = planMerged(source, order.request);
    const keys = rollouts.map(({ key }) => key);
    if (keys.length === 0) return { status: 'nothing', reason: 'no image was published' };
    warn(report, unconfirmedCommit(source, order.request));
    if (publish.mode === 'build-only') return { status: 'nothing', reason: publish.reason };
    throwProblems([...noTarget(order.config), ...unknownImages(order.config, keys)]);
    const deploy = planDeploys(order.config, source, publish, keys, order.request.deploy);
    const plan: Plan = { source, images: [], publish, deploy };
    report.plan = plan;

    enter('preflight');
    if (order.until !== 'deploy' || world.askUser !== undefined) {
      const problems = await world.check(plan, rollouts, intent);
      report.warnings = problems.filter(({ severity }) => severity === 'warning');
      throwProblems(problems);
    }
    if (order.until !== 'deploy') return { status: 'planned' };
    if (await isDeclined(report, plan, world)) return { status: 'declined' };

    enter('deploy');
    await rolledOut(report, world.deploy(plan, rollouts, intent));
    return { status: 'rolled-out', images: keys };
  });
}

async function isDeclined(report: Report, plan: Plan, world: World): Promise<boolean> {
  if (world.askUser === undefined || !plan.deploy.some(({ status }) => status === 'deploy')) return false;
  return (await world.askUser(report)) === 'no';
}

async function rolledOut(report: Report, deployed: Promise<DeployResult>): Promise<void> {
  const { deployments, warnings } = await deployed;
  report.deployments = deployments;
  warn(report, warnings);
}

/** Preflight has told most of them already, on the same targets. */
function warn(report: Report, warnings: readonly Problem[]): void {
  const known = new Set(report.warnings.map(({ code, message }) => `${code} ${message}`));
  report.warnings.push(...warnings.filter(({ code, message }) => !known.has(`${code} ${message}`)));
}

/** What is wrong with a configuration that deploys nowhere, when something is to be deployed. */
export function noTarget({ deploy, origin }: Config): Problem[] {
  if (deploy.length > 0) return [];
  return [
    {
      code: 'deploy/not-configured',
      severity: 'error',
      message: `There is nowhere to deploy to: ${origin} has no \`deploy\`.`,
      fix: 'Name the Kustomization: `deploy: k8s/kustomization.yml`.',
      place: { file: origin },
    },
  ];
}

type Story = (report: Report, enter: (stage: Stage) => void) => Promise<Report['outcome']>;

export async function recorded(world: World, story: Story): Promise<Report> {
  const began = Date.now();
  let stage: Stage = 'plan';
  const report = emptyReport({ status: 'cancelled', stage, problems: [] });
  const enter = (next: Stage) => {
    stage = next;
    if (world.signal.aborted) throw new Cancelled(stage);
    world.onEvent({ type: 'stage', stage });
  };
  world.onEvent({ type: 'stage', stage });
  try {
    report.outcome = await story(report, enter);
  } catch (error) {
    report.outcome =
      world.signal.aborted || error instanceof Cancelled
        ? cancelledAt(stage, error)
        : { status: 'failed', stage, problems: problemsOf(error) };
  }
  report.seconds = (Date.now() - began) / 1000;
  world.onEvent({ type: 'end', outcome: report.outcome.status });
  return report;
}

/**
 * What a cancelled run could not undo is told, how far a rollout came, and what goes on elsewhere; what merely broke off
 * is no news.
 */
function cancelledAt(stage: Stage, error: unknown): Report['outcome'] {
  if (!(error instanceof Cancelled)) {
    const problems = problemsOf(error).filter(({ code }) => code === 'registry/tags-left');
    return { status: 'cancelled', stage, problems };
  }
  const within = error.outcome === 'open' || (stage === 'deploy' && error.during !== stage);
  return { status: 'cancelled', stage, problems: [], ...(within && { while: error.during }) };
}
