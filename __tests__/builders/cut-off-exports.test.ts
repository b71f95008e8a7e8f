import type { FailedStep } from '../../src/builders/buildx/progress.js';
import { ERROR, explain, failed } from './failed-steps.js';

describe('an export that was cut off because another image failed is not the cause', () => {
  const WORDS = [
    'failed commit on ref "sha256:6d2f": commit failed: EOF: unknown',
    'error writing config blob: failed to get status: error getting writer status: EOF: unknown',
    'error writing manifest blob: lease does not exist: not found',
    'failed to push r.example/api: failed to do request: Put "https://r.example/v2/": use of closed network connection',
    'words that nobody has seen yet',
  ];
  const cutOff = (words: string, completed?: number): FailedStep => ({
    ...failed('exporting to image', words),
    completed,
  });
  const step = { ...failed('[2/2] RUN false', ERROR, [], 'web'), completed: 2000 };

  test.each(WORDS)('when a step of that image failed before: %s', (words) => {
    for (const order of [
      [cutOff(words, 2001), step],
      [step, cutOff(words, 2000)],
    ]) {
      expect(explain({ failed: order }, ['api', 'web'])).toMatchObject([{ image: 'web' }]);
    }
  });

  test.each(WORDS)('when that image failed without a step: %s', (words) => {
    const text = [
      'ERROR: target web: failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY',
    ];
    expect(explain({ failed: [cutOff(words, 2000)], text }, ['api', 'web'])).toMatchObject([
      { image: 'web', code: 'build/dockerfile-invalid' },
    ]);
  });

  test.each(WORDS)('but it is when it failed alone, or first: %s', (words) => {
    const text = [`ERROR: target api: failed to solve: ${words}`];
    expect(explain({ failed: [cutOff(words, 2000)], text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
    ]);
    if (words.endsWith('unknown') || words.endsWith('not found')) return;
    expect(explain({ failed: [cutOff(words, 1999), step], text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
      { image: 'web' },
    ]);
  });

  test('and a registry that refuses two images is reported for both', () => {
    const denied = (key: string, completed: number) => ({
      ...failed(
        'exporting to image',
        `failed to push r.example/${key}: denied: requested access to ${key}`,
        [],
        key,
      ),
      completed,
    });
    const steps = [denied('api', 2000), denied('web', 2001)];
    const text = [`ERROR: target api: failed to solve: ${steps[0]!.error}`];
    expect(explain({ failed: steps, text }, ['api', 'web'])).toMatchObject([
      { image: 'api' },
      { image: 'web' },
    ]);
  });
});
