import type { Rollout } from '../src/deploy/target.js';
import { failure } from '../src/lib/errors.js';
import { release } from '../src/release.js';
import type { PublishedImage } from '../src/registry/published-image.js';
import { exitCodeOf } from '../src/report/report.js';
import { publishedImage } from './report/sample.js';
import { configOf, factsOf, requestOf, sourceOf } from './plan/fixtures.js';
import {
  BUILT,
  COMMITTED,
  fingerprint,
  INPUTS,
  baselinesOf,
  whole,
  STEPS,
  LOOKING,
  fakeDependencies,
  order,
  problem,
} from './fake-dependencies.js';

const broken = failure({ code: 'build/step-failed', message: 'It broke.', fix: 'Mend it.' });

test('a release runs all steps in order, from probing to reconciling tags', async () => {
  const { deps, calls } = fakeDependencies();
  const report = await release(order(), deps);
  expect(calls).toEqual(STEPS);
  expect(report).toMatchObject({
    outcome: { status: 'released' },
    published: [{ key: 'api' }, { key: 'web' }],
    deployments: [COMMITTED],
    warnings: [],
  });
  expect(exitCodeOf(report)).toBe(0);
});

test.each([
  ['plan', 'compares with the published images', LOOKING],
  ['preflight', 'also checks builder, registry, and deploy target', [...LOOKING, 'findBuilder', 'check']],
] as const)('a run that stops after %s %s, and builds nothing', async (until, _, expected) => {
  const { deps, calls } = fakeDependencies();
  const report = await release(order({ until }), deps);
  expect(calls).toEqual(expected);
  expect(report.outcome).toEqual({ status: 'planned' });
  expect(report.plan?.images).toHaveLength(2);
});

test('an offline plan only probes this machine and computes fingerprints', async () => {
  const { deps, calls } = fakeDependencies();
  const report = await release(order({ until: 'plan', compare: 'offline' }), deps);
  expect(calls).toEqual(['probe', 'readInputs']);
  expect(report.plan?.images.map(({ status, fingerprint }) => [status, fingerprint])).toEqual([
    ['build', INPUTS.api.status === 'known' && INPUTS.api.fingerprint],
    ['build', INPUTS.web.status === 'known' && INPUTS.web.fingerprint],
  ]);
});

