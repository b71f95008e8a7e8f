import { awaitRunning, type LiveDependencies } from '../../src/await-running.js';
import type { Deployment, DeployTarget } from '../../src/deploy/target.js';
import { Cancelled, failure } from '../../src/lib/errors.js';
import type { ExpectedImage, LiveImage } from '../../src/live/outcome.js';
import { release } from '../../src/release.js';
import { exitCodeOf } from '../../src/report/report.js';
import { headline } from '../../src/report/headline.js';
import { renderOutputs } from '../../src/report/outputs.js';
import { renderSummary } from '../../src/report/summary/summary.js';
import { commitOf, sampleEntry, sampleLedger } from '../deploy/ledger/fixtures.js';
import { writeLedger } from '../../src/deploy/ledger/ledger.js';
import { COMMITTED, config, fakeDependencies, order } from '../fake-dependencies.js';
import { sourceOf } from '../plan/fixtures.js';

const KUSTOMIZATION = `namespace: acme
resources: [pods.yaml]
images:
  - { name: ghcr.io/acme/api, newTag: main-3333333 }
  - { name: ghcr.io/acme/web, newTag: main-3333333 }
`;

/** A branch with the Kustomization and a ledger. */
function world(
  over: Partial<LiveDependencies> = {},
  ledger = sampleLedger(sampleEntry('api', [3, 2]), sampleEntry('web', [3, 2])),
) {
  const asked: ExpectedImage[] = [];
  const target = {
    readLedgers: async () => [{ channel: 'main', oid: commitOf(9), text: writeLedger(ledger) }],
    snapshot: async () => ({
      head: commitOf(9),
      list: async () => ['k8s/kustomization.yml'],
      readAll: async () => new Map([['k8s/kustomization.yml', { bytes: Buffer.from(KUSTOMIZATION), mode: '100644' }]]),
    }),
  } as unknown as DeployTarget;
  const deps: LiveDependencies = {
    ...{ source: sourceOf(), signal: new AbortController().signal, openTarget: () => target },
    async waitForLive(expected) {
      asked.push(...expected);
      return { images: expected.map((image) => liveOf(image, { status: 'running' })), end: 'over' };
    },
    ...over,
  };
  const wait = (...deployments: Deployment[]) => awaitRunning({ config, deployments, limitMs: 1000 }, deps);
  return { asked, wait };
}

const liveOf = ({ key, channel, image }: ExpectedImage, outcome: LiveImage['outcome']): LiveImage => ({
  ...{ key, channel, image, source: 'cluster', workloads: [], outcome },
});
const committed = COMMITTED as Extract<Deployment, { status: 'committed' }>;

test('waits for the deployed images by digest, in the namespace of the Kustomization', async () => {
  const { asked, wait } = world();
  const { problems } = await wait(committed);
  expect(problems).toEqual([]);
  const common = { channel: 'main', tag: 'main-3333333', folders: ['k8s'], namespaces: ['acme'] };
  const digest: unknown = expect.stringMatching(/^sha256:/);
  expect(asked).toMatchObject(['api', 'web'].map((key) => ({ key, digest, ...common })));
});

test('waits for an image that was already deployed, but not for a superseded one', async () => {
  const { asked, wait } = world();
  const { status: _, commit: __, changes: ___, diff: ____, lostRaces: _____, ...common } = committed;
  await wait({ ...common, status: 'unchanged', images: ['web'] });
  expect(asked.map(({ key }) => key)).toEqual(['web']);
  const superseded = await wait({ ...common, status: 'superseded', images: [] });
  expect({ superseded, asked: asked.length }).toEqual({ superseded: { images: [], problems: [] }, asked: 1 });
});

test("doesn't wait for an image whose pull request is not merged, and reports live/unknown for it", async () => {
  const proposed = sampleEntry('web', [4, 3]);
  const { asked, wait } = world({}, sampleLedger(sampleEntry('api', [3, 2]), { ...proposed, status: 'proposed' }));
  const { problems } = await wait(committed);
  expect(asked.map(({ key }) => key)).toEqual(['api']);
  expect(problems).toMatchObject([
    { code: 'live/unknown', message: expect.stringContaining('its pull request is not merged') },
  ]);
});

test("returns a problem instead of throwing if the branch can't be opened", async () => {
  const broken = failure({ code: 'deploy/target-missing', message: 'The branch is gone.' });
  const { wait } = world({
    openTarget: () => {
      throw broken;
    },
  });
  expect(await wait(committed)).toMatchObject({ images: [], problems: [{ code: 'deploy/target-missing' }] });
});

test('reports on cancellation that the deploy commit stays', async () => {
  const { wait } = world({ waitForLive: () => Promise.reject(new Cancelled('waiting to try again')) });
  await expect(wait(committed)).rejects.toThrow(
    'Cancelled while waiting for the cluster to run api and web. The deploy commit stays.',
  );
});

describe('a release', () => {
  const ending = async (...outcomes: LiveImage['outcome'][]) => {
    const images = outcomes.map((outcome, at) =>
      liveOf({ key: ['api', 'web'][at]!, channel: 'main', image: 'x' } as ExpectedImage, outcome),
    );
    const problems = outcomes.some(({ status }) => status !== 'running')
      ? failure({ code: 'live/failed', message: 'It fails.' }).problems
      : [];
    const { deps } = fakeDependencies({ awaitRunning: async () => ({ images, problems }) });
    return release(order({ waitMs: 1000 }), deps);
  };

  test('exits with 0 if all awaited images run', async () => {
    const report = await ending({ status: 'running' }, { status: 'running' });
    expect(exitCodeOf(report)).toBe(0);
    expect(headline(report)).toBe('Published and deployed api and web. The cluster runs api and web.');
  });

  test('exits with 1 if an awaited image fails; headline and outputs still report the release', async () => {
    const report = await ending({ status: 'running' }, { status: 'failed', reason: 'it crashes' });
    expect(exitCodeOf(report)).toBe(1);
    expect(headline(report)).toBe('Published and deployed api and web. The cluster runs api. web does not run.');
    expect(renderSummary(report)).toContain(
      '### In the cluster\n\n- api in main: running\n- web in main: failed: it crashes\n',
    );
    const { released, images } = renderOutputs(report);
    expect(released).toBe('true');
    expect((JSON.parse(images!) as Record<string, { live: unknown }>)['web']?.live).toEqual([
      { key: 'web', channel: 'main', status: 'failed', reason: 'it crashes', source: 'cluster', workloads: [] },
    ]);
  });

  test("doesn't wait for the cluster unless a wait is requested", async () => {
    const { deps } = fakeDependencies({ awaitRunning: () => Promise.reject(new Error('nobody waits')) });
    expect((await release(order(), deps)).live).toBeUndefined();
  });
});
