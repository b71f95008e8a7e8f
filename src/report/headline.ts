import type { Deployment } from '../deploy/target.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { imageRows, listOf, problemsIn, supersededKeys, type Report, type Stage } from './report.js';
import { runningWords } from './running.js';

/** A sentence has no room for more names; the list below it has them all. */
const MOST_NAMES = 6;

function namesOf(keys: readonly string[]): string {
  return keys.length > MOST_NAMES ? `${keys.length} images` : listOf(keys);
}

/** One sentence or two on the outcome of a release or a deployment. */
export function headline(report: Report): string {
  const words = outcomeWords(report);
  const running = report.live === undefined ? '' : runningWords(report.live.images);
  if (report.live?.images.length === 0 && report.live.problems.length > 0)
    return `${words} It is unknown whether the cluster runs them.`;
  return running === '' ? words : `${words} ${running}`;
}

function outcomeWords(report: Report): string {
  const { outcome } = report;
  switch (outcome.status) {
    case 'released':
      return releasedOf(report);
    case 'rolled-out':
      return deployedOf(report, report.promotion ? promoted(report.promotion) : DEPLOYED, outcome.images);
    case 'built':
      return builtOnly(report);
    case 'pushed':
      return pushedOnly(report);
    case 'planned': {
      const { promotion } = report;
      if (promotion !== undefined)
        return `Dry run: would promote ${namesOf(promotion.images.map(({ key }) => key))} from ${promotion.from} to ${promotion.to}. Nothing was changed.`;
      const names = namesOf(imageRows(report).map(({ key }) => key));
      return `Dry run: would ${names ? `release ${names}` : `deploy ${namesOf(targeted(report))}`}. Nothing was changed.`;
    }
    case 'nothing':
      return `Nothing to do: ${outcome.reason}.`;
    case 'declined':
      return 'Not confirmed. Nothing was changed.';
    case 'failed':
      return elsewhere(report) ?? [failedAt(report, outcome.stage), ...unchangedAfter(report)].join(' ');
    case 'cancelled':
      if (outcome.while !== undefined) return `Cancelled while ${outcome.while}.`;
      return [`Cancelled during ${outcome.stage}.`, ...unchangedAfter(report)].join(' ');
  }
}

function releasedOf(report: Report): string {
  const { keys, built, unchanged } = keysByStatus(report);
  if (built.length === 0 && unchanged.length > 0) return deployedOf(report, REUSED, movedOf(report, keys));
  return `${deployedOf(report, RELEASED, built)}${unchangedWords(unchanged)}`;
}

function keysByStatus(report: Report) {
  const keys = imageRows(report).map(({ key }) => key);
  const images = report.plan?.images ?? [];
  const unchanged = images.filter(({ status }) => status === 'unchanged').map(({ key }) => key);
  return { keys, unchanged, built: keys.filter((key) => !unchanged.includes(key)) };
}

const unchangedWords = (keys: readonly string[]) => (keys.length === 0 ? '' : ` ${namesOf(keys)} did not change.`);

/** The images whose entries changed, if any did. */
function movedOf({ deployments }: Report, keys: readonly string[]): readonly string[] {
  const changes = deployments.flatMap((deployment) => ('changes' in deployment ? deployment.changes : []));
  return changes.length === 0 ? keys : keys.filter((key) => changes.some((change) => change.key === key));
}

function builtOnly(report: Report): string {
  const { built, unchanged } = keysByStatus(report);
  if (built.length === 0) return `Built nothing: ${namesOf(unchanged)} did not change.`;
  return `Built ${namesOf(built)} without pushing.${unchangedWords(unchanged)}`;
}

function pushedOnly(report: Report): string {
  const { built, unchanged } = keysByStatus(report);
  const platforms = [...new Set(imageRows(report).flatMap((row) => row.platforms))];
  const done = built.length === 0 ? 'Built nothing' : `Pushed ${namesOf(built)} for ${listOf(platforms)} by digest`;
  return `${done}. A later job tags and deploys them.${unchangedWords(unchanged)}`;
}

function failedAt(report: Report, stage: Stage): string {
  const count = problemsIn(report).length;
  const errors = count <= 1 ? 'an error' : `${count} errors`;
  switch (stage) {
    case 'plan':
    case 'preflight':
      return `Stopped by ${errors}. Nothing was built, pushed, or deployed.`;
    case 'build':
      return 'The build failed.';
    case 'publish':
      return 'Publishing failed.';
    case 'deploy':
    case 'wait':
      if (isUnknown(report)) return 'The outcome of the deployment is unknown.';
      return report.published.length > 0 ? 'The images are published, but not deployed.' : 'Deploying failed.';
  }
}

