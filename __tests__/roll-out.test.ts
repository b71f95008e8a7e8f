import { rollOut } from '../src/release.js';
import { exitCodeOf } from '../src/report/exit-code.js';
import type { Source } from '../src/facts/source.js';
import { configOf, requestOf, sourceOf } from './plan/project.js';
import { COMMITTED, order, worldWith } from './release-world.js';

describe('rolling out what was published elsewhere', () => {
  const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v1' }];

  test('only deploys', async () => {
    const { world, calls } = worldWith();
    const report = await rollOut(order({ request: requestOf({ deploy: 'true' }) }), rollouts, world);
    expect(calls).toEqual(['deploy']);
    expect(report).toMatchObject({
      outcome: { status: 'rolled-out', images: ['api'] },
      deployments: [COMMITTED],
    });
    expect(report.plan?.deploy).toMatchObject([{ status: 'deploy', images: ['api'] }]);
  });

  test.each<[string, Partial<Source>]>([
    [
      'code that is not known to be part of the branch',
      { unconfirmed: 'commit 3370e228f220 is not part of branch main' },
    ],
    [
      'a pull request from a fork',
      { ref: { type: 'pull-request', number: 7, head: 'x', base: 'main', fork: true } },
    ],
  ])('of %s deploys nowhere, even with deploy: true', async (_, over) => {
    const { world } = worldWith({ source: sourceOf(over) });
    const report = await rollOut(order({ request: requestOf({ deploy: 'true' }) }), rollouts, world);
    expect(report.plan?.deploy).toMatchObject([{ status: 'skip' }]);
  });

  test('in a dry run only checks, without a look at docker', async () => {
    const checked: unknown[][] = [];
    const check = async (...args: unknown[]) => {
      checked.push(args);
      return [];
    };
    const { world, calls } = worldWith({ check });
    const report = await rollOut(order({ until: 'preflight' }), rollouts, world);
    expect({ calls, outcome: report.outcome }).toEqual({ calls: ['check'], outcome: { status: 'planned' } });
    expect(checked).toEqual([[report.plan, rollouts, { type: 'release', order: 'forward-only' }]]);
  });

  test('of nothing, as a job hands over that published nothing, does nothing', async () => {
    const { world, calls } = worldWith();
    const report = await rollOut(order(), [], world);
    expect({ calls, outcome: report.outcome }).toEqual({
      calls: [],
      outcome: { status: 'nothing', reason: 'no image was published' },
    });
    expect(exitCodeOf(report)).toBe(0);
  });

  test('where nowhere to deploy to is configured is refused', async () => {
    const nowhere = configOf('registry: ghcr.io/acme\nimages: { api: }\n');
    const { world, calls } = worldWith();
    const report = await rollOut(order({ config: nowhere }), rollouts, world);
    expect(calls).toEqual([]);
    expect(report.outcome).toMatchObject({ problems: [{ code: 'deploy/not-configured' }] });
    expect(exitCodeOf(report)).toBe(2);
  });

  test('of an image that the configuration does not have is refused', async () => {
    const { world, calls } = worldWith();
    const report = await rollOut(order(), [{ ...rollouts[0]!, key: 'apo' }], world);
    expect(calls).toEqual([]);
    expect(report.outcome).toMatchObject({
      status: 'failed',
      problems: [{ code: 'plan/unknown-image', fix: 'Did you mean `api`?' }],
    });
  });
});
