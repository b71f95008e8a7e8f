import type { FoundBuilder } from './builders/builder-choice.js';
import type { BuildResult, ReleaseElsewhere } from './builders/built.js';
import type { BaseImages } from './dockerfile/description.js';
import { allBasesOf, type Config } from './config/config.js';
import type { Dependencies, ReleaseRunRequest, RunRequest } from './dependencies.js';
import type { Deployment, DeployResult, Intent, Rollout } from './deploy/target.js';
import { isOwnPush } from './deploy/own-push.js';
import { problem, throwProblems, type Problem } from './lib/errors.js';
import { decideBuilds, type Comparison } from './plan/decide-builds.js';
import type { Plan } from './plan/plan.js';
import { checkChannel, planDeploys } from './plan/plan-deploys.js';
import { planMerged, planRelease, unconfirmedCommit, unknownImages } from './plan/plan-release.js';
import { preflight } from './preflight/preflight.js';
import type { Baselines } from './registry/baseline/find-baselines.js';
import type { ClaimedImage } from './registry/confirm.js';
import type { PublishedImage } from './registry/published-image.js';
import { deploymentsElsewhere } from './report/elsewhere.js';
import { recorded, warn } from './recorded-run.js';
import type { Report, Stage } from './report/report.js';

/** A release from configuration to rollout. Never throws: what went wrong is in the report. */
export function release(run: ReleaseRunRequest, deps: Dependencies): Promise<Report> {
  return recorded(deps, run, async (report, enter) => {
    const { event } = deps.source;
    if (event.name === 'push' && event.deleted) return { status: 'nothing', reason: 'the ref was deleted' };
    if (await isOwnPush(run.config, deps.source, deps.editedFiles))
      return { status: 'nothing', reason: 'the push is the deploy commit of a release' };
    const decision = await decide(run, deps, report);
    const { plan, baselines, bases, intent } = decision;

    enter('preflight');
    const builder = await checkPlan(run, decision, deps, report);
    if (run.until !== 'deploy') return { status: 'planned' };
    if (await isDeclined(report, plan, deps)) return { status: 'declined' };

    enter('build');
    report.build = builder === undefined ? NOTHING_BUILT : await deps.build(plan, builder, bases);
    warn(report, report.build.warnings ?? []);
    const { elsewhere } = report.build;
    if (elsewhere !== undefined)
      return releasedElsewhere(report, elsewhere, () => deps.confirm(plan, elsewhere.published));
    if (plan.publish.mode === 'build-only') return { status: 'built' };
    if (plan.publish.mode === 'by-digest') {
      enter('publish');
      report.published = await deps.confirm(plan, claimsOf(plan, report.build));
      return { status: 'pushed' };
    }
    return publishAndRollOut({ plan, built: report.build, intent, baselines }, deps, report, enter);
  });
}

/** A plan with its decisions, before the checks. */
interface Decision {
  plan: Plan;
  baselines: Baselines;
  bases: BaseImages;
  intent: Intent;
  /** Objections of everything that is pure. */
  problems: Problem[];
}

/** Plans from event, git, and configuration; then reads inputs and published images, and decides what is built. */
async function decide(run: ReleaseRunRequest, deps: Dependencies, report: Report): Promise<Decision> {
  const facts = await deps.probe();
  const { plan: draft, selected, problems } = planRelease(run.config, facts, run.request);
  report.plan = draft;
  const { comparison, baselines } = await compare(run, draft, deps);
  const decided = decideBuilds(draft, comparison, run.request, run.config);
  const { plan } = decided;
  report.plan = plan;
  report.comparison = comparison;
  const images = plan.images.map(({ key, status, reason }) => ({ key, status, reason }));
  deps.onEvent({ type: 'images', images });
  const { bases } = comparison;
  problems.push(...run.notices, ...baselines.problems, ...decided.problems);
  problems.push(...preflight(plan, selected, facts, run.config, bases));
  return { plan, baselines, bases, intent: { type: 'release', order: run.request.order }, problems };
}

