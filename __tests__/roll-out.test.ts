import { Cancelled } from '../src/lib/errors.js';
import { release, rollOut } from '../src/release.js';
import type { Dependencies } from '../src/dependencies.js';
import { headline } from '../src/report/headline.js';
import { exitCodeOf } from '../src/report/report.js';
import { mergePlatforms, type MergeDependencies } from '../src/merge-platforms.js';
import type { Source } from '../src/facts/source.js';
import type { MergedImage } from '../src/registry/multi-platform/read-platforms.js';
import { configOf, factsOf, requestOf, sourceOf } from './plan/fixtures.js';
import { BUILT, COMMITTED, order, fakeDependencies } from './fake-dependencies.js';

const pullRequest = (fork: boolean) =>
  ({ type: 'pull-request', number: 7, head: 'topic', base: 'main', fork }) as const;

const PART = {
  ...{ key: 'api', image: 'ghcr.io/acme/api', digest: `sha256:${'a'.repeat(64)}` },
  ...{ platforms: ['linux/amd64'], status: 'built' as const },
};
const MERGED: MergedImage = { key: 'api', platforms: [] };

const merging = (calls: string[]): Pick<MergeDependencies, 'readPlatforms' | 'pushMerged'> => ({
  async readPlatforms() {
    calls.push('readPlatforms');
    return [MERGED];
  },
  async pushMerged() {
    calls.push('pushMerged');
    return BUILT;
  },
});

test("merged platforms that must be signed are not pushed if the run can't sign", async () => {
  const signed = configOf('registry: ghcr.io/acme\nimages: { api: }\nattest: { sign: github }\n');
  const facts = factsOf(signed, { signing: { by: 'github', identity: 'not-granted' } });
  const { deps, calls } = fakeDependencies({ probe: async () => facts });
  const part = { ...PART, commit: deps.source.commit };
  const report = await mergePlatforms(order({ config: signed }), [part], { ...deps, ...merging(calls) });
  expect(report.outcome).toMatchObject({ status: 'failed', problems: [{ code: 'preflight/cannot-sign' }] });
  expect(calls).not.toContain('pushMerged');
});

describe('the question before the deployment', () => {
  const deploying = { request: requestOf({ deploy: 'true' }) };
  const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v1' }];

  test.each([
    ['release', (deps: Dependencies) => release(order(deploying), deps), ['check', 'build', 'publish', 'deploy']],
    ['deploy', (deps: Dependencies) => rollOut(order(deploying), rollouts, deps), ['check', 'deploy']],
  ] as const)('%s: comes after the checks, and the answer no changes nothing', async (_, run, all) => {
    for (const answer of ['no', 'yes'] as const) {
      const { deps, calls } = fakeDependencies();
      const before: string[] = [];
      const report = await run({
        ...deps,
        askUser: async () => {
          before.push(...calls);
          return answer;
        },
      });
      const acts = (names: readonly string[]) => names.filter((name) => (all as readonly string[]).includes(name));
      expect(acts(before)).toEqual(['check']);
      expect(acts(calls)).toEqual(answer === 'yes' ? all : ['check']);
      expect([report.outcome.status === 'declined', exitCodeOf(report)]).toEqual([answer === 'no', 0]);
    }
  });

  test('is skipped if nothing is deployed, and Ctrl-C cancels the release', async () => {
    const { deps } = fakeDependencies();
    const never = async () => Promise.reject(new Error('asked'));
    const built = await release(order({ request: requestOf({ deploy: 'false' }) }), {
      ...deps,
      askUser: never,
    });
    expect(built.outcome.status).toBe('released');
    const interrupted = () => Promise.reject(new Cancelled('waiting for an answer'));
    const report = await release(order(deploying), { ...deps, askUser: interrupted });
    expect([headline(report), exitCodeOf(report)]).toEqual([
      'Cancelled during preflight. Nothing was built, pushed, or deployed.',
      130,
    ]);
  });
});

