import type { JobProgress } from '../../src/builders/progress-events.js';
import { BEGIN, frameOf, step, type Told } from './live-samples.js';

test('an image that waits for its pod says so, and has its time and its end', () => {
  const waiting: Told[] = [
    ...BEGIN,
    [4, { type: 'waiting', key: 'api', message: 'No node takes the pod: 0/3 nodes are available' }],
  ];
  expect(frameOf([...waiting, [9, { type: 'log', line: 'x' }]])[1]).toBe(
    '  ⠋ api       No node takes the pod: 0/3 nodes are available  5.0 s',
  );
  const pushed: Told[] = [
    ...waiting,
    [10, { type: 'started', step: step('api', 1, '[1/2] RUN make') }],
    [11, { type: 'completed', step: step('api', 1, '[1/2] RUN make'), seconds: 1 }],
    [12, { type: 'completed', step: step('api', 2, 'pushing ghcr.io/acme/api:x'), seconds: 1 }],
    [13, { type: 'started', step: step('api', 3, '[internal] attach the SBOM') }],
  ];
  expect(frameOf(pushed)[1]).toBe('  ⠋ api       1/2  attach the SBOM  9.0 s');
  const built: Told = [14, { type: 'built', key: 'api', steps: { total: 2, cached: 1 } }];
  expect(frameOf([...pushed, built, [20, { type: 'log', line: 'x' }]])[1]).toBe(
    '  ✓ api       2 steps, 1 cached  10 s',
  );
});

test('an image that has its turn after others says so, and its time has not begun', () => {
  const message = 'Waits for a pod to end: 1 may run at once';
  const queued: Told[] = [...BEGIN, [4, { type: 'queued', key: 'api', message }]];
  expect(frameOf([...queued, [9, { type: 'log', line: 'x' }]])[1]).toBe(`  · api       ${message}`);
  const begun: Told = [10, { type: 'started', step: step('api', 1, '[1/2] RUN make') }];
  expect(frameOf([...queued, begun, [12, { type: 'log', line: 'x' }]])[1]).toBe('  ⠋ api       0/2  RUN make  2.0 s');
  // Of its platforms one is built and another has to wait.
  expect(frameOf([...BEGIN, begun, [12, { type: 'queued', key: 'api', message }]])[1]).toBe(
    '  ⠋ api       0/2  RUN make  2.0 s',
  );
});

test('jobs of a run stand in place of the images that they build, until those are known', () => {
  const jobs = (at: number, ...all: JobProgress[]): Told => [at, { type: 'jobs', jobs: all }];
  const lint: JobProgress = { name: 'lint', state: 'done', message: '3 steps', seconds: 7 };
  const queued: JobProgress = { name: 'release', state: 'waiting', message: 'waits for a runner' };
  const told: Told[] = [...BEGIN, jobs(4, lint, queued), jobs(8, lint, queued)];
  expect(frameOf(told).slice(1)).toEqual([
    '  – cron     unchanged since main-1a2b3c4',
    '  ✓ lint     3 steps  7.0 s',
    '  · release  waits for a runner  4.0 s',
  ]);
  const working: JobProgress = { name: 'release', state: 'working', message: 'Run checkout' };
  told.push(jobs(9, lint, working), jobs(12, lint, working));
  expect(frameOf(told).at(-1)).toBe('  ⠋ release  Run checkout  3.0 s');
  expect(frameOf([...told, [12, { type: 'end', outcome: 'cancelled' }]], {}, 'last').slice(1)).toEqual([
    '  ✓ lint     3 steps  7.0 s',
    '  – release  no longer followed  3.0 s',
  ]);
  const failed: JobProgress = { name: 'release', state: 'failed', message: 'Run checkout', seconds: 4 };
  expect(frameOf([...told, jobs(13, lint, failed)]).at(-1)).toBe('  ✗ release  failed: Run checkout  4.0 s');
  const done: JobProgress = { ...failed, state: 'done', message: '2 steps' };
  told.push(jobs(13, lint, done));
  told.push([14, { type: 'built', key: 'api', seconds: 2.5, steps: { total: 5, cached: 4 } }]);
  expect(frameOf([...told, [14, { type: 'end', outcome: 'released' }]], {}, 'last').slice(1)).toEqual([
    '  ✓ api      5 steps, 4 cached  2.5 s',
    '  ✓ lint     3 steps  7.0 s',
    '  ✓ release  2 steps  4.0 s',
  ]);
});