/**
 * Finds the builder, and asks builder, registry, and deploy targets for objections.
 * @throws ReleaseError with all of them at once
 */
async function checkPlan(
  { until }: ReleaseRunRequest,
  { plan, baselines, intent, problems }: Decision,
  deps: Dependencies,
  report: Report,
): Promise<FoundBuilder | undefined> {
  const builds = plan.images.some(({ status }) => status === 'build');
  const builder = builds && until !== 'plan' ? await deps.findBuilder(plan) : undefined;
  const rollouts = plan.images.map((image) => rolloutOf(plan, image));
  // A build is not wasted on a login that may not push. Without one, the first tag tells as soon.
  const rights = baselines.rights ?? (builds || until === 'preflight' ? undefined : []);
  const checked = until === 'plan' ? [] : await deps.check(plan, rollouts, intent, builder, rights);
  const all = [...problems, ...checked];
  report.warnings = all.filter(({ severity }) => severity === 'warning');
  throwProblems(all);
  return builder;
}

export async function publishAndRollOut(
  { plan, built, intent, baselines }: { plan: Plan; built: BuildResult; intent: Intent; baselines: Baselines },
  deps: Dependencies,
  report: Report,
  enter: (stage: Stage) => void,
): Promise<Report['outcome']> {
  enter('publish');
  const published = await deps.publish(plan, built, intent, baselines);
  report.published = published;
  warn(report, warningsOf(published));
  const tagged = performance.now();

  enter('deploy');
  const read = [...baselines.tags].map(([reference, found]) => [reference, found?.digest] as const);
  const pushed = published.map(({ image, releaseTag, digest }) => [`${image}:${releaseTag}`, digest] as const);
  let reconciled: PublishedImage[] = [];
  try {
    await rolledOut(report, deps.deploy(plan, rolloutsOf(plan, published), intent, new Map([...read, ...pushed])));
  } finally {
    // Also if the deploy has failed: a newer release may have been recorded since the tags were moved.
    const open = published.filter((image) => mayHaveChanged(image, report.deployments));
    if (open.length > 0) reconciled = await deps.reconcileTags(plan, open, intent, tagged);
    report.published = published.map((image) => reconciled.find(({ key }) => key === image.key) ?? image);
  }
  warn(report, warningsOf(reconciled));
  return { status: 'released' };
}

/**
 * Whether another run may have left a moving tag at an older release. If this one found all of them at the image that
 * is deployed, and left it deployed, no newer ledger entry was replaced: any run that has moved a tag since has yet to
 * write the ledger, and reads the tags after that.
 */
function mayHaveChanged({ key, tagsFound }: PublishedImage, deployments: readonly Deployment[] = []): boolean {
  const touched = deployments.flatMap((each) => [
    ...('superseded' in each ? each.superseded : []),
    ...('changes' in each ? each.changes : []),
  ]);
  return tagsFound !== 'current' || touched.some((each) => each.key === key);
}

/** The result of a run that creates no tag. */
function claimsOf({ images }: Plan, built: BuildResult): ClaimedImage[] {
  return images.map((planned) => {
    const { key, image } = planned;
    const digest =
      planned.status === 'unchanged' ? planned.digest : built.images.find((each) => each.key === key)?.digest;
    const status = planned.status === 'build' ? 'built' : 'unchanged';
    return { key, image, status, tags: [], ...(digest !== undefined && { digest }) };
  });
}

/** Nothing is done twice: the result of a run elsewhere is verified and reported. */
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
const NO_BASELINES: Baselines = { readings: {}, verified: [], unread: [], tags: new Map(), problems: [] };

