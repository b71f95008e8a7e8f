import type { PlannedImage } from '../../plan/plan.js';
import type { PublishedPlatform } from '../../registry/published-image.js';
import { describeCacheMounts, describeHeld } from '../describe.js';
import { counted } from '../../lib/counted.js';
import { formatBytes, formatChange, formatSeconds, shortDigest } from '../format.js';
import { imageRows, listOf, type ImageRow, type Report } from '../report.js';
import { linksOf, type Links } from './links.js';
import { breakable, breakableCell, cell, folded, link, small, stacked, table, type Column } from './markdown.js';

const RESULT: Record<ImageRow['status'], string> = {
  published: '✅ published',
  superseded: '⏭️ published, superseded',
  built: '✅ built',
  unchanged: '♻️ unchanged',
  planned: '📋 planned',
  failed: '❌ failed',
  'not published': '⏸️ not published',
};

/** Unchanged images beyond this number are folded: they are not what one looks for. */
const MOST_UNCHANGED = 3;

interface TableRow extends ImageRow {
  planned?: PlannedImage;
  measured: readonly PublishedPlatform[];
  links: Links;
  commit?: string;
  /** If it differs from that of the other images. */
  ownTag?: string;
}

/** The tag that all images have got from this release. */
export function sharedTag(report: Report): string | undefined {
  const [first, ...others] = imageRows(report).map(({ tags }) => tags[0]);
  return others.every((tag) => tag === first) ? first : undefined;
}

/** The result per image; rarely needed parts are folded. */
export function renderImages(report: Report): string[] {
  const rows = imageRows(report).map((row) => withContext(report, row));
  const unchanged = rows.filter(({ status }) => status === 'unchanged');
  const folds = unchanged.length > MOST_UNCHANGED;
  const shown = folds ? rows.filter(({ status }) => status !== 'unchanged') : rows;
  const keys = listOf(unchanged.map(({ key }) => cell(key)));
  return [
    ...(shown.length > 0 ? [table(COLUMNS, shown)] : []),
    ...(folds ? [folded(`♻️ ${unchanged.length} unchanged: ${keys}`, table(COLUMNS, unchanged))] : []),
    ...(rows.some(({ digest }) => digest !== undefined)
      ? [folded('Names, tags, platforms', table(DETAILS, rows))]
      : []),
  ];
}

function withContext(report: Report, row: ImageRow): TableRow {
  const { plan, published } = report;
  return {
    ...row,
    planned: plan?.images.find(({ key }) => key === row.key),
    measured: published.find(({ key }) => key === row.key)?.platforms ?? [],
    links: linksOf(plan?.source),
    commit: plan?.source.commit,
    ownTag: sharedTag(report) === undefined ? row.tags[0] : undefined,
  };
}

const SOURCE_LABEL = 'org.opencontainers.image.source';

/** Few columns of several lines each: a table that is wider than a telephone is hard to read there. */
const COLUMNS: Column<TableRow>[] = [
  {
    title: 'Image',
    value: (row) =>
      stacked(
        `**${link(cell(row.key), row.digest && row.links.image(row.image, row.planned?.labels[SOURCE_LABEL]))}**`,
        row.ownTag === undefined ? undefined : breakable(row.ownTag),
        row.digest === undefined ? undefined : small(breakableDigest(row.digest)),
      ),
  },
  { title: 'Result', value: (row) => stacked(RESULT[row.status], why(row)) },
  {
    title: 'Size',
    value: (row) =>
      stacked(
        row.size === undefined ? undefined : unbroken(formatBytes(row.size)),
        row.growth === undefined ? undefined : small(unbroken(formatChange(row.growth))),
        row.sbomPackages === undefined ? undefined : small(counted(row.sbomPackages, 'package')),
      ),
  },
  {
    title: 'Time',
    value: (row) =>
      stacked(
        row.seconds === undefined ? undefined : unbroken(formatSeconds(row.seconds)),
        row.steps === undefined ? undefined : small(`${row.steps.cached} of ${row.steps.total} steps cached`),
      ),
  },
];

const DETAILS: Column<TableRow>[] = [
  {
    title: 'Name and tags',
    value: ({ image, tags, held }) =>
      stacked(
        breakable(image),
        ...tags.map((tag) => breakable(`:${tag}`)),
        ...held.map((tag) => small(cell(describeHeld(tag)))),
      ),
  },
  {
    title: 'Platforms',
    value: ({ platforms, measured }) =>
      stacked(
        ...platforms.map((platform) => {
          const size = measured.find((each) => each.platform === platform)?.size;
          const amount = size === undefined || platforms.length === 1 ? '' : ` ${unbroken(formatBytes(size))}`;
          return `${breakable(platform)}${amount}`;
        }),
        measured.some(({ sbom }) => sbom !== undefined) ? small('SBOM') : undefined,
        measured.some(({ provenance }) => provenance !== undefined) ? small('provenance') : undefined,
      ),
  },
  {
    title: 'Dockerfile',
    value: ({ planned, commit, links }) => {
      if (planned === undefined || commit === undefined || planned.dockerfileInline !== undefined) return undefined;
      const file = planned.dockerfile;
      return link(breakable(file), links.file({ file }, commit));
    },
  },
  {
    title: 'Cache mounts',
    value: ({ cacheMounts }) => (cacheMounts === undefined ? undefined : describeCacheMounts(cacheMounts)),
  },
];

/** Why it was built, or was not, with a link to what has changed since. */
function why({ reason, builtFrom, previous, planned, status, commit, links }: TableRow): string | undefined {
  if (reason === undefined) return undefined;
  const words = planned?.status === 'unchanged' && status !== 'unchanged' ? `unchanged ${reason}` : reason;
  const since = builtFrom ?? previous?.commit;
  const isCommit = since !== undefined && /^[0-9a-f]{7,64}$/.test(since);
  const changes = isCommit && commit !== undefined ? links.compare(since, commit) : undefined;
  return small(link(breakableCell(words), changes));
}

/** Numbers and their units stay together. */
function unbroken(text: string): string {
  return text.replaceAll(/ (?=[^\d(])/g, '\u00a0');
}

/** `sha256:1f2e3d4c5b6a`, on up to three lines. */
function breakableDigest(digest: string): string {
  const [algorithm, hex = ''] = shortDigest(digest).split(':');
  return `<code>${algorithm}:<wbr>${hex.slice(0, 6)}<wbr>${hex.slice(6)}</code>`;
}
