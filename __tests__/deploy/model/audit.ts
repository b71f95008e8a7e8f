import { readTrailer, TRAILERS } from '../../../src/deploy/commit-message.js';
import { ledgerJson, type LedgerJson } from '../../../testing/ledger-json.js';
import type { MemoryCommit, Objects } from '../../../testing/memory-remote/objects.js';
import { branchRef, readLedger, type Refs } from '../../../testing/memory-remote/refs.js';
import { FILE, IMAGES, shownIn, type RaceRun, type Shown } from './race.js';

/** A run, and whether it finished or crashed. A crashed run counts if it has landed. */
export type Contender =
  /** @property commits the commits that the run reports */
  { run: RaceRun; end: 'finished'; commits: readonly string[] } | { run: RaceRun; end: 'crashed' };

/**
 * Checks that the newest finished release of each image is deployed.
 * @param start what was deployed at first
 * @returns a sentence per violation
 */
export function findOutdated(
  objects: Objects,
  refs: Refs,
  branch: string,
  start: ReadonlyMap<string, Shown>,
  contenders: readonly Contender[],
): string[] {
  const shown = shownAt(objects.read(headOf(refs, branch)));
  const newestOf = newestFinished(objects, refs, branch, contenders);
  return IMAGES.flatMap(({ key }) => {
    const newest = newestOf(key);
    const rollout = newest?.rollouts.find((candidate) => candidate.key === key);
    const expected = rollout ? { tag: rollout.releaseTag, digest: rollout.digest } : (start.get(key) as Shown);
    const actual = shown.get(key) as Shown;
    if (same(actual, expected)) return [];
    const by = newest ? `the newest finished release of ${key} is ${newest.name}'s` : `nobody released ${key}`;
    return [`${by} (${expected.tag}), but ${actual.tag} is deployed`];
  });
}

/** Checks that the ledger agrees with the file and names the newest finished release. */
export function findDisagreements(
  objects: Objects,
  refs: Refs,
  branch: string,
  contenders: readonly Contender[],
): string[] {
  const shown = shownAt(objects.read(headOf(refs, branch)));
  const ledger = ledgerVersions(objects, refs, branch)[0]?.images ?? {};
  const newestOf = newestFinished(objects, refs, branch, contenders);
  return IMAGES.flatMap(({ key, image }) => {
    const [newest, entry, actual] = [newestOf(key), ledger[image], shown.get(key) as Shown];
    const wrong: string[] = [];
    if (entry && !same(entry.current, actual))
      wrong.push(`the ledger says ${key} ${entry.current.tag}, the file says ${actual.tag}`);
    if (newest && !(entry && isAt(newest, entry.newest)))
      wrong.push(`the ledger does not name ${newest.name} as the newest release of ${key}`);
    return wrong;
  });
}

/** Checks that each commit that the ledger names is on the branch. */
export function findStrayCommits(objects: Objects, refs: Refs, branch: string): string[] {
  const history = objects.history(headOf(refs, branch)).map(({ oid }) => oid);
  const ledger = ledgerVersions(objects, refs, branch)[0]?.images ?? {};
  return IMAGES.flatMap(({ key, image }) => {
    const commit = ledger[image]?.current.commit;
    if (commit === undefined || history.includes(commit)) return [];
    return [`the ledger names commit ${commit} for ${key}, which is not on the branch`];
  });
}

function newestFinished(
  objects: Objects,
  refs: Refs,
  branch: string,
  contenders: readonly Contender[],
): (key: string) => RaceRun | undefined {
  const landed = landings(objects, refs, branch, contenders);
  return (key) =>
    contenders
      .filter(({ run, end }) => releases(run, key) && (end === 'finished' || landed(key).includes(run)))
      .map(({ run }) => run)
      .sort(byAge)
      .at(-1);
}

/** Checks that each release is committed at most once. */
export function findTwice(objects: Objects, refs: Refs, branch: string, contenders: readonly Contender[]): string[] {
  return contenders.flatMap(({ run: { name } }) => {
    const { length } = commitsBy(name, objects, refs, branch);
    return length > 1 ? [`${name} is committed ${length} times`] : [];
  });
}

