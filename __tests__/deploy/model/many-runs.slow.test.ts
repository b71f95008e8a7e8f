import { jest } from '@jest/globals';
import { branchRef, type Refs } from '../../../testing/memory-remote/refs.js';
import {
  findDisagreements,
  findOutdated,
  findStrayCommits,
  findTwice,
  findUntold,
  findWrongMove,
  type Contender,
} from './audit.js';
import { firstValues, type RaceRun } from './race.js';
import { BRANCH, simulate, type RunEnd, type Simulated } from './simulation.js';
import { soak } from '../../../testing/soak.js';

jest.setTimeout(120_000);

const RUNS = 20;
/** `IMAGE_RELEASE_SEED=17 npm test -- __tests__/deploy/model/many-runs.slow.test.ts` replays one. */
const replayed = process.env.IMAGE_RELEASE_SEED || undefined;
const seedsUpTo = (last: number) =>
  replayed === undefined ? Array.from({ length: last }, (_, index) => index + 1) : [Number(replayed)];

function findWrongIn(simulated: Simulated): string[] {
  const { remote, runs } = simulated;
  const { objects } = remote;
  const states = remote.states();
  const contenders = runs.flatMap(({ run, end }) => contenderOf(run, end));
  return [
    ...findWrongEnd(simulated),
    ...findStrayCommits(objects, remote.refs(), BRANCH),
    ...findTwice(objects, remote.refs(), BRANCH, contenders),
    ...findUntold(objects, remote.refs(), BRANCH, contenders),
    ...states
      .slice(1)
      .flatMap((after, index) => findWrongMove(objects, states[index] as Refs, after, BRANCH, contenders)),
  ];
}

function findWrongEnd({ remote, runs, others }: Simulated): string[] {
  const { objects } = remote;
  const refs = remote.refs();
  const contenders = runs.flatMap(({ run, end }) => contenderOf(run, end));
  const { files } = objects.read(refs.get(branchRef(BRANCH)) as string);
  return [
    ...findOutdated(objects, refs, BRANCH, firstValues(), contenders),
    ...findDisagreements(objects, refs, BRANCH, contenders),
    ...others.flatMap((path) => (files.has(path) ? [] : [`somebody's ${path} is lost`])),
    ...runs.flatMap(({ run, end }) => (end.status === 'failed' ? [`${run.name} failed: ${String(end.error)}`] : [])),
  ];
}

function contenderOf(run: RaceRun, end: RunEnd): Contender[] {
  if (end.status === 'failed') return [];
  if (end.status === 'crashed') return [{ run, end: 'crashed' }];
  const commits = end.result.deployments.flatMap((item) => (item.status === 'committed' ? item.commit : []));
  return [{ run, end: 'finished', commits }];
}

type Count = Record<'committed' | 'unchanged' | 'superseded' | 'crashed' | 'faults' | 'races', number>;

/** Simulates every seed. @throws with all that is wrong, and how to see it again */
async function raceAll(
  seeds: readonly number[],
  race: (seed: number) => Promise<Simulated>,
  findWrong: (simulated: Simulated) => string[],
): Promise<Count> {
  const count: Count = { committed: 0, unchanged: 0, superseded: 0, crashed: 0, faults: 0, races: 0 };
  const bad: string[] = [];
  for (const seed of seeds) {
    const simulated = await race(seed);
    const wrong = findWrong(simulated);
    if (wrong.length > 0) bad.push(`seed ${seed} (replay: IMAGE_RELEASE_SEED=${seed}):\n  ${wrong.join('\n  ')}`);
    count.faults += simulated.faults;
    for (const { end } of simulated.runs) {
      if (end.status === 'crashed') count.crashed++;
      const [deployment] = end.status === 'done' ? end.result.deployments : [];
      if (deployment?.status === 'committed') count.races += deployment.lostRaces;
      if (deployment && deployment.status in count) count[deployment.status as keyof Count]++;
    }
  }
  expect(bad.join('\n')).toBe('');
  process.stderr.write(`${seeds.length} seeds of ${RUNS} runs: ${JSON.stringify(count)}\n`);
  return count;
}

test(`${RUNS} runs that race end consistent, the newest wins, each commits once`, async () => {
  const count = await raceAll(seedsUpTo(soak(10, 400)), (seed) => simulate(seed, RUNS), findWrongIn);
  // A race in which one of these never happens would prove little.
  if (replayed === undefined) for (const times of Object.values(count)) expect(times).toBeGreaterThan(5);
});

test('the same where ledgers can only be branches', async () => {
  await raceAll(seedsUpTo(soak(2, 40)), (seed) => simulate(seed, RUNS, { ledgers: 'branches' }), findWrongIn);
});

test('the race bites: where a server takes no ledgers, and tags alone tell the order, it finds the harm', async () => {
  const harmed = await Promise.all(
    seedsUpTo(4).map(async (seed) => findWrongIn(await simulate(seed, RUNS, { ledgers: 'nowhere' }))),
  );
  const words = harmed.flat().filter((wrong) => /but main-\w+ is deployed$/.test(wrong));
  process.stderr.write(`${words.slice(0, 3).join('\n')}\n`);
  if (replayed === undefined) expect(words.length).toBeGreaterThan(0);
});

test('the same seed gives the same race', async () => {
  const [first, second] = [await simulate(7, 6), await simulate(7, 6)];
  expect([...second.remote.refs()]).toEqual([...first.remote.refs()]);
});
