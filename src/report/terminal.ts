import { plainText } from '../lib/foreign-text.js';
import type { Deployment } from '../deploy/deployment.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import { exitCodeOf, SUPERSEDED } from './exit-code.js';
import { describeCacheMounts } from './cache-mounts.js';
import { formatBytes, formatChange, formatSeconds } from './format.js';
import { headline } from './headline.js';
import { describeHeld } from './held.js';
import { imageRows, problemsIn, type ImageRow, type Report } from './report.js';
import { describeSuperseded, placeOf } from './rollout.js';

/** Styles a piece of text; `plainStyle` leaves it as it is. */
export interface Style {
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  /** Breaks a line of prose where it is too wide; what follows the first stands `hanging` columns further in. */
  fit(line: string, hanging: number): string;
}

const same = (text: string) => text;
export const plainStyle: Style = { strong: same, good: same, bad: same, faint: same, fit: same };

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const colourStyle: Style = { strong: sgr(1), good: sgr(32), bad: sgr(31), faint: sgr(2), fit: same };

/** Why an image isn't there, what was done, where it is now: for a person at a terminal. */
export function renderReport(report: Report, style: Style): string {
  const lines = [
    ...problemsIn(report).map((problem) => renderProblem(problem, style)),
    ...report.warnings.map((problem) => renderProblem(problem, style)),
    ...(report.published.length > 0 ? imageRows(report).flatMap((row) => renderImage(row, style)) : []),
    ...report.deployments.map((deployment) => renderDeployment(deployment, style)),
    ...(report.deployments.length === 0 && report.published.length > 0 ? skipLines(report.plan) : []),
    ...(report.outcome.status === 'built' ? notPushed(report.plan) : []),
    renderVerdict(report, style),
    ...nextSteps(report, style),
  ];
  return `${lines.join('\n')}\n`;
}

function nextSteps({ deployments }: Report, style: Style): string[] {
  if (!deployments.some(({ status }) => status === 'committed')) return [];
  return [style.faint('  What stands there now, and the way back: image-release status')];
}

function renderImage(row: ImageRow, style: Style): string[] {
  const facts = [
    ...row.platforms,
    ...(row.size === undefined ? [] : [sizeWords(row.size, row.growth)]),
    ...(row.steps === undefined ? [] : [`${row.steps.cached} of ${row.steps.total} steps cached`]),
    ...(row.cacheMounts === undefined ? [] : [`cache mounts: ${describeCacheMounts(row.cacheMounts)}`]),
    ...(row.sbomPackages === undefined ? [] : [`SBOM of ${row.sbomPackages} packages`]),
  ];
  return [
    `  ${style.strong(row.key)}  ${row.image}`,
    ...(row.reason === undefined ? [] : [style.fit(`    ${statusWords(row, row.reason)}`, 6)]),
    ...(row.tags.length === 0 ? [] : [style.fit(`    tags ${row.tags.join(', ')}`, 9)]),
    ...row.held.map((held) => style.fit(`    ${style.faint(describeHeld(held))}`, 6)),
    ...(row.digest === undefined ? [] : [`    ${row.digest}`]),
    ...(facts.length === 0 ? [] : [style.fit(`    ${style.faint(facts.join(' · '))}`, 6)]),
  ];
}

/** `built: api/server.js changed`, `unchanged since main-1a2b3c4`. */
function statusWords({ status }: ImageRow, reason: string): string {
  if (status === 'superseded') return 'published, and left out of the rollout';
  return status === 'unchanged' ? `unchanged ${reason}` : `${status}: ${reason}`;
}

function sizeWords(size: number, growth: ImageRow['growth']): string {
  return `${formatBytes(size)}${growth === undefined ? '' : ` (${formatChange(growth)})`}`;
}

function notPushed(plan: Plan | undefined): string[] {
  return plan?.publish.mode === 'build-only' ? [`  not pushed: ${plan.publish.reason}`] : [];
}

function pushWords(publish: Exclude<Plan['publish'], { mode: 'push' }>): string {
  return publish.mode === 'build-only' ? `no: ${publish.reason}` : 'by digest alone, without tags';
}

/** Whether it went well, in one line. */
export function renderVerdict(report: Report, style: Style): string {
  const failed = report.outcome.status === 'failed' || report.outcome.status === 'cancelled';
  const mark = failed
    ? style.bad('✗')
    : exitCodeOf(report) === SUPERSEDED
      ? style.strong('–')
      : style.good('✓');
  const told = `${style.strong(headline(report))} ${style.faint(`(${formatSeconds(report.seconds)})`)}`;
  return style.fit(`${mark} ${told}`, 2);
}

export function renderDeployment(deployment: Deployment, style: Style): string {
  if (deployment.status === 'skipped')
    return style.fit(`  ${deployment.kustomization}: not rolled out, ${deployment.reason}`, 4);
  return [
    ...deploymentLines(deployment, style),
    ...deployment.superseded.map((image) => style.fit(`  ${describeSuperseded(image)}`, 4)),
  ].join('\n');
}