/** Checks that each finished run reports exactly its commits. */
export function findUntold(objects: Objects, refs: Refs, branch: string, contenders: readonly Contender[]): string[] {
  return contenders.flatMap((contender) => {
    if (contender.end !== 'finished') return [];
    const { name } = contender.run;
    const commits = commitsBy(name, objects, refs, branch);
    if (contender.commits.join() === commits.join()) return [];
    return [
      commits.length === 0
        ? `${name} reports a commit that is not on the branch`
        : `${name} has committed and does not report it`,
    ];
  });
}

function commitsBy(name: string, objects: Objects, refs: Refs, branch: string): string[] {
  const history = objects.history(headOf(refs, branch));
  return history.flatMap(({ oid, message }) => (isBy(message, name) ? oid : []));
}

/** Checks one change of branch and ledger, independent of later changes. */
export function findWrongMove(
  objects: Objects,
  before: Refs,
  after: Refs,
  branch: string,
  contenders: readonly Contender[],
): string[] {
  const [from, to] = [headOf(before, branch), headOf(after, branch)];
  if (!['identical', 'ahead'].includes(objects.compare(from, to))) return ['a commit of the branch is lost'];
  const gone = [...objects.read(from).files.keys()].filter((path) => !objects.read(to).files.has(path));
  const landed = landings(objects, before, branch, contenders);
  const own = landings(objects, after, branch, contenders);
  return [
    ...gone.map((path) => `${path} is lost`),
    ...IMAGES.flatMap(({ key }) => {
      const run = own(key)[0];
      if (!run || landed(key).includes(run)) return [];
      const newer = landed(key).find((earlier) => byAge(earlier, run) > 0);
      return newer ? [`${key} goes back from ${newer.name} to ${run.name}`] : [];
    }),
  ];
}

/** The landed runs by image, latest first: from the ledger (including runs with nothing to change) and the branch. */
function landings(
  objects: Objects,
  refs: Refs,
  branch: string,
  contenders: readonly Contender[],
): (key: string) => RaceRun[] {
  const versions = ledgerVersions(objects, refs, branch);
  const history = objects.history(headOf(refs, branch));
  return (key) => {
    const image = IMAGES.find((candidate) => candidate.key === key)?.image ?? '';
    const runs = contenders.flatMap(({ run }) => (releases(run, key) ? run : []));
    const recorded = versions.flatMap(({ images }) =>
      runs.filter((run) => images[image] && isAt(run, images[image].newest)),
    );
    const committed = history.flatMap(({ message }) => runs.filter(({ name }) => isBy(message, name)));
    return [...new Set([...(recorded.length > 0 ? recorded : committed), ...committed])];
  };
}

/** Newest first. */
function ledgerVersions(objects: Objects, refs: Refs, channel: string): LedgerJson[] {
  const { oid } = readLedger(objects, refs, channel);
  return oid === undefined ? [] : objects.history(oid).map(parsed);
}

const ledgers = new WeakMap<MemoryCommit, LedgerJson>();

function parsed(commit: MemoryCommit): LedgerJson {
  const known = ledgers.get(commit);
  if (known) return known;
  const bytes = commit.files.get('ledger.json')?.bytes ?? [];
  const ledger = ledgerJson(Buffer.from(bytes).toString('utf8'), commit.message);
  ledgers.set(commit, ledger);
  return ledger;
}

export function shownAt(commit: MemoryCommit): Map<string, Shown> {
  return shownIn(Buffer.from(commit.files.get(FILE)?.bytes ?? []).toString('utf8'));
}

const headOf = (refs: Refs, branch: string) => refs.get(branchRef(branch)) as string;
const isBy = (message: string, name: string) => readTrailer(message, TRAILERS.id)?.startsWith(`${name}.`) === true;
const releases = (run: RaceRun, key: string) => run.rollouts.some((rollout) => rollout.key === key);
const isAt = ({ source }: RaceRun, { commit, run }: { commit: string; run?: number }) =>
  source.commit === commit && source.run === run;
const byAge = (a: RaceRun, b: RaceRun) => a.age - b.age || a.source.run - b.source.run;
const same = (a: { tag: string; digest?: string }, b: { tag: string; digest?: string }) =>
  a.tag === b.tag && a.digest === b.digest;
