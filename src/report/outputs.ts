import { RECORD_ANNOTATION } from '../plan/baseline.js';
import type { PlannedImage } from '../plan/plan.js';
import { formatReference } from '../plan/references.js';
import type { Explanation } from './explain.js';
import { imageRows, type ImageRow, type Report } from './report.js';
import { liveList } from './running.js';
import { resultLine, type RunDeployment } from '../builders/dispatch/run-result.js';
import type { Deployment } from '../deploy/target.js';

type Known = 'image' | 'digest' | 'tags' | 'releaseTag' | 'reason' | 'platforms' | 'size' | 'fingerprint' | 'builtFrom';

/** One image in the output `images`: what a later job needs to deploy it. */
export interface ImageOutput extends Pick<ImageRow, Known> {
  /** Pullable: `image:releaseTag@digest`. */
  ref?: string;
  /** `built`, `unchanged` or `superseded` once it is published. */
  status: string;
  /** It has no tag: a job that joins platforms is to take it, released from `commit`. */
  pushed?: 'by-digest';
  commit?: string;
  sbom: string[];
  provenance: string[];
  /** Its live status per channel; only if the run has waited. */
  live?: object[];
}

/** The Action's outputs by name; values are strings as the runner wants them. */
export function renderOutputs(report: Report): Record<string, string> {
  const images = imageOutputs(report);
  const { published, outcome, plan, deployments } = report;
  const commits = deployments.flatMap((deployment) => ('commit' in deployment ? deployment.commit : []));
  const [pullRequest] = deployments.flatMap((deployment) =>
    'pullRequest' in deployment ? deployment.pullRequest : [],
  );
  return {
    released: String(published.length > 0 && (outcome.status === 'released' || outcome.status === 'pushed')),
    complete: String(outcome.status === 'released' && plan?.complete === true),
    images: JSON.stringify(images),
    'deploy-commit': commits[0] ?? '',
    'pull-request-number': String(pullRequest?.number ?? ''),
    'pull-request-url': pullRequest?.url ?? '',
    plan: plan === undefined ? '' : JSON.stringify(planAsJson(report)),
    ...Object.fromEntries(
      Object.entries(images).flatMap(([key, { digest = '', ref = '' }]) => {
        const named = { [`${key}-digest`]: digest, [`${key}-ref`]: ref };
        return ref === '' ? [] : Object.entries(named);
      }),
    ),
  };
}

/** Key → image, in the order of the configuration. */
function imageOutputs(report: Report): Record<string, ImageOutput> {
  const pushed = report.outcome.status === 'pushed' && {
    pushed: 'by-digest' as const,
    commit: report.plan?.source.commit,
  };
  return Object.fromEntries(
    imageRows(report).map((row) => {
      const { key, image, digest, tags, releaseTag, status, reason, platforms, size, fingerprint, builtFrom } = row;
      const ref = digest && formatReference({ name: image, tag: releaseTag, digest });
      const known = { image, digest, tags, releaseTag, ref, status, reason, platforms, size, fingerprint, builtFrom };
      const live = report.live && { live: liveList(report.live, key) };
      return [key, { ...known, ...pushed, sbom: row.sbomDigests, provenance: row.provenanceDigests, ...live }];
    }),
  );
}

/** The plan as `plan --json` prints it: images by key, every value decided beforehand. */
export function planAsJson(report: Report, explanation?: Explanation): unknown {
  const { plan } = report;
  if (plan === undefined) return undefined;
  return {
    source: plan.source,
    publish: plan.publish,
    images: Object.fromEntries(plan.images.map((image) => [image.key, imageAsJson(image)])),
    deploy: plan.deploy.map(({ target, ...deploy }) => {
      const { kustomization, repository, mode, pin } = target;
      const settings = { kustomization, repository, mode: mode === 'commit' ? mode : 'pull-request', pin };
      if (deploy.status === 'skip') return { ...settings, ...deploy };
      const { status, branch, channel, images } = deploy;
      return { ...settings, status, branch, channel, images };
    }),
    ...(explanation !== undefined && { explanation }),
    warnings: report.warnings,
  };
}

/** The record of inputs is for machines, and long: `plan --explain` shows it. */
function imageAsJson({ key: _, ...image }: PlannedImage): unknown {
  const { [RECORD_ANNOTATION]: __, ...annotations } = image.annotations;
  return { ...image, annotations };
}

/** The whole report as `--json` prints it. */
export function reportAsJson(report: Report): unknown {
  return {
    outcome: report.outcome,
    source: report.plan?.source,
    images: imageOutputs(report),
    deployments: report.deployments,
    ...(report.live && { live: liveList(report.live) }),
    warnings: report.warnings,
    seconds: Math.round(report.seconds * 10) / 10,
  };
}

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