/** Learns what the images are made of and what is published of them. */
async function compare(
  { compare: how, until }: ReleaseRunRequest,
  plan: Plan,
  deps: Dependencies,
): Promise<{ comparison: Comparison; baselines: Baselines }> {
  if (how === 'offline') {
    const inputs = await deps.readInputs(plan);
    return { comparison: { bases: {}, inputs, baselines: {} }, baselines: NO_BASELINES };
  }
  const reading = deps.describeBases(plan);
  const describing = reading.then((bases) => deps.readInputs(plan, bases));
  const [bases, inputs, baselines] = await Promise.all([
    ...([reading, describing] as const),
    deps.findBaselines(plan, describing, reading, until === 'plan' ? undefined : 'probe-to-build'),
  ]);
  return { comparison: { bases, inputs, baselines: baselines.readings }, baselines };
}

function warningsOf(published: readonly PublishedImage[]): Problem[] {
  return published.flatMap(({ warnings }) => warnings);
}

/** An image that was not built keeps its entry wherever that names the same digest already. */
export function rolloutOf({ images }: Plan, image: Pick<Rollout, 'key' | 'image' | 'releaseTag' | 'digest'>): Rollout {
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
export function rollOut(run: RunRequest, rollouts: readonly Rollout[], deps: Dependencies): Promise<Report> {
  return recorded(deps, run, async (report, enter) => {
    const { source } = deps;
    const intent: Intent = { type: 'release', order: run.request.order };
    const publish = planMerged(source, run.request);
    const keys = rollouts.map(({ key }) => key);
    if (keys.length === 0) return { status: 'nothing', reason: 'no image was published' };
    warn(report, unconfirmedCommit(source, run.request));
    if (publish.mode === 'build-only') return { status: 'nothing', reason: publish.reason };
    throwProblems([
      ...noTarget(run.config),
      ...unknownImages(run.config, keys),
      ...checkChannel(run.config, source, run.request.channel, 'any'),
    ]);
    const { channel } = run.request;
    // A person who names a channel may mean one that releases leave to promotions.
    const scope = { channel, when: channel === undefined ? ('push' as const) : ('any' as const) };
    const deploy = planDeploys(run.config, source, publish, keys, run.request.deploy, scope);
    const plan: Plan = { source, images: [], publish, deploy };
    return deployPublished({ run, plan, rollouts, intent }, deps, report, enter);
  });
}

/** Checks and deploys images that are in the registry already. */
export async function deployPublished(
  { run, plan, rollouts, intent }: { run: RunRequest; plan: Plan; rollouts: readonly Rollout[]; intent: Intent },
  deps: Dependencies,
  report: Report,
  enter: (stage: Stage) => void,
): Promise<Report['outcome']> {
  report.plan = plan;
  enter('preflight');
  if (run.until !== 'deploy' || deps.askUser !== undefined) {
    const problems = await deps.check(plan, rollouts, intent);
    report.warnings = problems.filter(({ severity }) => severity === 'warning');
    throwProblems(problems);
  }
  if (run.until !== 'deploy') return { status: 'planned' };
  if (await isDeclined(report, plan, deps)) return { status: 'declined' };

  enter('deploy');
  await rolledOut(report, deps.deploy(plan, rollouts, intent));
  return { status: 'rolled-out', images: rollouts.map(({ key }) => key) };
}

async function isDeclined(report: Report, plan: Plan, deps: Dependencies): Promise<boolean> {
  if (deps.askUser === undefined || !plan.deploy.some(({ status }) => status === 'deploy')) return false;
  return (await deps.askUser(report)) === 'no';
}

async function rolledOut(report: Report, deployed: Promise<DeployResult>): Promise<void> {
  const { deployments, warnings } = await deployed;
  report.deployments = deployments;
  warn(report, warnings);
}

/** The problem of a configuration without deploy target, when something is to be deployed. */
export function noTarget({ deploy, origin }: Config): Problem[] {
  if (deploy.length > 0) return [];
  return [
    problem({
      code: 'deploy/not-configured',
      message: `There is nowhere to deploy to: ${origin} has no \`deploy\`.`,
      fix: 'Name the Kustomization: `deploy: k8s/kustomization.yml`.',
      place: { file: origin },
    }),
  ];
}
