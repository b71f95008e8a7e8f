import { Cancelled, failure } from '../src/lib/errors.js';
import { release } from '../src/release.js';
import { exitCodeOf } from '../src/report/report.js';
import { publishedImage } from './report/sample.js';
import { BUILT, order, fakeDependencies } from './fake-dependencies.js';

const broken = failure({ code: 'build/step-failed', message: 'It broke.', fix: 'Mend it.' });

describe('a cancel', () => {
  function cancelledAt(name: 'build' | 'publish', how: 'throws' | 'finishes', error: unknown = new Cancelled('it')) {
    const controller = new AbortController();
    return fakeDependencies({
      signal: controller.signal,
      [name]: async () => {
        controller.abort();
        if (how === 'throws') throw error;
        return name === 'build' ? BUILT : [publishedImage('api', 'a')];
      },
    });
  }

  test.each(['throws', 'finishes'] as const)('during a build that then %s publishes nothing', async (how) => {
    const { deps, calls } = cancelledAt('build', how);
    const report = await release(order(), deps);
    expect(calls).not.toContain('publish');
    expect(report.outcome).toMatchObject({ status: 'cancelled' });
    expect(exitCodeOf(report)).toBe(130);
  });

  test('during publishing deploys nothing, and the report lists the published images', async () => {
    const { deps, calls } = cancelledAt('publish', 'finishes');
    const report = await release(order(), deps);
    expect(calls).not.toContain('deploy');
    expect(report).toMatchObject({ outcome: { status: 'cancelled' }, published: [{ key: 'api' }] });
  });

  test('reports no problems of a build that fails because of it', async () => {
    const { deps } = cancelledAt('build', 'throws', broken);
    expect((await release(order(), deps)).outcome).toMatchObject({ status: 'cancelled', problems: [] });
  });
});
