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

  test.each(['throws', 'finishes'] as const)('during the build ends there, when it %s', async (how) => {
    const { deps, calls } = cancelledAt('build', how);
    const report = await release(order(), deps);
    expect(calls).not.toContain('publish');
    expect(report.outcome).toMatchObject({ status: 'cancelled' });
    expect(exitCodeOf(report)).toBe(130);
  });

  test('after publishing has finished deploys nothing, and the report has what is published', async () => {
    const { deps, calls } = cancelledAt('publish', 'finishes');
    const report = await release(order(), deps);
    expect(calls).not.toContain('deploy');
    expect(report).toMatchObject({ outcome: { status: 'cancelled' }, published: [{ key: 'api' }] });
  });

  test('what fails because of it is not told as a failure', async () => {
    const { deps } = cancelledAt('build', 'throws', broken);
    expect((await release(order(), deps)).outcome).toMatchObject({ status: 'cancelled', problems: [] });
  });
});
