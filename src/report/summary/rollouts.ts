import type { Deployment, SupersededImage } from '../../deploy/target.js';
import type { Report } from '../report.js';
import { describeSuperseded, placeOf } from '../describe.js';
import { linksOf, type Links } from './links.js';
import { fenced, folded, inline, link, sentence } from './markdown.js';

/** Longer diffs are folded. */
const MOST_LINES = 40;

type Rollout = Exclude<Deployment, { status: 'skipped' }>;

/** The result per Kustomization, including those that nothing was tried with. */
export function renderRollouts(report: Report, limit: number): string[] {
  const links = linksOf(report.plan?.source);
  if (report.deployments.length > 0)
    return report.deployments.map((deployment) => renderRollout(deployment, links, limit));
  return (report.plan?.deploy ?? []).flatMap((deploy) => {
    if (deploy.status === 'skip') return notRolledOut(deploy.target.kustomization, deploy.reason);
    if (report.outcome.status !== 'planned') return [];
    return `### Would deploy: \`${deploy.target.kustomization}\` on \`${deploy.branch}\``;
  });
}

function renderRollout(deployment: Deployment, links: Links, limit: number): string {
  if (deployment.status === 'skipped') return notRolledOut(deployment.kustomization, deployment.reason);
  const superseded = deployment.superseded.map((image) => `- ${describe(image, links)}`).join('\n');
  return [titleOf(deployment, links), diffOf(deployment, limit), superseded].filter((part) => part !== '').join('\n\n');
}

function notRolledOut(kustomization: string, reason: string): string {
  return `### Not deployed: \`${kustomization}\`\n\n${sentence(reason)}`;
}

function titleOf(deployment: Rollout, links: Links): string {
  const where = whereOf(deployment, links);
  switch (deployment.status) {
    case 'committed': {
      const commit = link(`\`${deployment.commit.slice(0, 7)}\``, deployment.url);
      return `### Deployed: ${where} by ${commit}`;
    }
    case 'proposed': {
      const { number, url } = deployment.pullRequest;
      return `### ${PROPOSED[deployment.state]}: ${where} by [#${number}](${url})`;
    }
    case 'unchanged':
      return `### Already deployed: ${where} names ${deployment.images.length === 1 ? 'this image' : 'these images'}`;
    case 'superseded':
      return `### Superseded: ${where} keeps a newer release`;
  }
}

const PROPOSED = {
  open: 'Proposed',
  waiting: 'Merges when the rules allow',
  merged: 'Deployed',
  closed: 'Rejected: the pull request was closed',
} as const;

/** The file as this run left it, at the first line that it changed. */
function whereOf(deployment: Rollout, links: Links): string {
  const { kustomization, repository, branch } = deployment;
  const at = 'commit' in deployment ? deployment.commit : branch;
  const line = 'diff' in deployment ? firstChange(deployment.diff) : undefined;
  const file = links.file({ file: fileOf(deployment), ...(line && { line }) }, at, repository);
  return `${link(`\`${kustomization}\``, file)} on ${link(`\`${placeOf(deployment)}\``, links.branch(branch, repository))}`;
}

/** A folder may be configured; the diff names the file in it. */
function fileOf(deployment: Rollout): string {
  const diff = 'diff' in deployment ? deployment.diff : '';
  return /^\+\+\+ (?:b\/)?([^\t\n]+)/m.exec(diff)?.[1] ?? deployment.kustomization;
}

function firstChange(diff: string): number | undefined {
  const hunk = /^@@ -\S+ \+(\d+)(?:,\d+)? @@.*\n([\s\S]*)/m.exec(diff);
  if (hunk === null) return undefined;
  const before = (hunk[2] ?? '').split('\n').findIndex((line) => !line.startsWith(' '));
  return Number(hunk[1]) + Math.max(0, before);
}

function diffOf(deployment: Rollout, limit: number): string {
  if (!('diff' in deployment) || deployment.diff === '') return '';
  const block = fenced('diff', deployment.diff, limit);
  const { length } = deployment.diff.trimEnd().split('\n');
  const { changes } = deployment;
  return length > MOST_LINES ? folded(`Changes: ${changes.length} entries`, block) : block;
}

/** A link to the release that is deployed instead. */
function describe(image: SupersededImage, links: Links): string {
  const { commit, run } = image.by.source ?? {};
  const pages = [
    ...(commit === undefined ? [] : [link(`commit \`${commit.slice(0, 7)}\``, links.commit(commit))]),
    ...(run === undefined ? [] : [link(`run ${run}`, links.run(run))]),
  ];
  return [inline(describeSuperseded(image)), ...(pages.length > 0 ? [`See ${pages.join(', ')}.`] : [])].join(' ');
}