test('a release of unchanged images needs no builder, and deploys the published images', async () => {
  let rolledOut: readonly Rollout[] = [];
  const { deps, calls } = fakeDependencies({
    findBaselines: async () => baselinesOf({ api: whole('a'), web: whole('b') }),
    deploy: async (_, rollouts) => {
      rolledOut = rollouts;
      return { deployments: [], warnings: [] };
    },
  });
  const report = await release(order(), deps);
  expect(calls).toEqual([...LOOKING, 'check', 'publish', 'deploy', 'reconcileTags']);
  expect(report.plan?.images.map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
  expect(rolledOut).toMatchObject([
    { key: 'api', unchanged: true, fingerprint: fingerprint('a') },
    { key: 'web', unchanged: true, fingerprint: fingerprint('b') },
  ]);
});

test('reconciles tags only for images whose tags or Kustomization entries changed', async () => {
  const change = { key: 'web', name: 'ghcr.io/acme/web', before: 'web:1', after: 'web:2' };
  const published = ['api', 'web', 'tool'].map((key) => publishedImage(key, 'a'));
  const [api, web, tool] = published as [PublishedImage, PublishedImage, PublishedImage];
  const reconciled: string[][] = [];
  const run = async (images: PublishedImage[], changes: (typeof change)[]) => {
    const { deps } = fakeDependencies({
      publish: async () => images,
      deploy: async () => ({ deployments: [{ ...COMMITTED, changes }], warnings: [] }),
      reconcileTags: async (_, some) => {
        reconciled.push(some.map(({ key }) => key));
        return some.map((image) => ({ ...image, tags: ['reconciled'] }));
      },
    });
    return (await release(order(), deps)).published.map(({ key, tags }) => `${key} ${tags.at(-1)}`);
  };
  const current = (image: PublishedImage) => ({ ...image, tagsFound: 'current' as const });
  expect(await run([current(api), current(web), tool], [change])).toEqual([
    'api latest',
    'web reconciled',
    'tool reconciled',
  ]);
  await run([current(api), current(web)], []);
  expect(reconciled).toEqual([['web', 'tool']]);
});

test('passes to the deployment the digest of the released image that a deployed one is built on', async () => {
  const layered = configOf(
    'registry: ghcr.io/acme\nimages: { base: , api: { contexts: { base: "image:base" } } }\n' +
      'deploy: { kustomization: k8s, images: [api] }\n',
  );
  let rolledOut: readonly Rollout[] = [];
  const { deps } = fakeDependencies({
    probe: async () => factsOf(layered),
    readInputs: async () => ({}),
    publish: async () => [publishedImage('base', 'c'), publishedImage('api', 'd')],
    deploy: async (_, rollouts) => {
      rolledOut = rollouts;
      return { deployments: [COMMITTED], warnings: [] };
    },
  });
  await release(order({ config: layered }), deps);
  const [base, api] = rolledOut;
  expect(base).toMatchObject({ key: 'base' });
  expect(base).not.toHaveProperty('bases');
  expect(api?.bases).toEqual([base?.digest]);
});

test('the push of a deploy commit starts no release, which prevents a loop with a personal token', async () => {
  const message = 'Deploy api main-1a2b3c4\n\napi: main-0 → main-1a2b3c4\n\nImage-Release-Id: 6f1f6f0e.1\n';
  const event = { name: 'push', deleted: false, commits: [{ id: 'd'.repeat(40), message }] } as const;
  const { deps, calls } = fakeDependencies({ source: sourceOf({ event }) });
  expect(await release(order(), deps)).toMatchObject({ outcome: { status: 'nothing' } });
  expect(calls).toEqual([]);
});

test('a push that deletes a ref runs no step', async () => {
  const { deps, calls } = fakeDependencies({ source: sourceOf({ event: { name: 'push', deleted: true } }) });
  const report = await release(order(), deps);
  expect({ calls, outcome: report.outcome }).toEqual({
    calls: [],
    outcome: { status: 'nothing', reason: 'the ref was deleted' },
  });
});

test('`push: false` builds without publishing and deploying', async () => {
  const { deps, calls } = fakeDependencies();
  const report = await release(order({ request: requestOf({ push: 'false' }) }), deps);
  expect(calls).toEqual([...LOOKING, 'findBuilder', 'check', 'build']);
  expect(report.outcome).toEqual({ status: 'built' });
});

test('confirms the release of a run elsewhere, without publishing or deploying again', async () => {
  const elsewhere = {
    url: 'https://github.com/acme/app/actions/runs/1',
    outcome: 'released',
    published: [],
    deployments: [
      {
        status: 'committed',
        kustomization: 'k8s/kustomization.yml',
        branch: 'main',
        channel: 'main',
        images: ['api'],
        commit: 'c'.repeat(40),
      },
    ],
  };
  const { deps, calls } = fakeDependencies({ build: async () => ({ ...BUILT, elsewhere }) });
  const report = await release(order(), deps);
  expect(calls).toEqual([...LOOKING, 'findBuilder', 'check', 'build', 'confirm']);
  expect(report).toMatchObject({
    outcome: { status: 'released' },
    published: [{ key: 'api' }, { key: 'web' }],
    deployments: [{ status: 'committed', commit: 'c'.repeat(40) }],
  });
});

test('reports problems of configuration, files, and registry together, before building', async () => {
  const bad = configOf('registry: ghcr.io/acme\nimages: { api: { image: A }, web: }\ndeploy: k8s\n');
  const { deps, calls } = fakeDependencies({
    probe: async () => factsOf(bad, { files: { web: { dockerfile: undefined } }, uncommitted: ['x'] }),
    check: async () => [problem('error', 'Denied.'), problem('warning', 'Slow.')],
  });
  const report = await release(order({ config: bad }), deps);
  expect(calls).toEqual([...LOOKING, 'findBuilder', 'check']);
  expect(report.outcome).toMatchObject({
    status: 'failed',
    stage: 'preflight',
    problems: [{ code: 'image/invalid-name' }, { code: 'preflight/missing-dockerfile' }, { code: 'registry/denied' }],
  });
  expect(report.warnings).toMatchObject([{ code: 'preflight/uncommitted-changes' }, { message: 'Slow.' }]);
  expect(exitCodeOf(report)).toBe(2);
});

test("warnings of the checks don't stop a release, and the report adds those of the build", async () => {
  const { deps } = fakeDependencies({
    check: async () => [problem('warning', 'Slow.')],
    build: async () => ({ ...BUILT, warnings: [problem('warning', 'Old.')] }),
  });
  const report = await release(order(), deps);
  expect(report.outcome).toEqual({ status: 'released' });
  expect(report.warnings.map(({ message }) => message)).toEqual(['Slow.', 'Old.']);
});

describe('a failing step ends the release, and the report contains the published images:', () => {
  test.each([
    ['probe', 'plan', ['probe'], 0],
    ['readInputs', 'plan', STEPS.slice(0, 4), 0],
    ['check', 'preflight', STEPS.slice(0, 6), 0],
    ['build', 'build', STEPS.slice(0, 7), 0],
    ['publish', 'publish', STEPS.slice(0, 8), 0],
    ['deploy', 'deploy', STEPS.slice(0, 10), 2],
  ] as const)('%s', async (name, stage, expected, published) => {
    const { deps, calls } = fakeDependencies({ [name]: () => Promise.reject(broken) });
    const report = await release(order(), deps);
    expect(calls).toEqual(expected);
    expect(report.outcome).toEqual({ status: 'failed', stage, problems: broken.problems });
    expect(report.published).toHaveLength(published);
    expect(report.deployments).toEqual([]);
    expect(exitCodeOf(report)).toBe(1);
  });

  test('an unexpected error, with its stack trace in the report', async () => {
    const { deps } = fakeDependencies({ build: () => Promise.reject(new TypeError('x is not a function')) });
    expect((await release(order(), deps)).outcome).toMatchObject({
      problems: [
        {
          code: 'internal/unexpected',
          message: 'This program failed in a way that nobody foresaw: x is not a function',
          detail: expect.stringContaining('release.test'),
        },
      ],
    });
  });
});
