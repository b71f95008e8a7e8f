import type { BuildResult } from './builders/built.js';
import type { Intent } from './deploy/target.js';
import { throwProblems } from './lib/errors.js';
import { checkSigner } from './preflight/checks/environment.js';
import type { Plan } from './plan/plan.js';
import { planMerged, planRelease } from './plan/plan-release.js';
import { planMerge } from './registry/multi-platform/plan-merge.js';
import type { MergedImage, PushedPlatforms } from './registry/multi-platform/read-platforms.js';
import { publishAndRollOut, rolloutOf } from './release.js';
import type { RunRequest, Dependencies } from './dependencies.js';
import { recorded } from './recorded-run.js';
import type { Report } from './report/report.js';

/** The outside, as a job that merges platforms needs it. */
export interface MergeDependencies extends Dependencies {
  /** Reads what earlier jobs have pushed by digest. */
  readPlatforms(plan: Plan, pushed: readonly PushedPlatforms[]): Promise<MergedImage[]>;
  /** Pushes, by digest, one index of all platforms for each image that has none yet. */
  pushMerged(plan: Plan, merged: readonly MergedImage[]): Promise<BuildResult>;
}

/**
 * A release whose platforms were built by earlier jobs: they are merged into one index per image, which is released
 * like any other. Nothing is built. Never throws: failures are in the report.
 */
export function mergePlatforms(
  run: RunRequest,
  pushed: readonly PushedPlatforms[],
  deps: MergeDependencies,
): Promise<Report> {
  return recorded(deps, run, async (report, enter) => {
    const intent: Intent = { type: 'release', order: run.request.order };
    const publish = planMerged(deps.source, run.request);
    if (publish.mode === 'build-only') return { status: 'nothing', reason: publish.reason };
    const facts = await deps.probe();
    const images = [...new Set(pushed.map(({ key }) => key))];
    const request = { ...run.request, images, push: 'true' as const };
    const { plan: draft, problems } = planRelease(run.config, facts, request);
    report.plan = draft;
    throwProblems(problems);
    if (draft.publish.mode === 'build-only') return { status: 'nothing', reason: draft.publish.reason };
    const merged = await deps.readPlatforms(draft, pushed);
    const baselines = await deps.findBaselines(draft, Promise.resolve({}));
    const decided = planMerge(draft, merged, baselines.readings);
    const { plan } = decided;
    report.plan = plan;
    problems.push(...run.notices, ...baselines.problems, ...decided.problems);

    enter('preflight');
    const rollouts = plan.images.map((image) => rolloutOf(plan, image));
    problems.push(...checkSigner({ plan, facts, config: run.config }));
    if (run.until !== 'plan') problems.push(...(await deps.check(plan, rollouts, intent)));
    report.warnings = problems.filter(({ severity }) => severity === 'warning');
    throwProblems(problems);
    if (run.until !== 'deploy') return { status: 'planned' };

    enter('build');
    report.build = await deps.pushMerged(plan, merged);
    return publishAndRollOut({ plan, built: report.build, intent, baselines }, deps, report, enter);
  });
}
