import type { BuildResult } from './build/built.js';
import type { Config } from './config/config.js';
import type { Deployment } from './deploy/deployment.js';
import type { Facts } from './facts/facts.js';
import { Cancelled, failure, messageOf, ReleaseError, type Problem } from './lib/errors.js';
import type { Plan } from './plan/plan.js';
import { planRelease } from './plan/plan-release.js';
import { planDeploys } from './plan/plan-deploys.js';
import type { Request } from './plan/request.js';
import { preflight } from './preflight/preflight.js';
import type { PublishedImage } from './registry/published.js';
import type { Report, Stage } from './report/report.js';

/** The outside, as a release needs it. */
export interface World {
  probe(config: Config): Promise<Facts>;
  /** Asks builder, registry and deploy targets whether the plan can be carried out; all objections at once. */
  check(plan: Plan, facts: Facts): Promise<Problem[]>;
  build(plan: Plan, facts: Facts): Promise<BuildResult>;
  publish(plan: Plan, built: BuildResult): Promise<PublishedImage[]>;
  deploy(plan: Plan, published: readonly PublishedImage[]): AsyncIterable<Deployment>;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
}

export interface Order {
  config: Config;
  request: Request;
  /** `plan`: stop before anything is done. */
  until: 'plan' | 'deploy';
}

/** A release from configuration to rollout. Never throws: what went wrong is in the report. */
export function release(order: Order, world: World): Promise<Report> {
  return recorded(world, async (report, enter) => {
    const facts = await world.probe(order.config);
    const { source } = facts;
    if (source.event.name === 'push' && source.event.deleted) {
      return { status: 'nothing', reason: 'the ref was deleted' };
    }
    const { plan, problems } = planRelease(order.config, facts, order.request);
    report.plan = plan;

    enter('preflight');
    problems.push(...preflight(plan, facts, order.config), ...(await world.check(plan, facts)));
    report.warnings = problems.filter(({ severity }) => severity === 'warning');
    stopAt(problems);
    if (order.until === 'plan') return { status: 'planned' };

    enter('build');
    report.build = await world.build(plan, facts);
    if (plan.publish.mode === 'build-only') return { status: 'built' };

    enter('publish');
    report.published = await world.publish(plan, report.build);

    enter('deploy');
    for await (const deployment of world.deploy(plan, report.published)) report.deployments.push(deployment);
    return { status: 'released' };
  });
}

/** Rolls out images that an earlier job or another tool published. Nothing is built. */
export function rollOut(order: Order, published: readonly PublishedImage[], world: World): Promise<Report> {
  return recorded(world, async (report, enter) => {
    const facts = await world.probe({ ...order.config, images: [] });
    const publish = { mode: 'push' as const };
    const keys = published.map(({ key }) => key);
    const deploy = planDeploys(order.config, facts.source, publish, keys, order.request.deploy);
    const plan: Plan = { source: facts.source, images: [], publish, deploy };
    report.plan = plan;
    report.published = [...published];

    enter('deploy');
    for await (const deployment of world.deploy(plan, published)) report.deployments.push(deployment);
    return { status: 'released' };
  });
}

function stopAt(problems: readonly Problem[]): void {
  const [first, ...rest] = problems.filter(({ severity }) => severity === 'error');
  if (first !== undefined) throw new ReleaseError([first, ...rest]);
}

type Story = (report: Report, enter: (stage: Stage) => void) => Promise<Report['outcome']>;

async function recorded(world: World, story: Story): Promise<Report> {
  const began = Date.now();
  let stage: Stage = 'plan';
  const report: Report = {
    outcome: { status: 'cancelled', stage },
    warnings: [],
    published: [],
    deployments: [],
    seconds: 0,
  };
  const enter = (next: Stage) => {
    stage = next;
    if (world.signal.aborted) throw new Cancelled(stage);
  };
  try {
    report.outcome = await story(report, enter);
  } catch (error) {
    report.outcome = world.signal.aborted
      ? { status: 'cancelled', stage }
      : { status: 'failed', stage, problems: problemsOf(error) };
  }
  report.seconds = (Date.now() - began) / 1000;
  return report;
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ReleaseError) return error.problems;
  return failure({
    code: 'internal/unexpected',
    message: messageOf(error),
    fix: 'Run again; when it persists, open an issue with this message.',
    detail: error instanceof Error ? error.stack : undefined,
  }).problems;
}
