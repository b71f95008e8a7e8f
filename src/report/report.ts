import type { BuildResult, MountReport } from '../builders/built.js';
import type { Deployment } from '../deploy/target.js';
import { failure, messageOf, ReleaseError, type Problem } from '../lib/errors.js';
import type { Comparison } from '../plan/decide-builds.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import type { SkippedTag, PublishedImage } from '../registry/published-image.js';
import type { LiveReport } from './running.js';
import { exitCodeFor } from '../lib/problem-catalogue.js';

/** The result of a run, as far as it came: the one value behind every output, page, and line. */
export interface Report {
  outcome: Outcome;
  /** What the channel `from` runs is deployed to `to`; `before` and `after` are tags. */
  promotion?: { from: string; to: string; images: readonly { key: string; before?: string; after: string }[] };
  plan?: Plan;
  /** The inputs of the images, and the published ones. */
  comparison?: Comparison;
  warnings: Problem[];
  build?: BuildResult;
  published: PublishedImage[];
  deployments: Deployment[];
  /** Live status after the deployment; undefined: nobody has waited for it. */
  live?: LiveReport;
  /** Wall time of the whole run, seconds. */
  seconds: number;
}

export type Outcome =
  /** Published, and rolled out where configured. */
  | { status: 'released' }
  /** Pushed by digest, verified, and left without tags to the job that joins the platforms. */
  | { status: 'pushed' }
  /** Images that were published before were rolled out; `images` are their keys. */
  | { status: 'rolled-out'; images: string[] }
  /** Built to prove that it builds without pushing. */
  | { status: 'built' }
  /** A dry run: nothing was done. */
  | { status: 'planned' }
  | { status: 'nothing'; reason: string }
  /** The user was asked, and did not confirm. */
  | { status: 'declined' }
  | { status: 'failed'; problems: readonly Problem[]; stage: Stage }
  /** `problems`: what could not be undone; `while`: how far the rollout came, in its own words. */
  | { status: 'cancelled'; stage: Stage; problems: readonly Problem[]; while?: string };

/** The report of a run that has done nothing yet. */
export function emptyReport(outcome: Outcome): Report {
  return { outcome, warnings: [], published: [], deployments: [], seconds: 0 };
}

export type Stage = 'plan' | 'preflight' | 'build' | 'publish' | 'deploy' | 'wait';

/** Row of the report for one image, whatever stage it reached. */
export interface ImageRow {
  key: string;
  image: string;
  /**
   * `built`: and published, where it has a digest · `unchanged`: what was published before is used again ·
   * `superseded`: published, but nowhere deployed, because something newer is.
   */
  status: 'built' | 'unchanged' | 'superseded' | 'published' | 'planned' | 'failed' | 'not published';
  /** Why it was built, or was not: a clause without full stop. */
  reason?: string;
  fingerprint?: string;
  /** Commit of the build, where an earlier one is used again. */
  builtFrom?: string;
  /** Put, or in a dry run planned. */
  tags: string[];
  /** Tags that were left to another release. */
  held: SkippedTag[];
  releaseTag?: string;
  digest?: string;
  platforms: string[];
  /** Compressed, all platforms, bytes. */
  size?: number;
  /** The release before, where another digest is published now. */
  previous?: { tag: string; commit?: string };
  /** Compressed bytes then and now of the platforms that both have. */
  growth?: { before: number; after: number };
  seconds?: number;
  steps?: { total: number; cached: number };
  cacheMounts?: MountReport;
  sbomPackages?: number;
  sbomDigests: string[];
  provenanceDigests: string[];
}

/** One row per image of the release, in the order of the configuration. */
export function imageRows(report: Report): ImageRow[] {
  const planned = report.plan?.images ?? [];
  if (planned.length > 0) return planned.map((image) => rowOfPlanned(report, image));
  return report.published.map((image) => ({ ...rowOf(image), status: 'published' }));
}

function rowOfPlanned(report: Report, planned: PlannedImage): ImageRow {
  const built = report.build?.images.find(({ key }) => key === planned.key);
  // Platforms merged from builds of other jobs were not measured here.
  const measured = built !== undefined && built.steps.total > 0 ? built : undefined;
  const published = report.published.find(({ key }) => key === planned.key);
  return {
    ...{ key: planned.key, image: planned.image, platforms: planned.platforms },
    ...{ held: [], sbomDigests: [], provenanceDigests: [] },
    ...(published && rowOf(published)),
    tags: published?.tags ?? (report.outcome.status === 'planned' ? planned.tags : []),
    ...(report.outcome.status !== 'pushed' && { releaseTag: planned.releaseTag }),
    digest: published?.digest,
    seconds: measured?.seconds,
    steps: measured?.steps,
    cacheMounts: built?.cacheMounts,
    status: statusOf(report, planned),
    reason: planned.reason,
    fingerprint: planned.fingerprint,
    ...comparedWithPrevious(report, planned, published),
    ...(planned.status === 'unchanged' && { builtFrom: planned.since.commit }),
  };
}

