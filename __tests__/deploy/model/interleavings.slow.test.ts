import {
  BELIEVING_EVERY_LOOK,
  BRANCH_BEFORE_LEDGER,
  BRANCH_BEFORE_LEDGER_BELIEVED,
  WITHOUT_LEDGER,
  WITHOUT_READING_AGAIN,
  WITHOUT_RECORD_OF_NO_OP,
  WITHOUT_SEARCH,
} from './drivers.js';
import { soak } from '../../../testing/soak.js';
import { FILE, firstValues, kustomizationOf } from './race.js';
import type { Driver } from './rollout-actor.js';
import { exploreRuns, show, type PersonSpec, type RunSpec, type Scenario } from './scenario.js';

const OLDER: RunSpec = { name: 'older', age: 1, images: { api: 'change' } };
const NEWER: RunSpec = { name: 'newer', age: 2, images: { api: 'change' } };
const NEWEST_NO_OP: RunSpec = { name: 'newest', age: 3, images: { api: 'no-op' } };
const WRITES: PersonSpec = { does: 'commits documentation', files: { 'docs/words.md': 'Words\n' } };

const NEWEST: RunSpec = { name: 'newest', age: 3, images: { api: 'change' } };
const LOST = { each: 1, kinds: ['lost'] } as const;

const SCENARIOS: Record<string, Scenario> = {
  'three runs, the newest with nothing to change': { runs: [OLDER, NEWER, NEWEST_NO_OP], faults: LOST },
  'two runs with late writes, the newest with nothing to change, while a person commits': {
    runs: [OLDER, NEWEST_NO_OP],
    person: WRITES,
    faults: { each: 1, kinds: soak(['slow'], ['slow', 'lost', 'replayed']) },
  },
  'two runs with lost answers and lagging replicas': {
    runs: [OLDER, NEWER],
    faults: { each: soak(2, 3), kinds: ['lost', 'lag'] },
  },
  'two runs that share an image, with retry-after answers and replayed pushes': {
    runs: [
      { ...OLDER, images: { api: 'change', web: 'change' } },
      { ...NEWER, images: { web: 'change' } },
    ],
    faults: { each: 2, kinds: ['replayed', 'later'] },
  },
};

/** Only in `npm run soak`. */
const MORE: Record<string, Scenario> = {
  'three runs with retry-after answers and replayed pushes': {
    runs: [OLDER, NEWER, NEWEST_NO_OP],
    faults: { each: 1, kinds: ['replayed', 'later'] },
  },
  'two runs with two faults each': { runs: [OLDER, NEWER], faults: { each: 2, kinds: ['lost', 'slow'] } },
  'three runs, the middle one with nothing to change': {
    runs: [OLDER, { name: 'middle', age: 2, images: { api: 'no-op' } }, NEWEST],
    faults: LOST,
  },
  'three runs, the oldest with nothing to change': {
    runs: [{ ...OLDER, images: { api: 'no-op' } }, NEWER, NEWEST],
    faults: LOST,
  },
  'three runs with changes': { runs: [OLDER, NEWER, NEWEST], faults: LOST },
  'three runs that share some of three images': {
    runs: [
      { name: 'older', age: 1, images: { api: 'change', web: 'change' } },
      { name: 'newer', age: 2, images: { web: 'change' } },
      { name: 'newest', age: 3, images: { api: 'no-op', worker: 'change' } },
    ],
    faults: LOST,
  },
  'three runs of one commit': {
    runs: [
      { name: 'first', age: 1, run: 1, images: { api: 'change' } },
      { name: 'second', age: 1, run: 2, images: { api: 'change' } },
      { name: 'third', age: 1, run: 3, images: { api: 'no-op' } },
    ],
    faults: LOST,
  },
};

async function prove(name: string, scenario: Scenario, driver?: Driver): Promise<void> {
  const started = performance.now();
  const explored = await exploreRuns(scenario, driver);
  const { states, steps, schedules } = explored;
  const took = Math.round(performance.now() - started);
  process.stderr.write(
    `${name}: ${states} states, ${steps} steps, ${schedules.toExponential(2)} schedules, ${took} ms\n`,
  );
  expect(show(explored)).toBe('');
}

describe('every interleaving deploys the newest finished release, loses nothing, and leaves a correct ledger', () => {
  test.each(Object.entries({ ...SCENARIOS, ...soak({}, MORE) }))('%s', (name, scenario) => prove(name, scenario));

  test('also if the branch is read before the ledger', () =>
    prove(
      'branch read first',
      { runs: soak([OLDER, NEWEST_NO_OP], [OLDER, NEWER, NEWEST_NO_OP]), faults: LOST },
      BRANCH_BEFORE_LEDGER,
    ));
});

describe('a faulty driver is detected with the shortest bad schedule', () => {
  const REVERTS: PersonSpec = {
    does: 'takes the tags back by hand',
    files: { [FILE]: kustomizationOf(firstValues()) },
  };
  const TWO: Scenario = { runs: [OLDER, NEWEST_NO_OP], faults: LOST };
  test.each<[string, Driver, Scenario, what: string, steps: number]>([
    [
      'without the ledger, an older run undoes the tag that a newer run confirmed',
      WITHOUT_LEDGER,
      { ...TWO, judges: ['deployed'] },
      "the newest finished release of api is newest's (main-0000000), but main-OLDER is deployed",
      6,
    ],
    [
      'without rereading after a lost race, a stale plan overwrites a newer release',
      WITHOUT_READING_AGAIN,
      { ...TWO, runs: [OLDER, NEWER] },
      'api goes back from newer to older',
      6,
    ],
    [
      "without the search, a run doesn't report its own commit",
      WITHOUT_SEARCH,
      { ...TWO, runs: [OLDER] },
      'older has committed and does not report it',
      7,
    ],
    [
      'without the search, a release is committed twice',
      WITHOUT_SEARCH,
      { ...TWO, runs: [OLDER], person: REVERTS, judges: ['once'] },
      'older is committed 2 times',
      9,
    ],
    [
      'if every search is trusted, a lagging replica hides a commit from its run',
      BELIEVING_EVERY_LOOK,
      { runs: [OLDER], faults: { each: 3, kinds: ['lost', 'lag'] } },
      'older has committed and does not report it',
      7,
    ],
    [
      'if the branch is read before the ledger and trusted, the newest run confirms a replaced tag',
      BRANCH_BEFORE_LEDGER_BELIEVED,
      TWO,
      "the newest finished release of api is newest's (main-0000000), but main-OLDER is deployed; the ledger says api main-0000000, the file says main-OLDER",
      6,
    ],
    [
      "if a run that changes nothing isn't recorded, an older run undoes the tag that it confirmed",
      WITHOUT_RECORD_OF_NO_OP,
      { ...TWO, judges: ['deployed'] },
      "the newest finished release of api is newest's (main-0000000), but main-OLDER is deployed",
      6,
    ],
  ])('%s', async (name, driver, scenario, what, steps) => {
    expect((await exploreRuns(scenario)).wrong).toBeUndefined();
    const shown = show(await exploreRuns(scenario, driver)).replace(/main-(?!0{7})[0-9a-f]{7}/g, 'main-OLDER');
    process.stderr.write(`${name}:\n${shown}\n`);
    const [first, ...schedule] = shown.split('\n');
    expect([first, schedule.length]).toEqual([`${what}, after`, steps]);
  });
});
