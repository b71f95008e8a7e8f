import { plainText } from '../lib/foreign-text.js';
import type { Deployment, Rollout } from '../deploy/target.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import { exitCodeOf, SUPERSEDED, imageRows, problemsIn, type ImageRow, type Report } from './report.js';
import { describeCacheMounts, describeHeld, describeSuperseded, placeOf } from './describe.js';
import { formatBytes, formatChange, formatSeconds } from './format.js';
import { headline } from './headline.js';
import { renderLiveImages } from './running.js';

/** How text is shown; `plainStyle` leaves it as it is. */
export interface Style {
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  /** Wraps a line of prose; continuation lines are indented by `hanging` columns. */
  fit(line: string, hanging: number): string;
  /** `folded`: one line per warning. */
  warnings: 'folded' | 'full';
}

const same = (text: string) => text;
export const plainStyle: Style = {
  ...{ strong: same, good: same, bad: same, faint: same, fit: same },
  warnings: 'folded',
};

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const colorStyle: Style = {
  ...plainStyle,
  ...{ strong: sgr(1), good: sgr(32), bad: sgr(31), faint: sgr(2) },
};

/** Images, deployments, warnings, errors, and the headline last. */
export function renderReport(report: Report, style: Style): string {
  const { outcome, plan, deployments } = report;
  const lines = [
    ...(report.published.length > 0 ? imageRows(report).flatMap((row) => renderImage(row, style)) : []),
    ...deployments.map((deployment) => renderDeployment(deployment, style)),
    ...(deployments.length === 0 && report.published.length > 0 ? skipLines(plan) : []),
    ...renderLiveImages(report.live, style),
    ...(outcome.status === 'built' && plan?.publish.mode === 'build-only'
      ? [`  not pushed: ${plan.publish.reason}`]
      : []),
    ...renderProblems([...report.warnings, ...problemsIn(report)], style),
    // Wrong usage, or no configuration: the error says it all.
    ...(outcome.status === 'failed' && plan === undefined ? [] : [renderHeadline(report, style)]),
    ...(deployments.some(({ status }) => status === 'committed')
      ? [style.faint('  Show what is deployed, or how to roll back: image-release status')]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function renderImage(row: ImageRow, style: Style): string[] {
  const facts = [
    ...row.platforms,
    ...(row.size === undefined ? [] : [formatBytes(row.size) + (row.growth ? ` (${formatChange(row.growth)})` : '')]),
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
  if (status === 'superseded') return 'published, but not deployed';
  return status === 'unchanged' ? `unchanged ${reason}` : `${status}: ${reason}`;
}

/** The headline with a mark and the time. */
export function renderHeadline(report: Report, style: Style): string {
  const failed =
    report.outcome.status === 'cancelled' || exitCodeOf(report) === 1 || report.outcome.status === 'failed';
  const mark = failed ? style.bad('✗') : exitCodeOf(report) === SUPERSEDED ? style.strong('–') : style.good('✓');
  const time = style.faint(`(${formatSeconds(report.seconds)})`);
  return style.fit(`${mark} ${style.strong(headline(report))} ${time}`, 2);
}

export function renderDeployment(deployment: Deployment, style: Style): string {
  if (deployment.status === 'skipped')
    return style.fit(`  ${deployment.kustomization}: not deployed, ${deployment.reason}`, 4);
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
        ...changeLines(deployment, style),
      ];
    case 'proposed':
      return [
        `  ${style.strong('pull request')}  #${deployment.pullRequest.number} into ${place}${STATES[deployment.state]}  ${deployment.pullRequest.url}`,
        ...changeLines(deployment, style),
      ];
    case 'unchanged':
      return [`  ${deployment.kustomization} on ${place} already names these images`];
    case 'superseded':
      return [`  ${deployment.kustomization} on ${place} keeps a newer release`];
  }
}

const STATES = {
  open: '',
  waiting: ', merges when the rules allow',
  merged: ', merged',
  closed: ', rejected: it was closed',
} as const;

/** `api  main-1a2b3c4 → main-2b3c4d5`, below the Kustomization. */
function changeLines({ kustomization, changes }: Extract<Deployment, { changes: unknown }>, style: Style): string[] {
  if (changes.length === 0) return [];
  return [
    `    ${kustomization}`,
    ...changes.map(({ key, before, after }) => {
      const [from, to] = withoutCommonName(before, after);
      return style.fit(`      ${style.strong(key)}  ${style.bad(from)} → ${style.good(to)}`, 8);
    }),
  ];
}

/** References of equal names differ by tag and digest alone. */
function withoutCommonName(before: string, after: string): [string, string] {
  const name = (reference: string) => reference.replace(/(?::[^:/@]*)?(?:@.*)?$/, '');
  const rest = (reference: string) => reference.slice(name(reference).length + 1);
  if (name(before) !== name(after) || rest(before) === '' || rest(after) === '') return [before, after];
  return [rest(before), rest(after)];
}

function skipLines(plan: Plan | undefined): string[] {
  return (plan?.deploy ?? []).flatMap((deploy) =>
    deploy.status === 'skip' ? [`  ${deploy.target.kustomization}: not deployed, ${deploy.reason}`] : [],
  );
}

/** Warnings first, each on one line unless the style shows them in full; then the errors. */
export function renderProblems(problems: readonly Problem[], style: Style): string[] {
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const errors = problems.filter(({ severity }) => severity === 'error');
  const foldedWarning = (problem: Problem) => style.fit(`${titleOf(problem, style)} ${plainText(problem.message)}`, 2);
  return [
    ...warnings.map(style.warnings === 'folded' ? foldedWarning : (problem) => renderProblem(problem, style)),
    ...errors.map((problem) => renderProblem(problem, style)),
  ];
}

function titleOf({ severity, code, place }: Problem, style: Style): string {
  const kind = severity === 'error' ? style.bad('error') : style.strong('warning');
  return `${kind} ${style.faint(`[${code}]`)}${place === undefined ? '' : ` ${plainText(formatPlace(place))}`}`;
}

/** `error` or `warning`, code, place, message, detail, and fix. */
export function renderProblem(problem: Problem, style: Style): string {
  return [
    titleOf(problem, style),
    style.fit(`  ${plainText(problem.message)}`, 2),
    ...(problem.detail === undefined ? [] : indented(plainText(problem.detail), '    ')).map((line) =>
      style.fit(line, 6),
    ),
    style.fit(`  ${style.good('→')} ${plainText(problem.fix)}`, 4),
  ].join('\n');
}

/** The lines of a text, those indented that aren't empty. */
export function indented(text: string, by: string): string[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => (line === '' ? '' : `${by}${line}`));
}

/** `build: src/server.js changed`, `unchanged since main-1a2b3c4 (12 commits)`. */
export function decisionWords({ status, reason }: Pick<PlannedImage, 'status' | 'reason'>): string {
  return status === 'unchanged' ? `unchanged ${reason}` : `build: ${reason}`;
}

/** Per image: the decision, tags and platforms; then the deploy targets. */
export function renderPlan(report: Report, style: Style): string {
  if (report.promotion !== undefined) return promotionLines(report, style).join('\n');
  const { plan } = report;
  if (plan === undefined) return renderReport(report, style);
  const { publish } = plan;
  const pushed = publish.mode === 'build-only' ? `no: ${publish.reason}` : 'by digest, without tags';
  const lines = [
    `${style.strong('source')}  ${plan.source.commit.slice(0, 7)} ${describeRef(plan)}`,
    ...(publish.mode === 'push' ? [] : [`${style.strong('push')}    ${pushed}`]),
    ...plan.images.flatMap((image) => [
      '',
      style.fit(`${style.strong(image.key)}  ${decisionWords(image)}`, 4),
      ...Object.entries({
        image: image.image,
        tags: image.tags.join(', '),
        context: `${image.context} (${image.dockerfile}${image.target === undefined ? '' : `, target ${image.target}`})`,
        platforms: image.platforms.join(', ') || 'the platform of the builder',
        attests: `provenance ${image.attest.provenance}, SBOM ${sbomWords(image.attest.sbom)}`,
        cache: image.cacheTo.join('; ') || 'the cache of the builder',
      }).map(([name, value]) => style.fit(`  ${name.padEnd(10)}  ${value}`, 14)),
    ]),
    '',
    ...targetLines(plan.deploy, style),
    ...renderProblems(report.warnings, style),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Images that another tool published, and the targets that will deploy them. */
export function renderTargets(
  { plan }: Report,
  rollouts: readonly Pick<Rollout, 'key' | 'image' | 'releaseTag'>[],
  style: Style,
): string {
  const images = rollouts.map(({ key, image, releaseTag }) => `${style.strong(key)}  ${image}:${releaseTag}`);
  return `${[...images, ...targetLines(plan?.deploy ?? [], style)].join('\n')}\n`;
}

/** `staging → production`, each image with its tags before and after, and the targets. */
function promotionLines({ promotion, plan, warnings }: Report, style: Style): string[] {
  const { from, to, images } = promotion!;
  return [
    `${style.strong(from)} → ${style.strong(to)}`,
    ...images.map(({ key, before = 'nothing', after }) => {
      const change = before === after ? `${after}, already deployed` : `${style.bad(before)} → ${style.good(after)}`;
      return style.fit(`  ${style.strong(key)}  ${change}`, 4);
    }),
    ...targetLines(
      (plan?.deploy ?? []).filter(({ status }) => status === 'deploy'),
      style,
    ),
    ...renderProblems(warnings, style),
  ];
}

function targetLines(deploy: Plan['deploy'], style: Style): string[] {
  return deploy.map((item) =>
    item.status === 'deploy'
      ? style.fit(
          `${style.strong('deploy')}  ${item.target.kustomization} on ${item.branch}: ${item.images.join(', ') || 'no image of this release'}`,
          8,
        )
      : style.fit(`${style.strong('deploy')}  ${item.target.kustomization}: no, ${item.reason}`, 8),
  );
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
