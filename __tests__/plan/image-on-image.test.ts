import type { Candidate } from '../../src/plan/baseline.js';
import { decideBuilds } from '../../src/plan/decide-builds.js';
import { plannedImage, planOf } from '../builders/samples.js';
import { candidate, D1, D2, known, reading } from './comparisons.js';
import { requestOf } from './project.js';

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
