import { buildInAttempts } from '../../src/builders/buildx/attempts.js';
import { onceItIsBack } from '../../src/builders/buildx/builder-lost.js';
import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import { plannedImage } from './samples.js';

describe('how often a lost builder is waited for', () => {
  const problem = (message: string): Problem => ({
    code: 'build/builder-lost',
    severity: 'error',
    message,
    fix: 'See its log.',
  });
  const LOST = problem('Build: the connection to the builder broke off.');
  const AWAY = problem('Build: the builder does not answer any more.');

  test.each<[string, Problem[], number[] | 'fails']>([
    ['lost once', [LOST], [3000]],
    ['lost, and slow to come back', [LOST, AWAY, AWAY], [3000, 5000, 15_000]],
    ['lost, and does not come back', [LOST, AWAY, AWAY, AWAY], 'fails'],
    ['lost twice', [LOST, LOST], 'fails'],
    ['lost again after it was away', [AWAY, LOST], 'fails'],
  ])('%s', async (_, failures, expected) => {
    const left = [...failures];
    const pauses: number[] = [];
    const building = buildInAttempts(
      [plannedImage('api')],
      { 'build/builder-lost': onceItIsBack },
      {
        build: async () => {
          const next = left.shift();
          if (next !== undefined) throw new ReleaseError([next]);
        },
        tell() {},
        pause: async (ms) => void pauses.push(ms),
      },
    );
    if (expected === 'fails') await expect(building).rejects.toMatchObject({ problems: [failures.at(-1)] });
    else {
      expect((await building).warnings).toHaveLength(failures.length);
      expect(pauses).toEqual(expected);
    }
    expect(left).toEqual([]);
  });
});
