import { COLD_ANNOTATION } from '../../src/plan/baseline.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { candidate, changed, CLOCK, decide, known, reading } from './comparisons.js';

const DAY = 86_400;

describe('max-age', () => {
  const config = { maxAge: 7 * DAY };
  const aged = (days: number) => candidate({ coldAt: CLOCK - days * DAY });
  const coldSince = (image: PlannedImage) => Date.parse(image.annotations[COLD_ANNOTATION] ?? '') / 1000;

  test('is not reached: the build serves', () => {
    expect(decide({ inputs: known(), baseline: reading([aged(6)]), config }).image.status).toBe('unchanged');
  });

  test.each([
    ['is passed', aged(8)],
    ['is set, and nothing says when it was last built without cache', candidate()],
  ])('%s: a build without cache, which says so', (_, published) => {
    const { image } = decide({ inputs: known(), baseline: reading([published]), config });
    expect(image).toMatchObject({
      status: 'build',
      noCache: true,
      reason: 'older than max-age (7 days)',
    });
    expect(coldSince(image)).toBe(CLOCK);
  });

  test('counts on over builds that use the cache', () => {
    const { image } = decide({
      inputs: known(),
      baseline: reading([{ ...changed, coldAt: CLOCK - 3 * DAY }]),
      config,
    });
    expect(image).toMatchObject({ status: 'build', noCache: false });
    expect(coldSince(image)).toBe(CLOCK - 3 * DAY);
  });

  test('a changed image whose cache is too old is built without it', () => {
    const { image } = decide({
      inputs: known(),
      baseline: reading([{ ...changed, coldAt: CLOCK - 8 * DAY }]),
      config,
    });
    expect(image).toMatchObject({
      status: 'build',
      noCache: true,
      reason: expect.stringContaining('server.js'),
    });
  });

  test('is not set: nothing depends on the clock', () => {
    const { image } = decide({ inputs: known(), baseline: reading([changed]) });
    expect(image.annotations[COLD_ANNOTATION]).toBeUndefined();
  });
});
