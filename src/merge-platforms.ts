import type { BuildResult } from './builders/built.js';
import type { Intent } from './deploy/deployment.js';
import { throwProblems } from './lib/errors.js';
import { checkSigner } from './preflight/checks/environment.js';
import type { Plan } from './plan/plan.js';
import { planMerged, planRelease } from './plan/plan-release.js';
import { planJoined } from './registry/multi-platform/plan-joined.js';
import type { ClaimedPart, JoinedImage } from './registry/multi-platform/read-parts.js';
import { publishAndRollOut, recorded, rolloutOf, type Order, type World } from './release.js';
import type { Report } from './report/report.js';

/** The outside, as a job that joins platforms needs it. */
export interface JoiningWorld extends World {
  /** Reads what jobs before this one have pushed by digest. */
  readParts(plan: Plan, parts: readonly ClaimedPart[]): Promise<JoinedImage[]>;
  /** Pushes, by digest, one index of all platforms for each image that has none yet. */
  pushJoined(plan: Plan, joined: readonly JoinedImage[]): Promise<BuildResult>;
}

/**
 * A release whose platforms were built by jobs before this one: they are joined to one index per image, and from there
 * on it is as any other. Nothing is built. Never throws: what went wrong is in the report.
 */
export function join(order: Order, parts: readonly ClaimedPart[], world: JoiningWorld): Promise<Report> {
  return recorded(world, async (report, enter) => {
    const intent: Intent = { type: 'release', order: order.request.order };
    const publish = planMerged(world.source, order.request);
    if (publish.mode === 'build-only') return { status: 'nothing', reason: publish.reason };
    const facts = await world.probe();
    const images = [...new Set(parts.map(({ key }) => key))];
    const request = { ...order.request, images, push: 'true' as const };
    const { plan: draft, problems } = planRelease(order.config, facts, request);
    report.plan = draft;
    throwProblems(problems);
    if (draft.publish.mode === 'build-only') return { status: 'nothing', reason: draft.publish.reason };
    const joined = await world.readParts(draft, parts);
    const readings = await world.findBaselines(draft, {});
    const decided = planJoined(draft, joined, readings);
    const { plan } = decided;
    report.plan = plan;
    problems.push(...order.notices, ...decided.problems);

    enter('preflight');
    const rollouts = plan.images.map((image) => rolloutOf(plan, image));
    problems.push(...checkSigner({ plan, facts, config: order.config }));
    if (order.until !== 'plan') problems.push(...(await world.check(plan, rollouts, intent)));
    report.warnings = problems.filter(({ severity }) => severity === 'warning');
    throwProblems(problems);
    if (order.until !== 'deploy') return { status: 'planned' };

    enter('build');
    report.build = await world.pushJoined(plan, joined);
    return publishAndRollOut({ plan, built: report.build, intent }, world, report, enter);
  });
}
