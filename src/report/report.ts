import type { BuildResult } from '../build/built.js';
import type { Deployment } from '../deploy/deployment.js';
import type { Problem } from '../lib/errors.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import type { PublishedImage } from '../registry/published.js';

/** What a run did, as far as it came: the one value that every output, page and line is made from. */
export interface Report {
  outcome: Outcome;
  plan?: Plan;
  warnings: Problem[];
  build?: BuildResult;
  published: PublishedImage[];
  deployments: Deployment[];
  /** Wall time of the whole run, seconds. */
  seconds: number;
}

export type Outcome =
  /** Published, and rolled out where configured. */
  | { status: 'released' }
  /** Images that were published before were rolled out; `images` are their keys. */
  | { status: 'rolled-out'; images: string[] }
  /** Built to prove that it builds; nothing was pushed. */
  | { status: 'built' }
  /** A dry run: nothing was done. */
  | { status: 'planned' }
  | { status: 'nothing'; reason: string }
  | { status: 'failed'; problems: readonly Problem[]; stage: Stage }
  /** `problems`: what could not be undone; `while`: how far the rollout came, in its own words. */
  | { status: 'cancelled'; stage: Stage; problems: readonly Problem[]; while?: string };

/** The report of a run that has done nothing yet. */
export function emptyReport(outcome: Outcome): Report {
  return { outcome, warnings: [], published: [], deployments: [], seconds: 0 };
}

export type Stage = 'plan' | 'preflight' | 'build' | 'publish' | 'deploy';

/** Row of the report for one image, whatever stage it reached. */
export interface ImageRow {
  key: string;
  image: string;
  status: 'published' | 'built' | 'planned' | 'failed' | 'not published';
  /** Put, or in a dry run planned. */
  tags: string[];
  releaseTag?: string;
  digest?: string;
  platforms: string[];
  /** Compressed, all platforms, bytes. */
  size?: number;
  seconds?: number;
  steps?: { total: number; cached: number };
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
  const published = report.published.find(({ key }) => key === planned.key);
  return {
    key: planned.key,
    image: planned.image,
    platforms: planned.platforms,
    sbomDigests: [],
    provenanceDigests: [],
    ...(published && rowOf(published)),
    tags: published?.tags ?? (report.outcome.status === 'planned' ? planned.tags : []),
    releaseTag: planned.releaseTag,
    digest: published?.digest,
    seconds: built?.seconds,
    steps: built?.steps,
    status: statusOf(report, planned.key),
  };
}

function rowOf(image: PublishedImage): Omit<ImageRow, 'status'> {
  const packages = image.platforms.map(({ sbom }) => sbom?.packages);
  return {
    key: image.key,
    image: image.image,
    tags: image.tags,
    releaseTag: image.releaseTag,
    digest: image.digest,
    platforms: image.platforms.map(({ platform }) => platform),
    size: image.platforms.reduce((sum, { size }) => sum + size, 0) || undefined,
    sbomPackages: packages.some((count) => count !== undefined)
      ? Math.max(...packages.map((count) => count ?? 0))
      : undefined,
    sbomDigests: image.platforms.flatMap(({ sbom }) => sbom?.digest ?? []),
    provenanceDigests: image.platforms.flatMap(({ provenance }) => provenance?.digest ?? []),
  };
}

function statusOf(report: Report, key: string): ImageRow['status'] {
  if (report.published.some((image) => image.key === key)) return 'published';
  const { outcome } = report;
  if (outcome.status === 'built') return 'built';
  if (outcome.status === 'planned') return 'planned';
  if (outcome.status === 'failed' && outcome.problems.some((problem) => problem.image === key))
    return 'failed';
  return 'not published';
}

/** What went wrong, where something did. */
export function problemsIn({ outcome }: Report): readonly Problem[] {
  return outcome.status === 'failed' || outcome.status === 'cancelled' ? outcome.problems : [];
}

/** The sentence that answers the reader before any table does. */
export function headline(report: Report): string {
  const { outcome } = report;
  const names = listOf(imageRows(report).map(({ key }) => key));
  switch (outcome.status) {
    case 'released':
      return RELEASED[rollout(report)](names);
    case 'rolled-out':
      return ROLLED_OUT[rollout(report)](listOf(outcome.images));
    case 'built':
      return `Built ${names}; nothing was pushed.`;
    case 'planned':
      return `Would ${names ? `release ${names}` : `roll out ${listOf(targeted(report))}`}; nothing was done (dry run).`;
    case 'nothing':
      return `Nothing to do: ${outcome.reason}.`;
    case 'failed':
      return [FAILED_AT[outcome.stage], ...afterFailure(report, outcome.stage)].join(' ');
    case 'cancelled':
      if (outcome.while !== undefined) return `Cancelled while ${outcome.while}.`;
      return [`Cancelled during ${outcome.stage}.`, ...afterFailure(report, outcome.stage)].join(' ');
  }
}

const FAILED_AT: Record<Stage, string> = {
  plan: 'Nothing was done: the plan can’t be made.',
  preflight: 'Nothing was done: the release would have failed.',
  build: 'The build failed.',
  publish: 'The images were built but not published.',
  deploy: 'The images are published but not rolled out.',
};

/** Keys of the images that some target gets. */
function targeted({ plan }: Report): string[] {
  const keys = (plan?.deploy ?? []).flatMap((item) => (item.status === 'deploy' ? item.images : []));
  return keys.length === 0 ? ['nothing'] : [...new Set(keys)];
}

type Sentence = (names: string) => string;

const RELEASED: Record<Deployment['status'], Sentence> = {
  committed: (names) => `Published and rolled out ${names}.`,
  unchanged: (names) => `Published ${names}; already rolled out.`,
  skipped: (names) => `Published ${names}.`,
};

const ROLLED_OUT: Record<Deployment['status'], Sentence> = {
  committed: (names) => `Rolled out ${names}.`,
  unchanged: (names) => `Nothing to do: already rolled out ${names}.`,
  skipped: (names) => `Did not roll out ${names}.`,
};

/** What became of the deploy targets as a whole; without any, as if all were skipped. */
function rollout({ deployments }: Report): Deployment['status'] {
  const order = ['committed', 'unchanged'] as const;
  return order.find((wanted) => deployments.some(({ status }) => status === wanted)) ?? 'skipped';
}

function afterFailure(report: Report, stage: Stage): string[] {
  if (stage === 'plan' || stage === 'preflight') return [];
  if (problemsIn(report).some(({ code }) => code === 'registry/tags-left'))
    return ['Not every tag could be put back, see below.'];
  if (report.deployments.some(({ status }) => status === 'committed'))
    return ['Some targets were rolled out, see below.'];
  return report.published.length > 0
    ? ['What is deployed has not changed.']
    : ['No moving tag was put and what is deployed has not changed.'];
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
