import { resultLine, type RunDeployment } from '../builders/dispatch/run-result.js';
import type { Deployment } from '../deploy/deployment.js';
import { imageOutputs } from './outputs.js';
import type { Report } from './report.js';

/**
 * Lines for the log of a run that somebody may wait for: what it released, for `builder: dispatch`. Only a run that
 * was started by hand tells it.
 */
export function renderRunResult(report: Report): string[] {
  const source = report.plan?.source;
  const run = source?.run;
  if (source === undefined || run === undefined || source.event.name !== 'workflow_dispatch') return [];
  const at = { run: run.id, attempt: run.attempt };
  const images = Object.entries(imageOutputs(report));
  return [
    '::group::For whoever started this run',
    ...images.map(([key, { ref: _, ...image }]) => {
      const { seconds, steps } = report.build?.images.find((built) => built.key === key) ?? {};
      return resultLine({ type: 'image', ...at, key, ...image, seconds, steps });
    }),
    resultLine({
      type: 'run',
      ...at,
      commit: source.commit,
      outcome: report.outcome.status,
      images: images.map(([key]) => key),
      deployments: report.deployments.map(deploymentOf),
    }),
    '::endgroup::',
  ];
}

function deploymentOf(deployment: Deployment): RunDeployment {
  const { status, kustomization } = deployment;
  if (deployment.status === 'skipped') return { status, kustomization, images: [] };
  const { repository, branch, channel, images } = deployment;
  return {
    ...{ status, kustomization, repository, branch, channel, images },
    ...('commit' in deployment && { commit: deployment.commit }),
    ...('url' in deployment && { url: deployment.url }),
    ...('pullRequest' in deployment && { pullRequest: deployment.pullRequest }),
  };
}
