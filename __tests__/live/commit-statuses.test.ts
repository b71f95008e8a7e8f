import { judgeStatuses } from '../../src/live/commit-statuses.js';
import type { LiveImage, LiveOutcome } from '../../src/live/outcome.js';
import { settled, waitForImages } from '../../src/live/wait.js';
import { EXPECTED } from './scenarios.js';

const FLUX = 'kustomization/acme/0a1b2c3d';
const status = (context: string, state: string, at = 0, description = '') => ({ context, state, at, description });

test('counts only statuses of Argo CD and Flux, and only the newest one of each context', () => {
  expect(judgeStatuses([status('ci/test', 'failure'), status('vercel', 'success')])).toBeUndefined();
  expect(judgeStatuses([status('continuous-delivery/acme', 'success', 7), status('ci/test', 'failure')])).toEqual({
    ...{ status: 'running', since: 7 },
  });
  const flipped = [status(FLUX, 'failure', 9, 'health check failed'), status(FLUX, 'success', 3)];
  expect(judgeStatuses(flipped)).toEqual({
    ...{ status: 'failed', since: 9 },
    reason: `the commit status ${FLUX} is failure: health check failed`,
  });
  expect(judgeStatuses([status(FLUX, 'success'), status('continuous-delivery/acme', 'pending')])).toEqual({
    status: 'progressing',
    reason: 'the commit status continuous-delivery/acme is pending',
  });
});

/** How a wait ends if statuses are set at these times, in seconds. */
async function waitFor(history: [at: number, state: string][]) {
  let now = 0;
  const outcomes: string[] = [];
  const { images, end } = await waitForImages({
    async read() {
      const known = history.filter(([at]) => at * 1000 <= now).toReversed();
      const judged = judgeStatuses(known.map(([at, state]) => status(FLUX, state, at * 1000)));
      const outcome: LiveOutcome = judged ?? { status: 'unknown', reason: 'no status yet', open: true };
      const { key, channel, image } = EXPECTED;
      const read: LiveImage = {
        key,
        channel,
        image,
        source: 'commit-statuses',
        workloads: [],
        outcome: settled(outcome, now),
      };
      return [read];
    },
    onChange: (changed) => outcomes.push(...changed.map(({ outcome }) => outcome.status)),
    limitMs: 600_000,
    clock: { now: () => now, sleep: async (ms) => void (now += ms) },
  });
  return { status: images[0]?.outcome.status, end, seconds: now / 1000, outcomes };
}

test('a wait ends as failed if a success changes to a failure', async () => {
  expect(
    await waitFor([
      [20, 'success'],
      [40, 'failure'],
    ]),
  ).toEqual({
    ...{ status: 'failed', end: 'over', seconds: 75 },
    outcomes: ['unknown', 'progressing', 'progressing', 'failed'],
  });
});

test('a wait ends as running after a success has lasted 30 s, also if a failure came first', async () => {
  expect(
    await waitFor([
      [10, 'failure'],
      [25, 'success'],
    ]),
  ).toMatchObject({ status: 'running', seconds: 60 });
  expect(await waitFor([[10, 'success']])).toMatchObject({ status: 'running', seconds: 45 });
});

test('a wait without any status lasts until its time limit', async () => {
  expect(await waitFor([])).toEqual({ status: 'unknown', end: 'timeout', seconds: 600, outcomes: ['unknown'] });
});
