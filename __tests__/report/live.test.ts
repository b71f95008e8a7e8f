import stringWidth from 'string-width';
import type { JobProgress, StepName } from '../../src/builders/progress-events.js';
import { renderFrame, type Canvas, type FrameKind } from '../../src/report/live/frame.js';
import { follow, NOTHING_YET, type ProgressState } from '../../src/report/live/progress-state.js';
import type { DecidedImage, LiveEvent } from '../../src/report/live/run-event.js';
import { colorStyle, plainStyle } from '../../src/report/terminal.js';

/** Seconds since the start, and the event at that time. */
type Told = [second: number, event: LiveEvent];

const step = (key: string | undefined, number: number, name: string): StepName => ({
  key,
  number,
  name,
});
const image = (key: string, status: DecidedImage['status'] = 'build'): DecidedImage => ({
  key,
  status,
  reason: status === 'build' ? 'never published' : 'since main-1a2b3c4',
});
const BEGIN: Told[] = [
  [0, { type: 'stage', stage: 'plan' }],
  [1, { type: 'images', images: [image('api'), image('frontend'), image('cron', 'unchanged')] }],
  [1, { type: 'stage', stage: 'preflight' }],
  [3, { type: 'stage', stage: 'build' }],
];

function stateAfter(told: readonly Told[]): ProgressState {
  return told.reduce((state, [second, event]) => follow(state, event, second * 1000), NOTHING_YET);
}

function frameOf(told: readonly Told[], over: Partial<Canvas> = {}, kind?: FrameKind): string[] {
  const now = (told.at(-1)?.[0] ?? 0) * 1000;
  return renderFrame(stateAfter(told), { columns: 80, rows: 24, now, style: plainStyle, ...over }, kind);
}

const NPM = step('api', 2, '[deps 2/5] RUN npm ci');
const BUILDING: Told[] = [
  ...BEGIN,
  [3, { type: 'started', step: step(undefined, 1, '[internal] booting buildkit') }],
  [4, { type: 'completed', step: step(undefined, 1, '[internal] booting buildkit'), seconds: 1 }],
  [4, { type: 'cached', step: step('api', 3, '[deps 1/5] FROM docker.io/library/node:24-alpine') }],
  [4, { type: 'started', step: NPM }],
  [5, { type: 'output', step: NPM, line: 'added 40 packages' }],
];
const FRONTEND: Told[] = [
  [5, { type: 'started', step: step('frontend', 4, '[2/3] RUN echo 你好世界 && make everything') }],
  [15, { type: 'completed', step: step('api', 2, '[deps 2/5] RUN npm ci'), seconds: 11 }],
  [16, { type: 'completed', step: step('api', 9, 'exporting to image'), seconds: 1 }],
];
const FAILED: Told[] = [
  [
    17,
    {
      type: 'failed',
      step: step('frontend', 4, '[2/3] RUN echo 你好世界 && make everything'),
      error: 'exit code: 2',
      output: Array.from({ length: 20 }, (_, at) => `line ${at + 1}`),
    },
  ],
];

test.each<[string, Told[], string[]]>([
  ['nothing before the first event', [], []],
  ['the current stage with its time', [[0, { type: 'stage', stage: 'plan' }]], ['⠋ plan 0.0 s']],
  [
    "every image when the build begins, and the builder's steps for all images",
    BUILDING.slice(0, 5),
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ⠋ build 0.0 s  booting buildkit',
      '  · api       waiting',
      '  · frontend  waiting',
      '  – cron      unchanged since main-1a2b3c4',
    ],
  ],
  [
    'the progress and latest step of each image',
    BUILDING,
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ⠋ build 2.0 s',
      '  ⠋ api       1/5  [deps] RUN npm ci  1.0 s',
      '  · frontend  waiting',
      '  – cron      unchanged since main-1a2b3c4',
    ],
  ],
  [
    'a finished image in one line',
    [...BUILDING, ...FRONTEND],
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ⠋ build 13 s',
      '  ✓ api       5 steps, 1 cached  12 s',
      '  ⠋ frontend  0/3  RUN echo 你好世界 && make everything  11 s',
      '  – cron      unchanged since main-1a2b3c4',
    ],
  ],
  [
    'the last lines of a failed step',
    [...BUILDING, ...FRONTEND, ...FAILED],
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ⠋ build 14 s',
      '  ✓ api       5 steps, 1 cached  12 s',
      '  ✗ frontend  failed: RUN echo 你好世界 && make everything  12 s',
      ...[15, 16, 17, 18, 19, 20].map((line) => `    | line ${line}`),
      '  – cron      unchanged since main-1a2b3c4',
    ],
  ],
  [
    'later stages without unchanged images',
    [
      ...BUILDING,
      ...FRONTEND,
      [20, { type: 'completed', step: step('frontend', 11, 'exporting to image'), seconds: 1 }],
      [20, { type: 'stage', stage: 'publish' }],
    ],
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ✓ build 17 s  ⠋ publish 0.0 s',
      '  ✓ api       5 steps, 1 cached  12 s',
      '  ✓ frontend  3 steps, 0 cached  15 s',
    ],
  ],
])('shows %s', (_, told, lines) => {
  expect(frameOf(told)).toEqual(lines);
});

