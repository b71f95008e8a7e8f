import type { Dependencies, RunRequest } from './dependencies.js';
import { Cancelled, type Problem } from './lib/errors.js';
import { problemsOf, emptyReport, type Report, type Stage } from './report/report.js';

type Story = (report: Report, enter: (stage: Stage) => void) => Promise<Report['outcome']>;

/** Records a run from its plan to its end; with `waitMs` that is when the cluster runs what was deployed. */
export async function recorded(deps: Dependencies, { config, waitMs }: RunRequest, story: Story): Promise<Report> {
  const began = Date.now();
  let stage: Stage = 'plan';
  const report = emptyReport({ status: 'cancelled', stage, problems: [] });
  const enter = (next: Stage) => {
    stage = next;
    if (deps.signal.aborted) throw new Cancelled(stage);
    deps.onEvent({ type: 'stage', stage });
  };
  deps.onEvent({ type: 'stage', stage });
  try {
    report.outcome = await story(report, enter);
    const isDeployed = report.outcome.status === 'released' || report.outcome.status === 'rolled-out';
    if (waitMs !== undefined && isDeployed && report.deployments.length > 0) {
      enter('wait');
      report.live = await deps.awaitRunning({ config, deployments: report.deployments, limitMs: waitMs });
    }
  } catch (error) {
    report.outcome =
      deps.signal.aborted || error instanceof Cancelled
        ? cancelledAt(stage, error)
        : { status: 'failed', stage, problems: problemsOf(error) };
  }
  report.seconds = (Date.now() - began) / 1000;
  deps.onEvent({ type: 'end', outcome: report.outcome.status });
  return report;
}

/**
 * A cancelled run reports what it could not undo, how far a rollout came, and what goes on elsewhere, but not the work
 * that it interrupted.
 */
function cancelledAt(stage: Stage, error: unknown): Report['outcome'] {
  if (!(error instanceof Cancelled)) {
    const problems = problemsOf(error).filter(({ code }) => code === 'registry/tags-left');
    return { status: 'cancelled', stage, problems };
  }
  const within = error.outcome === 'open' || (stage === 'deploy' && error.during !== stage);
  return { status: 'cancelled', stage, problems: [], ...(within && { while: error.during }) };
}

/** Preflight has reported most of them already, on the same targets. */
export function warn(report: Report, warnings: readonly Problem[]): void {
  const known = new Set(report.warnings.map(({ code, message }) => `${code} ${message}`));
  report.warnings.push(...warnings.filter(({ code, message }) => !known.has(`${code} ${message}`)));
}