function deploymentLines(deployment: Exclude<Deployment, { status: 'skipped' }>, style: Style): string[] {
  const place = placeOf(deployment);
  switch (deployment.status) {
    case 'committed':
      return [
        `  ${style.strong('commit')}  ${deployment.commit.slice(0, 12)} on ${place}${deployment.url === undefined ? '' : `  ${deployment.url}`}`,
        ...diffLines(deployment.diff, style),
      ];
    case 'proposed':
      return [
        `  ${style.strong('pull request')}  #${deployment.pullRequest.number} into ${place}${STATES[deployment.state]}  ${deployment.pullRequest.url}`,
        ...diffLines(deployment.diff, style),
      ];
    case 'unchanged':
      return [`  ${deployment.kustomization} on ${place} names these images already`];
    case 'superseded':
      return [`  ${deployment.kustomization} on ${place} keeps what is newer`];
  }
}

const STATES = {
  open: '',
  waiting: ', merges when the rules allow',
  merged: ', merged',
  closed: ', rejected: it was closed',
} as const;

/** What changed, below the file that it stands in; the summary page and JSON have what stands around it. */
function diffLines(diff: string, style: Style): string[] {
  return diff.split('\n').flatMap((line) => {
    if (line.startsWith('+++ ')) return [`    ${line.replace(/^\+\+\+ (?:b\/)?/, '')}`];
    return /^(?:[-+](?!-- ))/.test(line) ? [`    ${colourDiff(line, style)}`] : [];
  });
}

function skipLines(plan: Plan | undefined): string[] {
  return (plan?.deploy ?? []).flatMap((deploy) =>
    deploy.status === 'skip' ? [`  ${deploy.target.kustomization}: not rolled out, ${deploy.reason}`] : [],
  );
}

export function colourDiff(written: string, style: Style): string {
  const line = plainText(written);
  if (line.startsWith('+') && !line.startsWith('+++')) return style.good(line);
  return line.startsWith('-') && !line.startsWith('---') ? style.bad(line) : style.faint(line);
}

/** `error` or `warning`, place, sentence, detail and the way out. */
export function renderProblem(problem: Problem, style: Style): string {
  const kind = problem.severity === 'error' ? style.bad('error') : style.strong('warning');
  return [
    `${kind} ${style.faint(`[${problem.code}]`)}${problem.place === undefined ? '' : ` ${plainText(formatPlace(problem.place))}`}`,
    style.fit(`  ${plainText(problem.message)}`, 2),
    ...(problem.detail === undefined
      ? []
      : plainText(problem.detail)
          .trimEnd()
          .split('\n')
          .map((line) => `    ${line}`)),
    style.fit(`  ${style.good('→')} ${plainText(problem.fix)}`, 4),
  ].join('\n');
}

/** `build: src/server.js changed`, `unchanged since main-1a2b3c4 (12 commits)`. */
export function decisionWords({ status, reason }: Pick<PlannedImage, 'status' | 'reason'>): string {
  return status === 'unchanged' ? `unchanged ${reason}` : `build: ${reason}`;
}

/** The plan for a person: per image what will be built, tagged and where it goes. */
export function renderPlan(report: Report, style: Style): string {
  const { plan } = report;
  if (plan === undefined) return renderReport(report, style);
  const lines = [
    `${style.strong('source')}  ${plan.source.commit.slice(0, 7)} ${describeRef(plan)}`,
    ...(plan.publish.mode === 'push' ? [] : [`${style.strong('push')}    ${pushWords(plan.publish)}`]),
    ...plan.images.flatMap((image) => [
      '',
      `${style.strong(image.key)}  ${decisionWords(image)}`,
      `  image       ${image.image}`,
      `  tags        ${image.tags.join(', ')}`,
      `  context     ${image.context} (${image.dockerfile}${image.target === undefined ? '' : `, target ${image.target}`})`,
      `  platforms   ${image.platforms.join(', ') || 'the builder’s own'}`,
      `  attested    provenance ${image.attest.provenance}, SBOM ${sbomWords(image.attest.sbom)}`,
      `  cache       ${image.cacheTo.join('; ') || 'the builder’s own'}`,
    ]),
    '',
    ...plan.deploy.map((deploy) =>
      deploy.status === 'deploy'
        ? `${style.strong('deploy')}  ${deploy.target.kustomization} on ${deploy.branch}: ${deploy.images.join(', ') || 'none of this release'}`
        : `${style.strong('deploy')}  ${deploy.target.kustomization}: no, ${deploy.reason}`,
    ),
    ...report.warnings.map((problem) => renderProblem(problem, style)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function describeRef(plan: Plan): string {
  const { ref, event } = plan.source;
  switch (ref.type) {
    case 'branch':
    case 'tag':
      return `(${ref.type} ${ref.name}, ${event.name})`;
    case 'pull-request':
      return `(pull request ${ref.number}${ref.fork ? ' from a fork' : ''})`;
    case 'commit':
      return `(detached, ${event.name})`;
  }
}

function sbomWords(sbom: PlannedImage['attest']['sbom']): string {
  if (sbom === 'off') return 'off';
  return sbom.optional ? 'best-effort' : 'on';
}
