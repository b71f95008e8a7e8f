import type { Deployment } from '../deploy/deployment.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import { describeCacheMounts } from './cache-mounts.js';
import { formatBytes, formatSeconds, shortDigest } from './format.js';
import { renderGantt } from './gantt.js';
import { headline } from './headline.js';
import { describeHeld } from './held.js';
import { imageRows, problemsIn, type ImageRow, type Report } from './report.js';
import { describeSuperseded, placeOf } from './rollout.js';

const ICON: Record<ImageRow['status'], string> = {
  published: '✅ published',
  superseded: '⏭️ published, superseded',
  built: '✅ built',
  unchanged: '♻️ unchanged',
  planned: '📋 planned',
  failed: '❌ failed',
  'not published': '⏸️ not published',
};

/** The job summary in GitHub-flavoured Markdown. GitHub keeps at most 1 MiB of it; details are bounded here. */
export function renderSummary(report: Report): string {
  const rows = imageRows(report);
  const problems = problemsIn(report);
  const blocks = [
    `## ${headline(report)}`,
    sourceLine(report),
    ...problems.map(renderProblem),
    rows.length > 0 ? renderTable(rows) : '',
    ...report.deployments.map(renderDeployment),
    ...skippedDeploys(report),
    renderGantt(report),
    renderNextSteps(report, rows),
    ...report.warnings.map(renderProblem),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function sourceLine(report: Report): string {
  const source = report.plan?.source;
  if (source === undefined) return '';
  const commit = source.commit.slice(0, 7);
  const linked = source.url?.startsWith('http')
    ? `[\`${commit}\`](${source.url}/commit/${source.commit})`
    : `\`${commit}\``;
  const ref =
    source.ref.type === 'branch' || source.ref.type === 'tag'
      ? ` (${source.ref.type} \`${source.ref.name}\`)`
      : '';
  return `From commit ${linked}${ref}, in ${formatSeconds(report.seconds)}.`;
}

function renderTable(rows: readonly ImageRow[]): string {
  const columns: [string, (row: ImageRow) => string][] = [
    ['Image', (row) => `**${cell(row.key)}**<br>\`${row.image}\``],
    ['Status', (row) => ICON[row.status]],
    ['Why', (row) => (row.reason === undefined ? '–' : cell(row.reason))],
    ['Tags', tagsCell],
    ['Digest', (row) => (row.digest === undefined ? '–' : `\`${shortDigest(row.digest)}\``)],
    ['Platforms', (row) => row.platforms.map((platform) => `\`${platform}\``).join('<br>') || '–'],
    ['Size', (row) => (row.size === undefined ? '–' : formatBytes(row.size))],
    ['Time', (row) => (row.seconds === undefined ? '–' : formatSeconds(row.seconds))],
    ['Cached steps', (row) => (row.steps === undefined ? '–' : `${row.steps.cached} of ${row.steps.total}`)],
    ['Cache mounts', (row) => (row.cacheMounts === undefined ? '–' : describeCacheMounts(row.cacheMounts))],
    ['SBOM', (row) => (row.sbomPackages === undefined ? '–' : `${row.sbomPackages} packages`)],
  ];
  const used = columns.filter(
    ([title, value]) => title === 'Image' || rows.some((row) => value(row) !== '–'),
  );
  return [
    `| ${used.map(([title]) => title).join(' | ')} |`,
    `|${used.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${used.map(([, value]) => value(row)).join(' | ')} |`),
  ].join('\n');
}

function tagsCell({ tags, held }: ImageRow): string {
  const lines = [
    ...tags.map((tag) => `\`${tag}\``),
    ...held.map((tag) => `<sub>${cell(describeHeld(tag))}</sub>`),
  ];
  return lines.join('<br>') || '–';
}

function renderDeployment(deployment: Deployment): string {
  if (deployment.status === 'skipped')
    return `### Not rolled out: \`${deployment.kustomization}\`\n\n${sentence(deployment.reason)}`;
  return [titleOf(deployment), diffOf(deployment), supersededList(deployment)]
    .filter((part) => part !== '')
    .join('\n\n');
}

type Rollout = Exclude<Deployment, { status: 'skipped' }>;

function titleOf(deployment: Rollout): string {
  const where = `\`${deployment.kustomization}\` on \`${placeOf(deployment)}\``;
  switch (deployment.status) {
    case 'committed': {
      const commit = `\`${deployment.commit.slice(0, 7)}\``;
      return `### Rolled out: ${where} by ${deployment.url === undefined ? commit : `[${commit}](${deployment.url})`}`;
    }
    case 'proposed': {
      const { number, url } = deployment.pullRequest;
      return `### ${PROPOSED[deployment.state]}: ${where} by [#${number}](${url})`;
    }
    case 'unchanged':
      return `### Already rolled out: ${where} names these images`;
    case 'superseded':
      return `### Superseded: ${where} keeps what is newer`;
  }
}

const PROPOSED = {
  open: 'Proposed',
  waiting: 'Merges when the rules allow',
  merged: 'Rolled out',
  closed: 'Rejected: the pull request was closed',
} as const;

function diffOf(deployment: Rollout): string {
  return 'diff' in deployment ? fenced('diff', deployment.diff) : '';
}

function supersededList({ superseded }: Rollout): string {
  return superseded.map((image) => `- ${inline(describeSuperseded(image))}`).join('\n');
}

function skippedDeploys(report: Report): string[] {
  if (report.deployments.length > 0) return [];
  return (report.plan?.deploy ?? []).map((deploy) =>
    deploy.status === 'skip'
      ? `### Not rolled out: \`${deploy.target.kustomization}\`\n\n${sentence(deploy.reason)}`
      : report.outcome.status === 'planned'
        ? `### Would roll out: \`${deploy.target.kustomization}\` on \`${deploy.branch}\``
        : '',
  );
}

function renderNextSteps(report: Report, rows: readonly ImageRow[]): string {
  const published = rows.filter(({ digest }) => digest !== undefined);
  if (published.length === 0) return '';
  const rollBack = rollBackCommands(report);
  return [
    `<details><summary>Verify${rollBack.length > 0 ? ' and roll back' : ''}</summary>`,
    fenced(
      'sh',
      [
        ...published.map(({ image, digest }) => `docker buildx imagetools inspect ${image}@${digest}`),
        ...rollBack,
      ].join('\n'),
    ),
    '</details>',
  ].join('\n\n');
}

/** One per channel that has changed; in a clone of the repository. */
function rollBackCommands(report: Report): string[] {
  const channels = new Map<string, Set<string>>();
  for (const deployment of report.deployments) {
    if (!('changes' in deployment)) continue;
    const keys = channels.get(deployment.channel) ?? new Set();
    for (const { key } of deployment.changes) keys.add(key);
    channels.set(deployment.channel, keys);
  }
  return [...channels].map(
    ([channel, keys]) => `image-release rollback ${[...keys].join(' ')} --channel ${channel}`,
  );
}

function renderProblem(problem: Problem): string {
  const alert = problem.severity === 'error' ? 'CAUTION' : 'WARNING';
  const place = problem.place === undefined ? '' : ` \`${formatPlace(problem.place)}\``;
  const lines = [
    `[!${alert}]`,
    `**${inline(problem.message)}**${place}`,
    '',
    `${inline(problem.fix)} <sub>${problem.code}</sub>`,
  ];
  const quoted = lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
  return problem.detail === undefined ? quoted : `${quoted}\n\n${fenced('text', problem.detail)}`;
}

const MAX_BLOCK = 60_000;

function fenced(language: string, text: string): string {
  const bounded = text.length > MAX_BLOCK ? `${text.slice(0, MAX_BLOCK)}\n…` : text;
  const longest = Math.max(2, ...[...bounded.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${bounded.replace(/\n+$/, '')}\n${fence}`;
}

function cell(text: string): string {
  return inline(text).replaceAll('|', '\\|');
}

function inline(text: string): string {
  return text.replaceAll(/\r?\n/g, ' ').replaceAll('<', '&lt;');
}

function sentence(text: string): string {
  return inline(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}