test('shows a retried build as running again', () => {
  const again: Told[] = [[18, { type: 'started', step: step('frontend', 12, '[2/3] RUN make') }]];
  expect(frameOf([...BUILDING, ...FRONTEND, ...FAILED, ...again])[2]).toBe('  ⠋ frontend  0/3  RUN make  13 s');
});

test('shows an image as cancelled, not as failed, if another image failed', () => {
  const two: Told[] = [...BUILDING, [5, FRONTEND[0]![1]], [17, FAILED[0]![1]]];
  const told: Told[] = [...two, [18, { type: 'end', outcome: 'failed' }]];
  expect(frameOf(told, {}, 'last')).toEqual([
    '✓ plan 1.0 s  ✓ check 2.0 s  ✗ build 15 s',
    '  – api       cancelled after 1 of 5 steps  14 s',
    '  ✗ frontend  failed: RUN echo 你好世界 && make everything  12 s',
  ]);
});

test('leaves no lines after a plan', () => {
  const plan: Told[] = [...BEGIN.slice(0, 3), [3, { type: 'end', outcome: 'planned' }]];
  expect(frameOf(plan).length).toBe(1);
  expect(frameOf(plan, {}, 'last')).toEqual([]);
});

test('shows why an image waits for its pod, then its steps and total time', () => {
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

test('shows a queued image without a time, unless one of its platforms is building', () => {
  const message = 'Waits for a pod to end: 1 may run at once';
  const queued: Told[] = [...BEGIN, [4, { type: 'queued', key: 'api', message }]];
  expect(frameOf([...queued, [9, { type: 'log', line: 'x' }]])[1]).toBe(`  · api       ${message}`);
  const begun: Told = [10, { type: 'started', step: step('api', 1, '[1/2] RUN make') }];
  expect(frameOf([...queued, begun, [12, { type: 'log', line: 'x' }]])[1]).toBe('  ⠋ api       0/2  RUN make  2.0 s');
  // One platform is building while another is queued.
  expect(frameOf([...BEGIN, begun, [12, { type: 'queued', key: 'api', message }]])[1]).toBe(
    '  ⠋ api       0/2  RUN make  2.0 s',
  );
});

test('shows the jobs of a run instead of images that are not built yet', () => {
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

describe('a frame fits', () => {
  const keys = Array.from({ length: 12 }, (_, at) => `image-${at + 1}`);
  const many: Told[] = [
    [0, { type: 'stage', stage: 'plan' }],
    [1, { type: 'images', images: keys.map((key) => image(key)) }],
    [1, { type: 'stage', stage: 'build' }],
    ...keys
      .slice(0, 9)
      .map((key, at): Told => [2, { type: 'started', step: step(key, at, `[1/9] RUN ${'界'.repeat(60)}`) }]),
    ...keys
      .slice(0, 3)
      .map((key, at): Told => [3, { type: 'completed', step: step(key, 90 + at, 'exporting to image'), seconds: 1 }]),
    [4, { type: 'failed', step: step('image-9', 8, '[1/9] RUN x'), error: '', output: ['界'.repeat(80), 'b'] }],
  ];

  test.each([
    [80, 24],
    [40, 10],
    [40, 24],
    [20, 5],
    [8, 3],
    [200, 60],
  ])('%i columns and %i rows, with wide characters and colours', (columns, rows) => {
    for (const style of [plainStyle, colorStyle]) {
      const lines = frameOf(many, { columns, rows, style });
      expect(lines.length).toBeLessThan(rows);
      expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
    }
  });

  test('too many images, by counting those without a line', () => {
    expect(frameOf(many, { columns: 40, rows: 10 })).toEqual([
      '✓ plan 1.0 s  ⠋ build 3.0 s',
      ...[4, 5, 6, 7, 8].map((at) => `  ⠋ image-${at}   0/9  RUN 界界界界…  2.0 s`),
      '  ✗ image-9   failed: RUN x  2.0 s',
      '  · image-10  waiting',
      '  and 5 more: 2 waiting, 3 done',
    ]);
  });
});
