import { formatSeconds } from '../format.js';
import { headline } from '../headline.js';
import { problemsIn, type Report } from '../report.js';
import { renderImages, sharedTag } from './image-table.js';
import { linksOf } from './links.js';
import { breakable, inline, link, fenced, folded, small } from './markdown.js';
import { renderRollouts } from './rollouts.js';
import { renderLive } from '../running.js';
import { plainStyle } from '../terminal.js';
import type { PublishedImage } from '../../registry/published-image.js';
import { formatPlace, type Place, type Problem } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import { errorPage } from '../describe.js';
import type { BuildStep } from '../../builders/built.js';

/**
 * Bytes. GitHub shows no summary of a step that is larger than 1 MiB; secrets are masked later, which may lengthen it.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
 */
const LARGEST = 1_000_000;
/** Characters of one output or diff: the most that leaves the whole small enough. */
const BLOCK_LIMITS = [60_000, 15_000, 4000, 1000, 0];

/** The job summary in GitHub-flavoured Markdown. */
export function renderSummary(report: Report): string {
  for (const limit of BLOCK_LIMITS) {
    const whole = together(renderBlocks(report, limit));
    if (Buffer.byteLength(whole) <= LARGEST) return whole;
  }
  return together(fitting(renderBlocks(report, 0)));
}

function renderBlocks(report: Report, limit: number): string[] {
  return [
    `## ${inline(headline(report))}`,
    sourceLine(report),
    ...renderProblems(report, problemsIn(report), limit),
    ...renderImages(report),
    ...renderRollouts(report, limit),
    renderLiveList(report),
    renderTimeline(report),
    renderNextSteps(report, limit),
    ...renderProblems(report, report.warnings, limit),
  ];
}

function together(blocks: readonly string[]): string {
  return `${blocks.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Those blocks that fit, and a word about the others. */
function fitting(blocks: readonly string[]): string[] {
  const kept: string[] = [];
  let left = LARGEST - 1000;
  for (const block of blocks) {
    const size = Buffer.byteLength(block) + 2;
    if (size > left) continue;
    kept.push(block);
    left -= size;
  }
  return [...kept, 'Some parts are missing: GitHub shows at most 1 MiB. The log of the step is complete.'];
}

/** Origin, duration, and run. */
function sourceLine(report: Report): string {
  const { plan, seconds } = report;
  if (plan === undefined) return '';
  const { commit, ref, run } = plan.source;
  const links = linksOf(plan.source);
  const from = link(`\`${commit.slice(0, 7)}\``, links.commit(commit));
  const of = {
    branch: (name: string) => ` on branch ${link(`\`${name}\``, links.branch(name))}`,
    tag: (name: string) => ` (tag ${link(`\`${name}\``, links.tag(name))})`,
  };
  const named = ref.type === 'branch' || ref.type === 'tag' ? of[ref.type](ref.name) : '';
  const pull = ref.type === 'pull-request' ? ` of ${link(`#${ref.number}`, links.pullRequest(ref.number))}` : '';
  const by = run === undefined ? '' : ` by ${link(`run ${run.number}`, run.url)}`;
  const tag = sharedTag(report);
  const as = tag === undefined ? '' : `, as ${breakable(tag)}`;
  return `From commit ${from}${named}${pull}${as}, in ${formatSeconds(seconds)}${by}.`;
}

function renderLiveList({ live }: Report): string {
  const items = (live?.images ?? []).map(
    (image) => `- ${inline(`${image.key} in ${image.channel}: ${renderLive(image, plainStyle)}`)}`,
  );
  return items.length === 0 ? '' : ['### In the cluster', '', ...items].join('\n');
}

const SIGNED_BY = { github: verifySignature, cosign: verifyCosign } as const;

/** Commands to copy: look at what was published, see whether all is sound, go back. */
function renderNextSteps(report: Report, limit: number): string {
  const { published, plan } = report;
  const images = published.filter(({ key }) => plan?.images.some((image) => image.key === key) ?? true);
  if (images.length === 0) return '';
  const backwards = rollBackCommands(report);
  const deployed = report.deployments.some(({ status }) => status !== 'skipped');
  const proof = plan?.sign && SIGNED_BY[plan.sign];
  const signed = proof === undefined ? [] : images.map((image) => proof(image, report));
  const commands = [
    ...(deployed ? ['# Verify everything that is deployed', 'image-release verify', ''] : []),
    '# Inspect the published images',
    ...images.map(({ image, digest }) => `docker buildx imagetools inspect ${image}@${digest}`),
    ...(signed.length === 0 ? [] : ['', '# Verify the signatures', ...signed]),
    ...(backwards.length === 0 ? [] : ['', '# Roll back to the previous release', ...backwards]),
  ];
  const title = backwards.length > 0 ? 'Verify, or roll back' : 'Verify';
  return folded(`${title} (in a clone of the repository)`, fenced('sh', commands.join('\n'), limit));
}

function verifySignature({ image, digest }: PublishedImage, { plan }: Report): string {
  const repository = plan?.source.repository;
  return `gh attestation verify oci://${image}@${digest}${repository === undefined ? '' : ` --repo ${repository}`}`;
}

function verifyCosign({ image, digest }: PublishedImage, { plan }: Report): string {
  const identity = plan?.source.url === undefined ? '.*' : `^${plan.source.url}/`;
  return [
    'cosign verify-attestation --new-bundle-format --type slsaprovenance1',
    '--certificate-oidc-issuer https://token.actions.githubusercontent.com',
    `--certificate-identity-regexp '${identity}' ${image}@${digest}`,
  ].join(' ');
}

