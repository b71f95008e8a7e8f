import { type Candidate, COLD_ANNOTATION } from '../../src/plan/baseline.js';
import { decideBuilds } from '../../src/plan/decide-builds.js';
import { plannedImage, planOf } from '../builders/samples.js';
import { candidate, changed, CLOCK, D1, D2, decide, known, reading } from './baseline-fixtures.js';
import { requestOf } from './fixtures.js';
import type { PlannedImage } from '../../src/plan/plan.js';

describe('an image built on another', () => {
  const onBase = { contexts: { base: 'image:base' } };
  const both = (base: Candidate | undefined, app: Candidate) => {
    const { plan } = decideBuilds(
      // The dependent image comes first: the order in the configuration doesn't matter.
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

  test('is built if its base is built', () => {
    expect(both(undefined, candidate())).toEqual(['build: its base base is built', 'build: never published']);
  });

  test.each<[string, Candidate, Candidate, string]>([
    [
      'is reused if it was built together with its base',
      candidate({ startedAt: 10 }),
      candidate({ builtAt: 12 }),
      since,
    ],
    [
      'is built if its last build ended before that of its base began',
      candidate({ startedAt: 300 }),
      candidate({ builtAt: 200 }),
      'build: it was built on another build of base',
    ],
    [
      'is reused if it records the digest of its base',
      candidate({ digest: D1, startedAt: 300 }),
      candidate({ builtAt: 400, builtOn: { 'ghcr.io/acme/base': [D1] } }),
      since,
    ],
    [
      'is built if it records another digest of its base',
      candidate({ digest: D1 }),
      candidate({ builtOn: { 'ghcr.io/acme/base': [D2] } }),
      'build: it was built on another build of base',
    ],
    [
      'is built if its build time is unknown',
      candidate(),
      candidate({ builtAt: undefined }),
      'build: it was built on another build of base',
    ],
  ])('%s', (_, base, app, expected) => {
    expect(both(base, app)).toEqual([expected, since]);
  });
});

const DAY = 86_400;

describe('max-age', () => {
  const config = { maxAge: 7 * DAY };
  const aged = (days: number) => candidate({ coldAt: CLOCK - days * DAY });
  const coldSince = (image: PlannedImage) => Date.parse(image.annotations[COLD_ANNOTATION] ?? '') / 1000;

  test('reuses a younger build', () => {
    expect(decide({ inputs: known(), baseline: reading([aged(6)]), config }).image.status).toBe('unchanged');
  });

  test.each([
    ['the build is older', aged(8)],
    ['the time of the last build without cache is unknown', candidate()],
  ])('builds without cache and records the time if %s', (_, published) => {
    const { image } = decide({ inputs: known(), baseline: reading([published]), config });
    expect(image).toMatchObject({
      status: 'build',
      noCache: true,
      reason: 'older than max-age (7 days)',
    });
    expect(coldSince(image)).toBe(CLOCK);
  });

  test('keeps the time of the last build without cache when a build uses the cache', () => {
    const { image } = decide({
      inputs: known(),
      baseline: reading([{ ...changed, coldAt: CLOCK - 3 * DAY }]),
      config,
    });
    expect(image).toMatchObject({ status: 'build', noCache: false });
    expect(coldSince(image)).toBe(CLOCK - 3 * DAY);
  });

  test('builds a changed image without cache if its cache is too old', () => {
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

  test('adds no timestamp if it is not set', () => {
    const { image } = decide({ inputs: known(), baseline: reading([changed]) });
    expect(image.annotations[COLD_ANNOTATION]).toBeUndefined();
  });
});
