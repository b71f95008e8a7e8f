import { deploy } from '../../../src/deploy/deploy.js';
import type { DeployResult } from '../../../src/deploy/deployment.js';
import { createVirtualClock, type VirtualClock } from '../../../testing/memory-remote/clock.js';
import type { Fault, Operation } from '../../../testing/memory-remote/faults.js';
import { createRandom } from '../../../testing/random.js';
import { createRemote, type MemoryRemote, type RemoteSpec } from '../../../testing/memory-remote/remote.js';
import { createMemoryTarget } from '../../../testing/memory-remote/target.js';
import { FILE, firstFiles, IMAGES, planRun, pushSource, type RaceRun, type SourceCommit } from './race.js';

export const BRANCH = 'main';
/** Faults that one run meets at most: fewer than make it give up. */
const MOST_FAULTS = 4;
const WHILE_RUNS_START_MS = 1500;

/** What a run came to. */
export type RunEnd =
  | { status: 'done'; result: DeployResult }
  | { status: 'crashed' }
  | { status: 'failed'; error: unknown };

export interface Simulated {
  remote: MemoryRemote;
  sources: readonly SourceCommit[];
  runs: readonly { run: RaceRun; end: RunEnd }[];
  /** Paths of the files that others have committed. */
  others: readonly string[];
  faults: number;
}

/**
 * Runs of the real `deploy()` race for one branch of a remote in memory, with sources pushed meanwhile, other
 * people's commits, faults and crashes. The seed decides everything.
 */
export async function simulate(seed: number, runs: number, spec: RemoteSpec = {}): Promise<Simulated> {
  const random = createRandom(seed);
  const clock = createVirtualClock(seed + 1);
  const empty = createRemote(spec);
  empty.land(BRANCH, firstFiles(), 'First\n');
  const remote = createRemote({ ...spec, objects: empty.objects }, empty.refs());
  const simulated = { remote, sources: [] as SourceCommit[], others: [] as string[], faults: 0 };
  simulated.sources.push(pushSource(remote, BRANCH, [], random));

  async function start(number: number): Promise<{ run: RaceRun; end: RunEnd }> {
    await clock.wait(random() * WHILE_RUNS_START_MS);
    if (random() < 0.6) simulated.sources.push(pushSource(remote, BRANCH, simulated.sources, random));
    if (random() < 0.2) {
      const path = `docs/${number}.md`;
      remote.land(BRANCH, { [path]: 'Words\n' }, 'Write\n');
      simulated.others.push(path);
    }
    const run = planRun(number, simulated.sources, random);
    await clock.wait(random() * WHILE_RUNS_START_MS);
    const count = () => void simulated.faults++;
    return { run, end: await runOne(run, { remote, clock, random, count }) };
  }

  const ended = await clock.run(Promise.all(Array.from({ length: runs }, (_, number) => start(number))));
  return { ...simulated, runs: ended };
}

interface Surroundings {
  remote: MemoryRemote;
  clock: VirtualClock;
  random: () => number;
  count: () => void;
}

async function runOne(run: RaceRun, surroundings: Surroundings): Promise<RunEnd> {
  const { remote, clock, random, count } = surroundings;
  let crash = () => {};
  const crashed = new Promise<RunEnd>((resolve) => (crash = () => resolve({ status: 'crashed' })));
  let beforeCrash = random() < 0.15 ? Math.floor(random() * 16) : Infinity;
  let faults = 0;

  const target = createMemoryTarget({
    remote,
    branch: BRANCH,
    fault(operation) {
      const fault = faults < MOST_FAULTS && random() < 0.25 ? faultOf(operation, random) : undefined;
      if (fault) count();
      if (fault) faults++;
      return fault;
    },
    async travel() {
      if (beforeCrash-- > 0) return clock.wait(1 + random() * 120);
      crash();
      return new Promise(() => {});
    },
  });
  const ended = deploy({
    deploys: [
      {
        status: 'deploy',
        branch: BRANCH,
        channel: BRANCH,
        images: IMAGES.map(({ key }) => key),
        target: { kustomization: FILE, mode: 'commit', missing: 'refuse', pin: 'both' },
      },
    ],
    rollouts: run.rollouts,
    source: run.source,
    intent: { type: 'release', order: 'forward-only' },
    openTarget: () => target,
    registry: { check: 'none' },
    kustomize: { status: 'missing' },
    clockwork: clock,
    newId: () => run.name,
    now: new Date(clock.now()).toISOString(),
  }).then(
    (result): RunEnd => ({ status: 'done', result }),
    (error: unknown): RunEnd => ({ status: 'failed', error }),
  );
  return Promise.race([ended, crashed]);
}

function faultOf(operation: Operation, random: () => number): Fault | undefined {
  const chance = random();
  if (operation !== 'commit') return { type: 'lag', moves: 1 + Math.floor(random() * 3) };
  if (chance < 0.35) return { type: 'lost-after-landing' };
  if (chance < 0.6) return { type: 'lost-before-landing' };
  if (chance < 0.8) return { type: 'replayed' };
  return { type: 'later', retryAfterMs: 500 + random() * 2000 };
}