/** One per channel that has changed. */
function rollBackCommands(report: Report): string[] {
  const changed = report.deployments.flatMap((item) =>
    'changes' in item ? item.changes.map(({ key }) => ({ channel: item.channel, key })) : [],
  );
  return [...new Set(changed.map(({ channel }) => channel))].map((channel) => {
    const keys = changed.filter((change) => change.channel === channel).map(({ key }) => key);
    return `image-release rollback ${[...new Set(keys)].join(' ')} --channel ${channel}`;
  });
}

/** More than these are counted, not shown: the log has them. */
const MOST_SHOWN = 50;

/** An alert per problem: what, where, why, and the fix. */
export function renderProblems(report: Report, problems: readonly Problem[], limit: number): string[] {
  const left = problems.length - MOST_SHOWN;
  return [
    ...problems.slice(0, MOST_SHOWN).map((problem) => renderProblem(report, problem, limit)),
    ...(left > 0 ? [`… and ${left} more. The log of the step lists all of them.`] : []),
  ];
}

function renderProblem(report: Report, problem: Problem, limit: number): string {
  const { severity, message, fix, code, detail } = problem;
  const place = placeOf(report, problem);
  const lines = [
    `[!${severity === 'error' ? 'CAUTION' : 'WARNING'}]`,
    `**${inline(message)}**${place === undefined ? '' : `<br>${place}`}`,
    '',
    `${inline(fix)} ${small(link(code, errorPage(code)))}`,
  ];
  const quoted = lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
  return detail === undefined ? quoted : `${quoted}\n\n${fenced('text', detail, limit)}`;
}

function placeOf({ plan }: Report, { code, place }: Problem): string | undefined {
  if (place === undefined) return undefined;
  const page = code.startsWith('deploy/')
    ? deployedPage(plan, place)
    : plan && linksOf(plan.source).file(place, plan.source.commit);
  return link(`\`${formatPlace(place)}\``, page);
}

/** The deployed state is read from a branch, which may be ahead of the commit, and may be another repository's. */
function deployedPage(plan: Plan | undefined, place: Place): string | undefined {
  const [first, ...others] = (plan?.deploy ?? []).flatMap(({ target, ...deploy }) =>
    deploy.status === 'deploy' ? [{ repository: target.repository, branch: deploy.branch }] : [],
  );
  const onlyOne = others.every(
    ({ repository, branch }) => repository === first?.repository && branch === first?.branch,
  );
  if (first === undefined || !onlyOne) return undefined;
  return linksOf(plan?.source).file(place, first.branch, first.repository);
}

/** Steps shorter than this, or than a fiftieth of the whole, only make the picture unreadable. */
const SHORTEST_MS = 100;
const SMALLEST_SHARE = 1 / 50;
const MOST_STEPS = 30;
const LONGEST_NAME = 36;

/** A mermaid gantt of the build: one section per image, one bar per step that took time. */
function renderTimeline(report: Report): string {
  const all = report.build?.steps ?? [];
  const shortest = Math.max(SHORTEST_MS, spanOf(all) * SMALLEST_SHARE);
  const steps = all.filter((step) => duration(step) >= shortest);
  if (steps.length === 0) return '';
  const longest = [...steps].sort((a, b) => duration(b) - duration(a)).slice(0, MOST_STEPS);
  const kept = longest.toSorted((a, b) => a.started - b.started || a.completed - b.completed);
  const begin = Math.min(...kept.map(({ started }) => started));
  const { unit, axis } = axisOf(spanOf(kept));
  const sections = [...new Set(kept.map(({ key }) => key ?? 'shared'))];
  const lines = [
    'gantt',
    '  dateFormat x',
    ...axis.map((line) => `  ${line}`),
    '  todayMarker off',
    ...sections.flatMap((section) => [
      `  section ${plain(section)}`,
      ...kept.filter(({ key }) => (key ?? 'shared') === section).map((step) => `  ${bar(step, begin, unit)}`),
    ]),
  ];
  const left = steps.length - kept.length;
  return folded(
    `Timeline of the build${left > 0 ? `: the ${kept.length} longest steps of ${steps.length}` : ''}`,
    `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``,
  );
}

/**
 * Mermaid's axis shows times of day where the reader lives, which begin anywhere. Seconds since the epoch are the
 * same everywhere, so what lasts minutes is drawn as if a minute were a second.
 */
function axisOf(milliseconds: number): { unit: number; axis: string[] } {
  if (milliseconds > 300_000) return { unit: 60, axis: ['axisFormat %s min'] };
  return { unit: 1, axis: ['axisFormat %s s', ...(milliseconds < 10_000 ? ['tickInterval 1second'] : [])] };
}

function bar(step: BuildStep, begin: number, unit: number): string {
  const state = step.cached ? 'done, ' : '';
  const [from, to] = [step.started, step.completed].map((time) => Math.round((time - begin) / unit));
  // BuildKit's name for fetching an image is a URL with a digest that nobody can read.
  const name = plain(step.name.replace(/docker-image:\/\//, '').replace(/@sha256:[0-9a-f]{64}/, ''));
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1).trimEnd()}…` : name;
  return `${short} :${state}${from}, ${to}`;
}

function spanOf(steps: readonly BuildStep[]): number {
  const [first, last] = [steps.map(({ started }) => started), steps.map(({ completed }) => completed)];
  return steps.length === 0 ? 0 : Math.max(...last) - Math.min(...first);
}

function duration(step: BuildStep): number {
  return step.completed - step.started;
}

/** Mermaid ends a task name at `:` and a statement at `;` or `#`, and has no escape for them; `∶` looks the same. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/(?<=\w):(?=\w)/g, '∶')
      .replaceAll(/[:;#,%`"<>\\{}]/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim() || 'step'
  );
}
