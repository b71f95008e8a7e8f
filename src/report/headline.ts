import type { Deployment } from '../deploy/deployment.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { imageRows, listOf, problemsIn, supersededKeys, type Report, type Stage } from './report.js';

/** A sentence is no place for more; the list below it has them all. */
const MOST_NAMES = 6;

function namesOf(keys: readonly string[]): string {
  return keys.length > MOST_NAMES ? `${keys.length} images` : listOf(keys);
}

/** The sentence that answers the reader before any table does. */
export function headline(report: Report): string {
  const { outcome } = report;
  const keys = imageRows(report).map(({ key }) => key);
  const names = namesOf(keys);
  switch (outcome.status) {
    case 'released':
      return releasedOf(report, keys);
    case 'rolled-out':
      return toldOf(report, ROLLED_OUT, outcome.images);
    case 'built':
      return builtOnly(report);
    case 'pushed':
      return pushedOnly(report);
    case 'planned':
      return `Would ${names ? `release ${names}` : `roll out ${namesOf(targeted(report))}`}; nothing was done (dry run).`;
    case 'nothing':
      return `Nothing to do: ${outcome.reason}.`;
    case 'failed':
      return (
        elsewhere(report) ?? [FAILED_AT[outcome.stage], ...afterFailure(report, outcome.stage)].join(' ')
      );
    case 'cancelled':
      if (outcome.while !== undefined) return `Cancelled while ${outcome.while}.`;
      return [`Cancelled during ${outcome.stage}.`, ...afterFailure(report, outcome.stage)].join(' ');
  }
}

function releasedOf(report: Report, keys: readonly string[]): string {
  const unchanged = (report.plan?.images ?? [])
    .filter(({ status }) => status === 'unchanged')
    .map(({ key }) => key);
  const built = keys.filter((key) => !unchanged.includes(key));
  if (built.length === 0 && unchanged.length > 0) return toldOf(report, REUSED, movedOf(report, keys));
  const rest = unchanged.length === 0 ? '' : ` ${namesOf(unchanged)} did not change.`;
  return `${toldOf(report, RELEASED, built)}${rest}`;
}

/** Those whose entries changed, where any did: an image that is deployed already stays as it is. */
function movedOf({ deployments }: Report, keys: readonly string[]): readonly string[] {
  const changes = deployments.flatMap((deployment) => ('changes' in deployment ? deployment.changes : []));
  return changes.length === 0 ? keys : keys.filter((key) => changes.some((change) => change.key === key));
}

function builtOnly(report: Report): string {
  const rows = imageRows(report);
  const keysOf = (wanted: string) => rows.filter(({ status }) => status === wanted).map(({ key }) => key);
  const [built, unchanged] = [keysOf('built'), keysOf('unchanged')];
  if (built.length === 0) return `Built nothing: ${namesOf(unchanged)} did not change.`;
  const rest = unchanged.length === 0 ? '' : ` ${namesOf(unchanged)} did not change.`;
  return `Built ${namesOf(built)}; nothing was pushed.${rest}`;
}

function pushedOnly(report: Report): string {
  const rows = imageRows(report);
  const platforms = [...new Set(rows.flatMap((row) => row.platforms))];
  const unchanged = rows.filter(({ status }) => status === 'unchanged').map(({ key }) => key);
  const built = rows.filter(({ status }) => status !== 'unchanged').map(({ key }) => key);
  const done =
    built.length === 0 ? 'Built nothing' : `Pushed ${namesOf(built)} for ${listOf(platforms)} by digest`;
  const rest = unchanged.length === 0 ? '' : ` ${namesOf(unchanged)} did not change.`;
  return `${done}; the job that joins the platforms tags and deploys.${rest}`;
}

const FAILED_AT: Record<Stage, string> = {
  plan: 'Nothing was done: the plan can’t be made.',
  preflight: 'Nothing was done: the release would have failed.',
  build: 'The build failed.',
  publish: 'The images were built but not published.',
  deploy: 'The images are published but not rolled out.',
};

