import type { CacheConfig } from '../../src/config/config.js';
import type { Environment } from '../../src/facts/facts.js';
import { planCache, type CacheRequest } from '../../src/plan/cache-entries.js';
import { planned, TWO } from './fixtures.js';

const ACTIONS: Environment = { kind: 'actions', cacheService: true };
const NO_SERVICE: Environment = { kind: 'actions', cacheService: false };
const SILENT: Environment = { kind: 'actions', cacheService: false, cacheSilent: true };
const TERMINAL: Environment = { kind: 'terminal' };
const NONE = { cacheFrom: [], cacheTo: [] };

function plan(cache: CacheConfig, environment: CacheRequest['environment'], key = 'api', platforms: string[] = []) {
  return planCache({ cache, environment, key, image: `ghcr.io/acme/${key}`, platforms });
}

test.each<[string, CacheConfig, Environment, ReturnType<typeof planCache>]>([
  [
    'auto in Actions uses the Actions cache',
    { type: 'auto' },
    ACTIONS,
    {
      cacheFrom: ['type=gha,scope=image-release-api,timeout=2m'],
      cacheTo: ['type=gha,mode=max,scope=image-release-api,ignore-error=true,timeout=5m'],
    },
  ],
  ['auto without a cache service uses no cache', { type: 'auto' }, NO_SERVICE, NONE],
  ['gha with a service that never answers uses no cache', { type: 'gha' }, SILENT, NONE],
  ['auto at a terminal uses no cache', { type: 'auto' }, TERMINAL, NONE],
  ['none uses no cache in Actions either', { type: 'none' }, ACTIONS, NONE],
  [
    'gha uses the Actions cache even at a terminal',
    { type: 'gha' },
    TERMINAL,
    {
      cacheFrom: ['type=gha,scope=image-release-api,timeout=2m'],
      cacheTo: ['type=gha,mode=max,scope=image-release-api,ignore-error=true,timeout=5m'],
    },
  ],
  [
    'registry stores the cache next to the image, in a format that ghcr.io accepts',
    { type: 'registry' },
    TERMINAL,
    {
      cacheFrom: ['type=registry,ref=ghcr.io/acme/api:cache'],
      cacheTo: [
        'type=registry,ref=ghcr.io/acme/api:cache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true',
      ],
    },
  ],
])('%s', (_, cache, environment, expected) => {
  expect(plan(cache, environment)).toEqual(expected);
});

test.each([
  ['ghcr.io/acme/cache', 'ghcr.io/acme/cache:cache-api'],
  ['ghcr.io/acme/app:buildcache', 'ghcr.io/acme/app:buildcache-api'],
  ['127.0.0.1:5000/cache', '127.0.0.1:5000/cache:cache-api'],
])('the tag in a shared cache repository (%s) contains the image key: %s', (ref, expected) => {
  expect(plan({ type: 'registry', ref }, TERMINAL).cacheFrom).toEqual([`type=registry,ref=${expected}`]);
});

test('each image and each set of platforms has a separate cache', () => {
  const places = (['gha', 'registry'] as const).flatMap((type) =>
    ['api', 'web'].flatMap((key) =>
      [[], ['linux/amd64'], ['linux/arm64'], ['linux/amd64', 'linux/arm64']].map(
        (platforms) => plan({ type }, ACTIONS, key, platforms).cacheTo[0],
      ),
    ),
  );
  expect(new Set(places).size).toBe(places.length);
});

test("the order of platforms doesn't change the cache", () => {
  const either = plan({ type: 'gha' }, ACTIONS, 'api', ['linux/arm64', 'linux/amd64']);
  expect(either).toEqual(plan({ type: 'gha' }, ACTIONS, 'api', ['linux/amd64', 'linux/arm64']));
});

test.each([
  ['no configured platform', [], ['api']],
  ['one platform', ['linux/amd64'], ['api-linux-amd64', 'api']],
  [
    'two platforms',
    ['linux/arm64', 'linux/amd64'],
    ['api-linux-amd64-linux-arm64', 'api-linux-amd64', 'api-linux-arm64', 'api'],
  ],
])('with %s, writes one cache and also reads those of fewer platforms', (_, platforms, scopes) => {
  const { cacheFrom, cacheTo } = plan({ type: 'gha' }, ACTIONS, 'api', platforms);
  expect(cacheFrom).toEqual(scopes.map((scope) => `type=gha,scope=image-release-${scope},timeout=2m`));
  expect(cacheTo).toEqual([`type=gha,mode=max,scope=image-release-${scopes[0]},ignore-error=true,timeout=5m`]);
});

test.each([
  ['read', { cacheFrom: 1, cacheTo: 0 }],
  ['write', { cacheFrom: 0, cacheTo: 1 }],
] as const)('follows the cache mode %s of a runner', (cacheMode, counts) => {
  const { cacheFrom, cacheTo } = plan({ type: 'auto' }, { ...ACTIONS, cacheMode });
  expect({ cacheFrom: cacheFrom.length, cacheTo: cacheTo.length }).toEqual(counts);
  // The mode doesn't apply to a registry.
  expect(plan({ type: 'registry' }, { ...ACTIONS, cacheMode }).cacheTo).toHaveLength(1);
});

describe('caches are read but not written by a run', () => {
  const proposed = {
    ref: { type: 'pull-request', number: 7, head: 'change', base: 'main', fork: false },
    event: { name: 'pull_request' },
  };
  test.each<[string, object, object]>([
    ['that only builds', {}, { push: 'false' }],
    ['of a pull request', proposed, {}],
    ['of a pull request that is pushed', proposed, { push: 'true' }],
    ['of a fork', { ...proposed, ref: { ...proposed.ref, fork: true } }, { push: 'true' }],
  ])('%s', (_, source, request) => {
    for (const cache of ['gha', 'registry']) {
      const text = `${TWO}cache: ${cache}\n`;
      const [{ plan: pushed }, { plan: unpublished }] = [planned(text), planned(text, { source, request })];
      expect(pushed.images.map(({ cacheTo }) => cacheTo.length)).toEqual([1, 1]);
      expect(unpublished.images.map(({ cacheTo }) => cacheTo)).toEqual([[], []]);
      // Existing caches are still read.
      expect(unpublished.images[0]!.cacheFrom).toEqual(pushed.images[0]!.cacheFrom);
    }
  });
});
