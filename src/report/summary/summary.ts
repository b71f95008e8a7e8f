import { formatSeconds } from '../format.js';
import { headline } from '../headline.js';
import { problemsIn, type Report } from '../report.js';
import { renderImages, sharedTag } from './image-table.js';
import { linksOf } from './links.js';
import { breakable, inline, link, fenced, folded } from './markdown.js';
import { renderProblems } from './problems.js';
import { renderRollouts } from './rollouts.js';
import { renderLive } from '../running.js';
import { plainStyle } from '../terminal.js';
import { renderTimeline } from './timeline.js';
import type { PublishedImage } from '../../registry/published-image.js';

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
