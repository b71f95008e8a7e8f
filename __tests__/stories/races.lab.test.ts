/** @programs kustomize */
import { WAYS } from '../../testing/race/faults.js';
import { race } from '../../testing/race/race.js';
import { soak } from '../../testing/soak.js';

/** `IMAGE_RELEASE_SEED=17 npm test -- __tests__/stories/races.lab.test.ts` repeats one race through both ways. */
const given = process.env['IMAGE_RELEASE_SEED'];
const seeds = given === undefined ? soak([11], [11, 12, 13, 14]) : [Number(given)];
const PROCESSES = soak(4, 20);

describe.each(WAYS)(`${PROCESSES} concurrent deploys through %s`, (way) => {
  test.each(seeds)('seed %d: no change is lost, and every image ends at its newest source commit', async (seed) => {
    const { faults, exitCodes, deployCommits } = await race(seed, way, PROCESSES);
    expect(faults).toEqual([]);
    expect(Object.values(exitCodes).reduce((sum, count) => sum + count)).toBe(PROCESSES);
    expect(deployCommits).toBeGreaterThan(0);
  });
});
