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
    'auto in Actions is the Actions cache',
    { type: 'auto' },
    ACTIONS,
    {
      cacheFrom: ['type=gha,scope=image-release-api,timeout=2m'],
      cacheTo: ['type=gha,mode=max,scope=image-release-api,ignore-error=true,timeout=5m'],
    },
  ],
  ['auto without a cache service is none', { type: 'auto' }, NO_SERVICE, NONE],
  ['gha of a service that never answers is none', { type: 'gha' }, SILENT, NONE],
  ['auto at a terminal is none', { type: 'auto' }, TERMINAL, NONE],
  ['none is none in Actions too', { type: 'none' }, ACTIONS, NONE],
  [
    'gha stays when it is asked for: preflight tells that there is no service',
    { type: 'gha' },
    TERMINAL,
    {
      cacheFrom: ['type=gha,scope=image-release-api,timeout=2m'],
      cacheTo: ['type=gha,mode=max,scope=image-release-api,ignore-error=true,timeout=5m'],
    },
  ],
  [
    'registry puts the cache beside the image, in the form that ghcr.io accepts',
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
])('a repository shared by all images (%s) carries the key: %s', (ref, expected) => {
  expect(plan({ type: 'registry', ref }, TERMINAL).cacheFrom).toEqual([`type=registry,ref=${expected}`]);
});

test('lesson 4: no two images, and no two sets of platforms, replace each other’s cache', () => {
  const places = (['gha', 'registry'] as const).flatMap((type) =>
    ['api', 'web'].flatMap((key) =>
      [[], ['linux/amd64'], ['linux/arm64'], ['linux/amd64', 'linux/arm64']].map(
        (platforms) => plan({ type }, ACTIONS, key, platforms).cacheTo[0],
      ),
    ),
  );
  expect(new Set(places).size).toBe(places.length);
});

test('a set of platforms is one place in any order', () => {
  const either = plan({ type: 'gha' }, ACTIONS, 'api', ['linux/arm64', 'linux/amd64']);
  expect(either).toEqual(plan({ type: 'gha' }, ACTIONS, 'api', ['linux/amd64', 'linux/arm64']));
});

test.each([
  ['the builder’s own', [], ['api']],
  ['one', ['linux/amd64'], ['api-linux-amd64', 'api']],
  ['two', ['linux/arm64', 'linux/amd64'], ['api-linux-amd64-linux-arm64', 'api-linux-amd64', 'api-linux-arm64', 'api']],
])('a change of platforms to %s goes on with what was cached before it', (_, platforms, scopes) => {
  const { cacheFrom, cacheTo } = plan({ type: 'gha' }, ACTIONS, 'api', platforms);
  expect(cacheFrom).toEqual(scopes.map((scope) => `type=gha,scope=image-release-${scope},timeout=2m`));
  expect(cacheTo).toEqual([`type=gha,mode=max,scope=image-release-${scopes[0]},ignore-error=true,timeout=5m`]);
});

test.each([
  ['read', { cacheFrom: 1, cacheTo: 0 }],
  ['write', { cacheFrom: 0, cacheTo: 1 }],
] as const)('a runner whose cache mode is %s is obeyed', (cacheMode, counts) => {
  const { cacheFrom, cacheTo } = plan({ type: 'auto' }, { ...ACTIONS, cacheMode });
  expect({ cacheFrom: cacheFrom.length, cacheTo: cacheTo.length }).toEqual(counts);
  // A registry has rights of its own.
  expect(plan({ type: 'registry' }, { ...ACTIONS, cacheMode }).cacheTo).toHaveLength(1);
});

describe('no cache that a release reads is written by a run', () => {
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
      // What is there is read all the same.
      expect(unpublished.images[0]!.cacheFrom).toEqual(pushed.images[0]!.cacheFrom);
    }
  });
});
