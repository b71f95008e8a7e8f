import { BEGIN, frameOf, step, type Told } from './live-samples.js';

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
  ['nothing before anything is told', [], []],
  ['the stage under way, with its time', [[0, { type: 'stage', stage: 'plan' }]], ['⠋ plan 0.0 s']],
  [
    'every image of the release once building begins, and what the builder does for all',
    BUILDING.slice(0, 5),
    [
      '✓ plan 1.0 s  ✓ check 2.0 s  ⠋ build 0.0 s  booting buildkit',
      '  · api       waiting',
      '  · frontend  waiting',
      '  – cron      unchanged since main-1a2b3c4',
    ],
  ],
  [
    'how far each image is, and its latest step',
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
    'the last lines of a step that failed',
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
    'what follows the build without the images that had nothing to do',
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

test('a build that is tried again begins anew', () => {
  const again: Told[] = [[18, { type: 'started', step: step('frontend', 12, '[2/3] RUN make') }]];
  expect(frameOf([...BUILDING, ...FRONTEND, ...FAILED, ...again])[2]).toBe('  ⠋ frontend  0/3  RUN make  13 s');
});

test('an image that broke off because another failed is not told to have failed', () => {
  const two: Told[] = [...BUILDING, [5, FRONTEND[0]![1]], [17, FAILED[0]![1]]];
  const told: Told[] = [...two, [18, { type: 'end', outcome: 'failed' }]];
  expect(frameOf(told, {}, 'last')).toEqual([
    '✓ plan 1.0 s  ✓ check 2.0 s  ✗ build 15 s',
    '  – api       cancelled after 1 of 5 steps  14 s',
    '  ✗ frontend  failed: RUN echo 你好世界 && make everything  12 s',
  ]);
});

test('what was only looked at leaves no line', () => {
  const plan: Told[] = [...BEGIN.slice(0, 3), [3, { type: 'end', outcome: 'planned' }]];
  expect(frameOf(plan).length).toBe(1);
  expect(frameOf(plan, {}, 'last')).toEqual([]);
});