/** The effects of a run on GitHub are unknown here if it failed. */
function elsewhere(report: Report): string | undefined {
  const [words] = problemsIn(report).flatMap(({ code }) => RAN_ELSEWHERE[code] ?? []);
  return words && `${words} The page of the run shows what it published and deployed.`;
}

const NOT_SUCCESSFUL = 'The run on GitHub failed.';
const NOT_KNOWN = 'The outcome of the run on GitHub is unknown.';
const RAN_ELSEWHERE: Partial<Record<ProblemCode, string>> = {
  'dispatch/failed': NOT_SUCCESSFUL,
  'dispatch/no-result': NOT_KNOWN,
  'dispatch/outcome-unknown': NOT_KNOWN,
  'dispatch/run-not-found': NOT_KNOWN,
};

/** Keys of the images that any target deploys. */
function targeted({ plan }: Report): string[] {
  const keys = (plan?.deploy ?? []).flatMap((item) => (item.status === 'deploy' ? item.images : []));
  return keys.length === 0 ? ['nothing'] : [...new Set(keys)];
}

type Sentence = (names: string, superseded: string) => string;
type DeploymentStatus = Deployment['status'];

const RELEASED: Record<DeploymentStatus, Sentence> = {
  committed: (names) => `Published and deployed ${names}.`,
  proposed: (names) => `Published ${names}. A pull request proposes the deployment.`,
  unchanged: (names) => `Published ${names}; already deployed.`,
  superseded: (_, superseded) => `Published ${superseded}, but did not deploy: ${NEWER}.`,
  skipped: (names) => `Published ${names}.`,
};

/** If nothing had to be built. */
const REUSED: Record<DeploymentStatus, Sentence> = {
  committed: (names) => `Deployed ${names}. Nothing had to be built.`,
  proposed: (names) => `A pull request proposes to deploy ${names}. Nothing had to be built.`,
  unchanged: (names) => `Nothing to do: ${names} did not change.`,
  superseded: (_, superseded) => `Did not deploy ${superseded}: ${NEWER}.`,
  skipped: (names) => `Nothing had to be built: ${names} did not change.`,
};

const DEPLOYED: Record<DeploymentStatus, Sentence> = {
  committed: (names) => `Deployed ${names}.`,
  proposed: (names) => `A pull request proposes to deploy ${names}.`,
  unchanged: (names) => `Nothing to do for ${names}: already deployed.`,
  superseded: (_, superseded) => `Did not deploy ${superseded}: ${NEWER}.`,
  skipped: (names) => `Did not deploy ${names}.`,
};

const promoted = ({ from, to }: NonNullable<Report['promotion']>): Record<DeploymentStatus, Sentence> => ({
  ...DEPLOYED,
  committed: (names) => `Promoted ${names} from ${from} to ${to}.`,
  proposed: (names) => `A pull request proposes to promote ${names} from ${from} to ${to}.`,
  unchanged: (names) => `Nothing to promote: ${to} has ${names} already.`,
});

const NEWER = 'a newer release is deployed';

/** The best status of any target, and the images that were superseded. */
function deployedOf(report: Report, sentences: Record<DeploymentStatus, Sentence>, keys: readonly string[]): string {
  const order = ['committed', 'proposed', 'unchanged', 'superseded'] as const;
  const status =
    order.find((wanted) => report.deployments.some((deployment) => deployment.status === wanted)) ?? 'skipped';
  const superseded = supersededKeys(report);
  const names = namesOf(keys.filter((key) => !superseded.includes(key)));
  const sentence = sentences[status](names, namesOf(superseded));
  if (status === 'superseded' || superseded.length === 0) return sentence;
  return `${sentence} Did not deploy ${namesOf(superseded)}: ${NEWER}.`;
}

/** How a run that failed or was cancelled left tags and deployments. */
function unchangedAfter(report: Report): string[] {
  const { outcome } = report;
  if (!('stage' in outcome)) return [];
  if (outcome.stage === 'plan' || outcome.stage === 'preflight')
    return outcome.status === 'cancelled' ? ['Nothing was built, pushed, or deployed.'] : [];
  const codes = problemsIn(report).map(({ code }) => code);
  if (codes.includes('registry/tags-left')) return ['Some tags could not be restored.'];
  if (report.deployments.some(({ status }) => status === 'committed' || status === 'proposed'))
    return ['Some targets were deployed.'];
  if (isUnknown(report)) return [];
  return outcome.stage === 'deploy' || report.published.length > 0
    ? ['The deployment did not change.']
    : ['No tag was moved, and the deployment did not change.'];
}

/** Whether the server never answered the last write. */
function isUnknown(report: Report): boolean {
  return problemsIn(report).some(({ code }) => code === 'deploy/gave-up');
}
