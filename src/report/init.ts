import { newFileDiff } from '../deploy/diff.js';
import type { GitRepository } from '../facts/git-source.js';
import type { Problem } from '../lib/errors.js';
import type { Proposal } from '../init/propose.js';
import type { ScaffoldFile } from '../templates/write-files.js';
import { planAsJson } from './outputs.js';
import type { Report } from './report.js';
import { colourDiff, renderPlan, renderProblem, type Style } from './terminal.js';

/** What `init` has found and would write. */
export interface InitReport {
  proposal: Proposal;
  files: readonly ScaffoldFile[];
  /** What the first release would do; undefined: there is no commit to name it after. */
  plan?: Report;
  /** What would stop it. */
  problems: readonly Problem[];
  /** What the repository lacks for a release. */
  lacks: readonly ('commit' | 'remote')[];
  /** What the commands of the next steps are run in; `folder` is relative to the root. */
  standing: Pick<GitRepository, 'head' | 'upstream' | 'defaultBranch'> & { folder: string };
}

/** What was found, the files as a diff, the plan. */
export function renderInit({ proposal, files, plan, problems }: InitReport, style: Style): string {
  const sections = [
    foundLines(proposal, style),
    ...files.map(({ path, text }) =>
      newFileDiff(path, text)
        .trimEnd()
        .split('\n')
        .map((line) => colourDiff(line, style)),
    ),
    ...(plan === undefined ? [] : [[style.strong('The plan of a release')], planLines(plan, style)]),
    ...problems.map((problem) => renderProblem(problem, style).split('\n')),
    ...(proposal.notes.length === 0
      ? []
      : [[style.strong('By hand'), ...proposal.notes.map((note) => `  - ${note}`)]]),
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
        `  ${key.padEnd(width)}  ${from === 'bake' ? `in ${draft.bake?.files.join(', ')}` : dockerfile}${image === undefined ? '' : ` → ${image}`}`,
    ),
    ...deploys.map(
      ({ kustomization, repository }) =>
        `  ${'deploy'.padEnd(width)}  ${kustomization}${repository === undefined ? '' : ` in ${repository}`}`,
    ),
    ...passed.map(
      ({ path, reason }) => `  ${style.faint(`${'left out'.padEnd(width)}  ${path}: ${reason}`)}`,
    ),
  ];
}

/** The warnings of a plan are told by the release itself. */
function planLines(report: Report, style: Style): string[] {
  return renderPlan({ ...report, warnings: [] }, style)
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
}

/** What to do now that the files are there. */
export function renderNextSteps({ files, lacks, problems, standing }: InitReport, style: Style): string {
  const top = standing.folder === '' ? '' : ':/';
  const paths = files.map(({ path }) => `${top}${path}`).join(' ');
  const steps = [
    ...(problems.length > 0 ? ['Correct what is said above: it stops a release, not these files.'] : []),
    ...(standing.head === 'detached'
      ? [`git switch ${standing.defaultBranch}       no branch is checked out, and a push is one of a branch`]
      : []),
    lacks.includes('commit')
      ? 'git add -A && git commit -m "Begin"       a release is named after a commit'
      : `git add ${paths} && git commit -m "Release with image-release"`,
    ...(lacks.includes('remote')
      ? ['git remote add origin URL       where deploy commits are pushed to']
      : []),
    `git push${standing.upstream === 'set' ? '' : ' -u origin HEAD'}       the workflow releases from then on`,
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

/** For machines: a repository that has its configuration. */
export function standingAsJson(plan: Report) {
  return { status: 'configured', files: [], plan: planAsJson(plan) };
}

/** For machines: what would be or was written, and why. */
export function initAsJson(report: InitReport, status: 'written' | 'proposed') {
  const { proposal, files, plan, problems, lacks } = report;
  return {
    status,
    files: files.map(({ path, text }) => ({ path, text })),
    leftOut: proposal.passed,
    byHand: proposal.notes,
    lacks,
    problems,
    plan: plan === undefined ? null : planAsJson(plan),
  };
}
