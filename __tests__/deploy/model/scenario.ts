import { createObjects, type Objects } from '../../../testing/memory-remote/objects.js';
import type { Refs } from '../../../testing/memory-remote/refs.js';
import { createRemote } from '../../../testing/memory-remote/remote.js';
import type { BranchRequest } from '../../../src/deploy/rollout/branch.js';
import {
  findDisagreements,
  findOutdated,
  findStrayCommits,
  findTwice,
  findUntold,
  findWrongMove,
  type Contender,
} from './audit.js';
import { FAITHFUL } from './drivers.js';
import { explore, type Actor, type Explored } from './explore.js';
import { digestOf, FILE, firstFiles, firstValue, firstValues, IMAGES, type RaceRun } from './race.js';
import { runActor, type Driver, type FaultName, type RunState } from './rollout-actor.js';

const BRANCH = 'main';

/** The values that a run sets for an image: new ones, or those that the Kustomization had at first. */
type Brings = 'change' | 'no-op';

export interface RunSpec {
  name: string;
  /** Position of its source in the history. */
  age: number;
  /** Id of the run; default: the age. */
  run?: number;
  images: Partial<Record<'api' | 'web' | 'worker', Brings>>;
}

/** A person who may commit these files once, at any time. */
export interface PersonSpec {
  does: string;
  files: Record<string, string>;
}

export interface Scenario {
  runs: RunSpec[];
  person?: PersonSpec;
  /** Number of faults per run, and their kinds. */
  faults: { each: number; kinds: readonly FaultName[] };
  /** The checks at the end; default: all. */
  judges?: readonly JudgeName[];
}

type Judge = (objects: Objects, refs: Refs, contenders: readonly Contender[]) => string[];
const JUDGES = {
  deployed: (objects, refs, contenders) => findOutdated(objects, refs, BRANCH, firstValues(), contenders),
  ledger: (objects, refs, contenders) => [
    ...findDisagreements(objects, refs, BRANCH, contenders),
    ...findStrayCommits(objects, refs, BRANCH),
  ],
  once: (objects, refs, contenders) => findTwice(objects, refs, BRANCH, contenders),
  told: (objects, refs, contenders) => findUntold(objects, refs, BRANCH, contenders),
} satisfies Record<string, Judge>;
type JudgeName = keyof typeof JUDGES;

type State = RunState | { person: 'about to' | 'done' };

/** Explores all interleavings of the runs of a scenario on one remote. */
export async function exploreRuns(scenario: Scenario, driver: Driver = FAITHFUL): Promise<Explored> {
  const objects = createObjects();
  const remote = createRemote({ objects });
  remote.land(BRANCH, firstFiles(), 'First\n');
  const sources = [1, 2, 3].map((step) => remote.land(BRANCH, { 'src/main.ts': `${step};\n` }, 'Work\n'));
  const runs = scenario.runs.map((spec) => raceRun(spec, sources));
  const actors: Actor<Refs, State>[] = runs.map(
    (run) => runActor(run.name, requestOf(run), objects, driver, scenario.faults) as Actor<Refs, State>,
  );
  if (scenario.person) actors.push(personActor(scenario.person));
  const judges = scenario.judges ?? (Object.keys(JUDGES) as JudgeName[]);
  const suspects = runs.map((run): Contender => ({ run, end: 'crashed' }));

  return explore({
    shared: remote.refs(),
    keyOf: (refs) => [...refs].sort().join(),
    actors,
    wrongMove: (before, after) => sentence(findWrongMove(objects, before, after, BRANCH, suspects)),
    wrongEnd(refs, states) {
      const contenders = runs.map((run, index) => contenderOf(run, states[index] as RunState));
      const failed = contenders.flatMap((item) => ('words' in item ? item.words : []));
      const ended = contenders.flatMap((item) => ('words' in item ? [] : item));
      return sentence([...failed, ...judges.flatMap((name) => JUDGES[name](objects, refs, ended))]);
    },
  });

  function personActor({ does, files }: PersonSpec): Actor<Refs, State> {
    return {
      name: 'a person',
      start: { person: 'about to' },
      key: (state) => JSON.stringify(state),
      ended: () => true,
      async steps(state, refs) {
        if (!('person' in state) || state.person === 'done') return [];
        const at = createRemote({ objects }, refs);
        at.land(BRANCH, files, `${does}\n`);
        return [{ label: does, state: { person: 'done' }, shared: at.refs() }];
      },
    };
  }
}

const sentence = (wrong: readonly string[]) => (wrong.length === 0 ? undefined : wrong.join('; '));

function raceRun({ name, age, run = age, images }: RunSpec, sources: readonly string[]): RaceRun {
  const commit = sources[age - 1] as string;
  return {
    name,
    age,
    source: { repository: 'acme/app', commit, run },
    rollouts: IMAGES.flatMap(({ key, image }) => {
      const brings = images[key as 'api'];
      if (!brings) return [];
      const { tag, digest } =
        brings === 'no-op' ? firstValue(key) : { tag: `main-${commit.slice(0, 7)}`, digest: digestOf(key, name) };
      return [{ key, image, releaseTag: tag, digest }];
    }),
  };
}

function requestOf({ name, source, rollouts }: RaceRun): BranchRequest {
  return {
    description: `memory, branch ${BRANCH}`,
    branch: BRANCH,
    deploys: [
      {
        status: 'deploy',
        branch: BRANCH,
        channel: BRANCH,
        images: rollouts.map(({ key }) => key),
        target: {
          kustomization: FILE,
          mode: 'commit',
          missing: 'refuse',
          pin: 'both',
        },
      },
    ],
    dormant: [],
    rollouts,
    source,
    intent: { type: 'release', order: 'forward-only' },
    id: name,
    now: '2026-01-01T00:00:00Z',
  };
}

function contenderOf(run: RaceRun, { rollout, alive }: RunState): Contender | { words: string } {
  if (alive === 'crashed') return { run, end: 'crashed' };
  if (rollout.step.type === 'fail') return { words: `${run.name} failed: ${String(rollout.step.error)}` };
  const commit = rollout.step.type === 'done' ? rollout.step.outcome.commit : undefined;
  return { run, end: 'finished', commits: commit ? [commit.oid] : [] };
}

/** The violation and the schedule that leads to it; empty if there is none. */
export function show({ wrong }: Explored): string {
  if (!wrong) return '';
  return [`${wrong.what}, after`, ...wrong.schedule.map((line, index) => `${index + 1}. ${line}`)].join('\n');
}