function comparedWithPrevious(
  { comparison }: Report,
  { key, status }: PlannedImage,
  published: PublishedImage | undefined,
): Pick<ImageRow, 'previous' | 'growth'> {
  const previous = comparison?.baselines[key]?.previous;
  if (previous === undefined || status === 'unchanged' || previous.digest === published?.digest) return {};
  const { tag, commit, sizes } = previous;
  const both = (published?.platforms ?? []).flatMap(({ platform, size }) => {
    const before = sizes[platform];
    return before === undefined ? [] : { before, after: size };
  });
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const growth = { before: sum(both.map(({ before }) => before)), after: sum(both.map(({ after }) => after)) };
  return { previous: { tag, commit }, ...(both.length > 0 && { growth }) };
}

function rowOf({ key, image, tags, skippedTags: held, releaseTag, digest, platforms }: PublishedImage) {
  const sboms = platforms.flatMap(({ sbom }) => sbom ?? []);
  return {
    ...{ key, image, tags, held, releaseTag, digest },
    platforms: platforms.map(({ platform }) => platform),
    size: platforms.reduce((sum, { size }) => sum + size, 0) || undefined,
    sbomPackages: sboms.length > 0 ? Math.max(...sboms.map(({ packages }) => packages)) : undefined,
    sbomDigests: sboms.map((sbom) => sbom.digest),
    provenanceDigests: platforms.flatMap(({ provenance }) => provenance?.digest ?? []),
  };
}

function statusOf(report: Report, { key, status }: PlannedImage): ImageRow['status'] {
  if (supersededKeys(report).includes(key)) return 'superseded';
  const done = status === 'build' ? 'built' : 'unchanged';
  if (report.published.some((image) => image.key === key)) return done;
  const { outcome } = report;
  if (outcome.status === 'built') return done;
  if (outcome.status === 'planned') return 'planned';
  if (outcome.status === 'failed' && outcome.problems.some((problem) => problem.image === key)) return 'failed';
  return 'not published';
}

/** Keys of the images that no target took, because a newer release or a rollback is deployed. */
export function supersededKeys({ deployments }: Report): string[] {
  const taken = new Set(deployments.flatMap((item) => (item.status === 'skipped' ? [] : item.images)));
  const left = deployments.flatMap((item) => (item.status === 'skipped' ? [] : item.superseded));
  return [...new Set(left.map(({ key }) => key))].filter((key) => !taken.has(key));
}

export function problemsIn({ outcome, live }: Report): readonly Problem[] {
  return outcome.status === 'failed' || outcome.status === 'cancelled' ? outcome.problems : (live?.problems ?? []);
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Nothing was rolled out, because what is deployed is newer: for scripts that go on after a rollout. */
export const SUPERSEDED = 3;

/** 0 done, 1 failed, 2 usage or configuration, 3 superseded or refused by order, 130 cancelled. */
export function exitCodeOf(report: Report): number {
  const { outcome } = report;
  switch (outcome.status) {
    case 'failed':
      return exitCodeFor(outcome.problems.map(({ code }) => code));
    case 'cancelled':
      return 130;
    case 'released':
    case 'rolled-out':
      if (problemsIn(report).length > 0) return exitCodeFor(problemsIn(report).map(({ code }) => code));
      return report.deployments.some(({ status }) => status !== 'skipped' && status !== 'superseded') ||
        supersededKeys(report).length === 0
        ? 0
        : SUPERSEDED;
    default:
      return 0;
  }
}

/** What went wrong, as problems; what nobody foresaw becomes one with its stack. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ReleaseError) return error.problems;
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return failure({
      code: 'build/no-space',
      message: `The disk is full${path === undefined ? '' : `: ${path} can't be written`}.`,
      fix: 'Free space in the temporary folder (TMPDIR), or point it to another disk.',
    }).problems;
  return failure({
    code: 'internal/unexpected',
    message: `This program failed in a way that nobody foresaw: ${messageOf(error)}`,
    fix: 'Run again. When it persists, open an issue at https://github.com/ardenone/image-release/issues with these lines.',
    detail: error instanceof Error ? error.stack : undefined,
  }).problems;
}

/** The report of a run that ended before there was a plan. */
export function failedReport(error: unknown): Report {
  return emptyReport({ status: 'failed', stage: 'plan', problems: problemsOf(error) });
}
