import { jest } from '@jest/globals';
import { WAYS } from '../../lab/race/faults.js';
import { race } from '../../lab/race/race.js';

jest.setTimeout(180_000);

/** `IMAGE_RELEASE_SEED=17 npm test -- __tests__/stories/races.test.ts` repeats one race on both ways. */
const given = process.env['IMAGE_RELEASE_SEED'];
const seeds = given === undefined ? [11, 12] : [Number(given)];

describe.each(WAYS)('twenty processes that race through %s', (way) => {
  test.each(seeds)('seed %d: nothing is lost, and every image ends at its newest source', async (seed) => {
    const { faults, exitCodes, deployCommits } = await race(seed, way);
    expect(faults).toEqual([]);
    expect(Object.values(exitCodes).reduce((sum, count) => sum + count)).toBe(20);
    expect(deployCommits).toBeGreaterThan(0);
  });
});
