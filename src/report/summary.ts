import type { Deployment } from '../deploy/deployment.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import { formatBytes, formatSeconds, shortDigest } from './format.js';
import { renderGantt } from './gantt.js';
import { headline, imageRows, problemsIn, type ImageRow, type Report } from './report.js';

const ICON: Record<ImageRow['status'], string> = {
  published: '✅ published',
  built: '✅ built',
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
    ['Tags', (row) => (row.tags.length > 0 ? row.tags.map((tag) => `\`${tag}\``).join('<br>') : '–')],
    ['Digest', (row) => (row.digest === undefined ? '–' : `\`${shortDigest(row.digest)}\``)],
    ['Platforms', (row) => row.platforms.map((platform) => `\`${platform}\``).join('<br>') || '–'],
    ['Size', (row) => (row.size === undefined ? '–' : formatBytes(row.size))],
    ['Time', (row) => (row.seconds === undefined ? '–' : formatSeconds(row.seconds))],
    ['Cached steps', (row) => (row.steps === undefined ? '–' : `${row.steps.cached} of ${row.steps.total}`)],
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

function renderDeployment(deployment: Deployment): string {
  switch (deployment.status) {
    case 'committed': {
      const commit = `\`${deployment.commit.slice(0, 7)}\``;
      const linked = deployment.url === undefined ? commit : `[${commit}](${deployment.url})`;
      return [
        `### Rolled out: \`${deployment.kustomization}\` on \`${deployment.branch}\` by ${linked}`,
        fenced('diff', deployment.diff),
      ].join('\n\n');
    }
    case 'unchanged':
      return `### Already rolled out: \`${deployment.kustomization}\` on \`${deployment.branch}\` names these images`;
    case 'skipped':
      return `### Not rolled out: \`${deployment.kustomization}\`\n\n${sentence(deployment.reason)}`;
  }
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
  const published = rows.filter(({ status, digest }) => status === 'published' && digest !== undefined);
  if (published.length === 0) return '';
  const commits = report.deployments.flatMap((deployment) =>
    deployment.status === 'committed' ? [{ commit: deployment.commit, branch: deployment.branch }] : [],
  );
  const unique = [...new Map(commits.map((entry) => [entry.commit, entry])).values()];
  return [
    `<details><summary>Verify${unique.length > 0 ? ' and roll back' : ''}</summary>`,
    fenced(
      'sh',
      [
        ...published.map(({ image, digest }) => `docker buildx imagetools inspect ${image}@${digest}`),
        ...unique.map(({ commit, branch }) => rollBackCommand(commit, branch)),
      ].join('\n'),
    ),
    '</details>',
  ].join('\n\n');
}

/** Works in any clone. Without `[skip ci]` the push would start a release, which deploys the same source again. */
function rollBackCommand(commit: string, branch: string): string {
  return [
    `# Back to the tags before ${commit.slice(0, 7)}, without releasing again:`,
    `git fetch origin ${branch} && git switch --detach FETCH_HEAD &&`,
    `  git revert --no-edit ${commit} &&`,
    `  git commit --amend --message 'Roll back ${commit.slice(0, 7)} [skip ci]' &&`,
    `  git push origin HEAD:${branch}`,
  ].join('\n');
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
