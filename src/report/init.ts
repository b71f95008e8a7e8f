import type { GitRepository } from '../facts/git-source.js';
import type { Problem } from '../lib/errors.js';
import type { Proposal } from '../init/propose.js';
import type { ScaffoldFile } from '../templates/write-files.js';
import { planAsJson } from './outputs.js';
import type { Report } from './report.js';
import { indented, renderPlan, renderProblem, type Style } from './terminal.js';

/** The proposal of `init`, and what a release with it would do. */
export interface InitReport {
  proposal: Proposal;
  files: readonly ScaffoldFile[];
  /** Plan of the first release; undefined: there is no commit to name it after. */
  plan?: Report;
  /** Problems that would stop it. */
  problems: readonly Problem[];
  /** What the repository lacks for a release. */
  lacks: readonly ('commit' | 'remote')[];
  /** The folder of the next commands; `folder` is relative to the root. */
  checkout: Pick<GitRepository, 'head' | 'upstream' | 'defaultBranch'> & { folder: string };
}

/** The images that were found, the files, the plan, and what is to do by hand. */
export function renderInit({ proposal, files, plan, problems }: InitReport, style: Style): string {
  const sections = [
    foundLines(proposal, style),
    ...files.map(({ path, text }) => [style.strong(path), ...indented(text, '  ')]),
    // The release itself prints the warnings of its plan.
    ...(plan === undefined
      ? []
      : [[style.strong('Plan of the first release')], indented(renderPlan({ ...plan, warnings: [] }, style), '  ')]),
    ...problems.map((problem) => renderProblem(problem, style).split('\n')),
    ...(proposal.notes.length === 0
      ? []
      : [[style.strong('By hand'), ...proposal.notes.map((note) => style.fit(`  - ${note}`, 4))]]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function foundLines({ draft, passed }: Proposal, style: Style): string[] {
  const { images, deploys } = draft;
  const width = Math.max(8, ...images.map(({ key }) => key.length));
  return [
    style.strong('Found'),
    ...images.map(
      ({ key, dockerfile, from, named, image = named }) =>
        `  ${key.padEnd(width)}  ${from === 'bake' ? `in ${draft.bake?.files.join(', ')}` : dockerfile}${image ? ` → ${image}` : ''}`,
    ),
    ...deploys.map(
      ({ kustomization, repository }) =>
        `  ${'deploy'.padEnd(width)}  ${kustomization}${repository === undefined ? '' : ` in ${repository}`}`,
    ),
    ...passed.map(({ path, reason }) => `  ${style.faint(`${'left out'.padEnd(width)}  ${path}: ${reason}`)}`),
  ];
}

/** The steps after the files are written. */
export function renderNextSteps({ proposal, files, lacks, problems, checkout }: InitReport, style: Style): string {
  const top = checkout.folder === '' ? '' : ':/';
  const paths = files.map(({ path }) => `${top}${path}`).join(' ');
  const steps = [
    ...(proposal.replaced.length > 0 ? [`Delete ${proposal.replaced.join(', ')}, or both publish and deploy.`] : []),
    ...(problems.length > 0 ? ['Correct the problems above, which stop a release.'] : []),
    ...(checkout.head === 'detached' ? [`git switch ${checkout.defaultBranch}       no branch is checked out`] : []),
    lacks.includes('commit')
      ? 'git add -A && git commit -m "Begin"       a release is named after a commit'
      : `git add ${paths} && git commit -m "Release with image-release"`,
    ...(lacks.includes('remote') ? ['git remote add origin URL       where deploy commits are pushed to'] : []),
    `git push${checkout.upstream === 'set' ? '' : ' -u origin HEAD'}       from then on the workflow releases`,
    'image-release release       or release from here, now',
    "image-release doctor       what can build here, if that can't",
  ];
  const rows = steps.map((step) => step.split(/ {7}/));
  const width = Math.max(...rows.filter(([, why]) => why !== undefined).map(([command]) => command!.length));
  return [
    ...files.map(({ path }) => `${style.good('✓')} wrote ${path}`),
    '',
    style.strong('Next'),
    ...rows.map(([command = '', why]) =>
      why === undefined ? `  ${command}` : `  ${command.padEnd(width)}  ${style.faint(why)}`,
    ),
    '',
  ].join('\n');
}

/** A repository that has its configuration. */
export function configuredAsJson(plan: Report) {
  return { status: 'configured', files: [], plan: planAsJson(plan) };
}

/** The files that would be or were written, and why. */
export function initAsJson(report: InitReport, status: 'written' | 'proposed') {
  const { proposal, plan, problems, lacks } = report;
  const files = report.files.map(({ path, text }) => ({ path, text }));
  const { passed: leftOut, notes: byHand } = proposal;
  return { status, files, leftOut, byHand, lacks, problems, plan: plan === undefined ? null : planAsJson(plan) };
}
