import type { KnownRelease } from '../../src/plan/baseline.js';
import type { Plan, PlannedImage } from '../../src/plan/plan.js';
import type { NewestRelease } from '../../src/registry/moving-tags/tag-ordering.js';
import { adoptionObjection, deploysToCome, ledgerObjection } from '../../src/app/trust.js';
import { plannedImage, planOf } from '../builders/samples.js';
import { configOf, sourceOf } from '../plan/fixtures.js';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const [DEPLOYED, EARLIER, BASE, FOREIGN] = ['a', 'b', 'c', 'd'].map(digestOf) as [string, string, string, string];
const release = (digest: string | undefined, over: Partial<KnownRelease> = {}): KnownRelease => ({
  tag: 'main-1234567',
  ...(digest !== undefined && { digest }),
  commit: '1'.repeat(40),
  standing: 'current',
  ...over,
});
const KNOWN = {
  api: [release(DEPLOYED, { bases: [BASE] }), release(EARLIER, { standing: 'earlier' })],
  base: [],
  tools: [],
};

/** `api` is deployed and built on `base`, through a helper target; `tools` is only published. */
const IMAGES = [
  plannedImage('base'),
  plannedImage('api', {
    contexts: { helper: 'image:helper' },
    helpers: [{ ...plannedImage('helper'), contexts: { base: 'image:base' } }] as PlannedImage['helpers'],
  }),
  plannedImage('tools'),
];
const DEPLOY = [
  { status: 'deploy', target: { kustomization: 'k8s' }, branch: 'main', channel: 'main', images: ['api'] },
] as unknown as Plan['deploy'];
const SKIPPED = [{ status: 'skip', target: {}, reason: 'deploy is off for this run' }] as unknown as Plan['deploy'];

const judge = (key: string, digest: string, deploys = DEPLOY, known: Record<string, KnownRelease[]> = KNOWN) =>
  ledgerObjection(planOf(IMAGES), deploys, known)(
    IMAGES.find((image) => image.key === key)!,
    { tag: 'latest', digest },
    {} as Parameters<ReturnType<typeof ledgerObjection>>[2],
  );

const DISTRUSTED = 'latest has the same inputs, but no ledger records its digest';

test.each<[string, string, string, string | undefined]>([
  ['accepts the deployed digest', 'api', DEPLOYED, undefined],
  ['accepts the digest of an earlier release', 'api', EARLIER, undefined],
  ['rejects a digest that the ledger does not record', 'api', FOREIGN, DISTRUSTED],
  ['accepts the base of the deployed image', 'base', BASE, undefined],
  ['rejects another digest of that base', 'base', FOREIGN, DISTRUSTED],
  ['accepts any digest of an image that no target deploys', 'tools', FOREIGN, undefined],
])('in a release that deploys, checks the digest of a reused image: %s', async (_, key, digest, expected) => {
  expect(await judge(key, digest)).toBe(expected);
});

test('rejects a digest if the ledger is missing or its record has no digest', async () => {
  expect(await judge('api', FOREIGN, DEPLOY, { api: [release(undefined)] })).toBe(DISTRUSTED);
  expect(await judge('api', DEPLOYED, DEPLOY, {})).toBe(DISTRUSTED);
});

test('a release that only publishes trusts the registry', async () => {
  expect(await judge('api', FOREIGN, SKIPPED)).toBeUndefined();
});

test.each([
  ['deploys from the configured branch', 'main', 'auto', 'deploy'],
  ['deploys from the configured branch even with deploy: false', 'main', 'false', 'deploy'],
  ['skips another branch', 'topic', 'auto', 'skip'],
  ['deploys another branch with deploy: true', 'topic', 'true', 'deploy'],
] as const)(
  'predicts the deployment of the job that merges platforms pushed by digest: %s',
  (_, name, choice, status) => {
    const config = configOf('registry: ghcr.io/acme\nimages: { api: }\ndeploy: k8s\n');
    const plan = planOf([IMAGES[1]!], { mode: 'by-digest' });
    const source = sourceOf({ ref: { type: 'branch', name } });
    expect(deploysToCome({ ...plan, source }, config, choice)).toMatchObject([{ status }]);
  },
);

describe('an image that already exists under the release tag', () => {
  const api = IMAGES[1]!;
  const deployedAfter = (looks: number, digest = DEPLOYED) => {
    let asked = 0;
    const pauses: number[] = [];
    const found: NewestRelease = { image: api.image, tag: 'main-1', digest, source: { commit: '1' } };
    return {
      pauses,
      newest: async () => (++asked > looks ? [found] : []),
      sleep: async (ms: number) => void pauses.push(ms),
      signal: new AbortController().signal,
    };
  };
  const adopt = (wait: ReturnType<typeof deployedAfter>, deploy = DEPLOY) =>
    adoptionObjection({ ...planOf(IMAGES), deploy }, api, DEPLOYED, wait);

  test('is adopted as soon as the ledger records its digest', async () => {
    const wait = deployedAfter(2);
    expect([await adopt(wait), wait.pauses.length]).toEqual([undefined, 2]);
  });

  test.each([
    ['no digest', deployedAfter(Infinity)],
    ['another digest', deployedAfter(0, FOREIGN)],
  ])('is refused if the ledger records %s within 20 seconds', async (_, wait) => {
    expect(await adopt(wait)).toContain('No ledger records it');
    expect(wait.pauses.reduce((sum, ms) => sum + ms, 0)).toBe(20_000);
  });

  test('is adopted without waiting if the run deploys nothing', async () => {
    const wait = deployedAfter(Infinity);
    expect([await adopt(wait, SKIPPED), wait.pauses]).toEqual([undefined, []]);
  });
});
