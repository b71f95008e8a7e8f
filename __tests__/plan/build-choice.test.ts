import { type Candidate, COLD_ANNOTATION } from '../../src/plan/baseline.js';
import { decideBuilds } from '../../src/plan/decide-builds.js';
import { plannedImage, planOf } from '../builders/samples.js';
import { candidate, changed, CLOCK, D1, D2, decide, known, reading } from './baseline-fixtures.js';
import { requestOf } from './fixtures.js';
import type { PlannedImage } from '../../src/plan/plan.js';

describe('an image that stands on another', () => {
  const onBase = { contexts: { base: 'image:base' } };
  const both = (base: Candidate | undefined, app: Candidate) => {
    const { plan } = decideBuilds(
      // What stands on it comes first: order in the configuration says nothing.
      planOf([plannedImage('app', onBase), plannedImage('base')]),
      {
        bases: {},
        inputs: { app: known(), base: known() },
        baselines: { app: reading([app]), base: reading(base ? [base] : []) },
      },
      requestOf(),
      { unchanged: 'reuse' },
    );
    return plan.images.map(({ status, reason }) => `${status}: ${reason}`);
  };
  const since = 'unchanged: since main-0000001 (12 commits)';

  test('is built when that one is', () => {
    expect(both(undefined, candidate())).toEqual(['build: its base base is built', 'build: never published']);
  });

  test.each<[string, Candidate, Candidate, string]>([
    ['was built together with it', candidate({ startedAt: 10 }), candidate({ builtAt: 12 }), since],
    [
      'ended before that one began',
      candidate({ startedAt: 300 }),
      candidate({ builtAt: 200 }),
      'build: it was built on another build of base',
    ],
    [
      'names the digest of that one',
      candidate({ digest: D1, startedAt: 300 }),
      candidate({ builtAt: 400, builtOn: { 'ghcr.io/acme/base': [D1] } }),
      since,
    ],
    [
      'names another digest of it',
      candidate({ digest: D1 }),
      candidate({ builtOn: { 'ghcr.io/acme/base': [D2] } }),
      'build: it was built on another build of base',
    ],
    [
      'does not say when it was built',
      candidate(),
      candidate({ builtAt: undefined }),
      'build: it was built on another build of base',
    ],
  ])('and %s', (_, base, app, expected) => {
    expect(both(base, app)).toEqual([expected, since]);
  });
});

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