/** What a run on GitHub has done before it failed is not known here. */
function elsewhere(report: Report): string | undefined {
  const [told] = problemsIn(report).flatMap(({ code }) => RAN_ELSEWHERE[code] ?? []);
  return told && `${told} Its page tells what it published and rolled out.`;
}

const NOT_SUCCESSFUL = 'The run on GitHub did not succeed.';
const NOT_KNOWN = 'What became of the run on GitHub is not known here.';
const RAN_ELSEWHERE: Partial<Record<ProblemCode, string>> = {
  'dispatch/failed': NOT_SUCCESSFUL,
  'dispatch/no-result': NOT_KNOWN,
  'dispatch/outcome-unknown': NOT_KNOWN,
  'dispatch/run-not-found': NOT_KNOWN,
};

/** Keys of the images that some target gets. */
function targeted({ plan }: Report): string[] {
  const keys = (plan?.deploy ?? []).flatMap((item) => (item.status === 'deploy' ? item.images : []));
  return keys.length === 0 ? ['nothing'] : [...new Set(keys)];
}

type Sentence = (names: string, superseded: string) => string;
type Rollout = Deployment['status'];

const RELEASED: Record<Rollout, Sentence> = {
  committed: (names) => `Published and rolled out ${names}.`,
  proposed: (names) => `Published ${names}; a pull request proposes the rollout.`,
  unchanged: (names) => `Published ${names}; already rolled out.`,
  superseded: (_, superseded) => `Published ${superseded}; what is deployed is newer and stays.`,
  skipped: (names) => `Published ${names}.`,
};

/** Where nothing had to be built. */
const REUSED: Record<Rollout, Sentence> = {
  committed: (names) => `Rolled out ${names}; nothing had to be built.`,
  proposed: (names) => `A pull request proposes the rollout of ${names}; nothing had to be built.`,
  unchanged: (names) => `Nothing to do: ${names} did not change.`,
  superseded: (_, superseded) => `Did not roll out ${superseded}: what is deployed is newer and stays.`,
  skipped: (names) => `Nothing had to be built: ${names} did not change.`,
};

const ROLLED_OUT: Record<Rollout, Sentence> = {
  committed: (names) => `Rolled out ${names}.`,
  proposed: (names) => `Proposed the rollout of ${names} by a pull request.`,
  unchanged: (names) => `Nothing to do: already rolled out ${names}.`,
  superseded: (_, superseded) => `Did not roll out ${superseded}: what is deployed is newer and stays.`,
  skipped: (names) => `Did not roll out ${names}.`,
};

/** What became of the deploy targets as a whole, and of those images that were left alone because of their order. */
function toldOf(report: Report, sentences: Record<Rollout, Sentence>, keys: readonly string[]): string {
  const order = ['committed', 'proposed', 'unchanged', 'superseded'] as const;
  const status =
    order.find((wanted) => report.deployments.some((deployment) => deployment.status === wanted)) ??
    'skipped';
  const superseded = supersededKeys(report);
  const names = namesOf(keys.filter((key) => !superseded.includes(key)));
  const told = sentences[status](names, namesOf(superseded));
  if (status === 'superseded' || superseded.length === 0) return told;
  return `${told} Not ${namesOf(superseded)}: what is deployed is newer and stays.`;
}

function afterFailure(report: Report, stage: Stage): string[] {
  if (stage === 'plan' || stage === 'preflight') return [];
  if (problemsIn(report).some(({ code }) => code === 'registry/tags-left'))
    return ['Not every tag could be put back, see below.'];
  if (report.deployments.some(({ status }) => status === 'committed' || status === 'proposed'))
    return ['Some targets were rolled out, see below.'];
  return stage === 'deploy' || report.published.length > 0
    ? ['What is deployed has not changed.']
    : ['No moving tag was put and what is deployed has not changed.'];
}