describe('deploying images that were published elsewhere', () => {
  const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v1' }];

  test('runs only the deploy step', async () => {
    const { deps, calls } = fakeDependencies();
    const report = await rollOut(order({ request: requestOf({ deploy: 'true' }) }), rollouts, deps);
    expect(calls).toEqual(['deploy']);
    expect(report).toMatchObject({
      outcome: { status: 'rolled-out', images: ['api'] },
      deployments: [COMMITTED],
    });
    expect(report.plan?.deploy).toMatchObject([{ status: 'deploy', images: ['api'] }]);
  });

  test.each<[string, Partial<Source>, string[]]>([
    [
      'a commit that is not confirmed to be on the branch',
      { unconfirmed: 'commit 3370e228f220 is not part of branch main' },
      ['source/unconfirmed-commit'],
    ],
    [
      'a pull request from a fork',
      { ref: { type: 'pull-request', number: 7, head: 'x', base: 'main', fork: true } },
      [],
    ],
  ])('from %s deploys nothing, even with deploy: true', async (_, over, warnings) => {
    const { deps, calls } = fakeDependencies({ source: sourceOf(over) });
    const report = await rollOut(order({ request: requestOf({ deploy: 'true' }) }), rollouts, deps);
    expect(report.outcome.status).toBe('nothing');
    expect(report.warnings.map(({ code }) => code)).toEqual(warnings);
    expect(calls).toEqual([]);
  });

  test('only runs the checks in a dry run, without probing Docker', async () => {
    const checked: unknown[][] = [];
    const check = async (...args: unknown[]) => {
      checked.push(args);
      return [];
    };
    const { deps, calls } = fakeDependencies({ check });
    const report = await rollOut(order({ until: 'preflight' }), rollouts, deps);
    expect({ calls, outcome: report.outcome }).toEqual({ calls: ['check'], outcome: { status: 'planned' } });
    expect(checked).toEqual([[report.plan, rollouts, { type: 'release', order: 'forward-only' }]]);
  });

  test('does nothing if no image was published', async () => {
    const { deps, calls } = fakeDependencies();
    const report = await rollOut(order(), [], deps);
    expect({ calls, outcome: report.outcome }).toEqual({
      calls: [],
      outcome: { status: 'nothing', reason: 'no image was published' },
    });
    expect(exitCodeOf(report)).toBe(0);
  });

  test.each([
    [
      'from a pull request of a fork',
      { ref: pullRequest(true) },
      {},
      'a pull request from a fork is built and never pushed',
    ],
    ['with push: false', {}, { push: 'false' }, 'push is off for this run'],
  ] as const)('%s deploys and merges nothing, even with deploy: true', async (_, source, request, reason) => {
    const { deps, calls } = fakeDependencies({ source: sourceOf(source) });
    const asked = order({ request: requestOf({ deploy: 'true', ...request }) });
    for (const until of ['preflight', 'deploy'] as const) {
      const report = await rollOut({ ...asked, until }, rollouts, deps);
      expect(report.outcome).toEqual({ status: 'nothing', reason });
    }
    const part = { ...PART, commit: deps.source.commit };
    const merged = await mergePlatforms(asked, [part], { ...deps, ...merging(calls) });
    expect({ calls, outcome: merged.outcome }).toEqual({ calls: [], outcome: { status: 'nothing', reason } });
  });

  test('from a pull request of the repository deploys with deploy: true', async () => {
    const { deps, calls } = fakeDependencies({ source: sourceOf({ ref: pullRequest(false) }) });
    const report = await rollOut(order({ request: requestOf({ deploy: 'true' }) }), rollouts, deps);
    expect([calls, report.outcome.status]).toEqual([['deploy'], 'rolled-out']);
  });

  test('is rejected if the configuration has no deploy target', async () => {
    const nowhere = configOf('registry: ghcr.io/acme\nimages: { api: }\n');
    const { deps, calls } = fakeDependencies();
    const report = await rollOut(order({ config: nowhere }), rollouts, deps);
    expect(calls).toEqual([]);
    expect(report.outcome).toMatchObject({ problems: [{ code: 'deploy/not-configured' }] });
    expect(exitCodeOf(report)).toBe(2);
  });

  test('is rejected for an image key that the configuration lacks', async () => {
    const { deps, calls } = fakeDependencies();
    const report = await rollOut(order(), [{ ...rollouts[0]!, key: 'apo' }], deps);
    expect(calls).toEqual([]);
    expect(report.outcome).toMatchObject({
      status: 'failed',
      problems: [{ code: 'input/invalid', fix: 'Did you mean `api`?' }],
    });
  });
});
