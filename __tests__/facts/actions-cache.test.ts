import { probeCacheService, readCacheAccess } from '../../src/facts/actions-cache.js';
import { Cancelled } from '../../src/lib/errors.js';
import { createHttpClient } from '../../src/lib/http.js';
import { SILENCE, startFakeActionsCache, type FakeActionsCache } from '../../testing/fake-actions-cache/server.js';

const TOKEN = { ACTIONS_RUNTIME_TOKEN: 'token' };
const V1 = { ACTIONS_CACHE_URL: 'http://c/' };
const V2 = { ACTIONS_RESULTS_URL: 'http://r/', ACTIONS_CACHE_SERVICE_V2: 'true' };
const GHES = { GITHUB_SERVER_URL: 'https://git.acme.example' };
const ALL = { ...TOKEN, ...V1, ...V2 };

test.each([
  ['both services', ALL, { cacheService: true }],
  ['only the newer service', { ...TOKEN, ...V2 }, { cacheService: true }],
  ['both services, but no address of the newer one', { ...ALL, ACTIONS_RESULTS_URL: '' }, { cacheService: false }],
  [
    'a GitHub Enterprise Server, which has only the older service',
    { ...ALL, ...GHES, ACTIONS_RESULTS_URL: '' },
    { cacheService: true },
  ],
  ['no token', { ...V1, ...V2 }, { cacheService: false }],
  ['no address', TOKEN, { cacheService: false }],
  ['a read-only mode', { ...ALL, ACTIONS_CACHE_MODE: ' Read' }, { cacheService: true, cacheMode: 'read' }],
  ['a write-only mode', { ...ALL, ACTIONS_CACHE_MODE: 'write-only' }, { cacheService: true, cacheMode: 'write' }],
  ['a mode that permits both', { ...ALL, ACTIONS_CACHE_MODE: 'write' }, { cacheService: true }],
  ['an unknown mode, which permits both', { ...ALL, ACTIONS_CACHE_MODE: 'new' }, { cacheService: true }],
  ['a mode that permits nothing', { ...ALL, ACTIONS_CACHE_MODE: 'none' }, { cacheService: false }],
])('reads the cache access from the environment: %s', (_, env, expected) => {
  expect(readCacheAccess(env)).toEqual(expected);
});

describe('the probe of the cache service', () => {
  const http = createHttpClient({ userAgent: 'test', silenceMs: 400, maxSockets: 1 });
  const signal = new AbortController().signal;
  let cache: FakeActionsCache;
  beforeEach(async () => (cache = await startFakeActionsCache()));
  afterEach(() => cache.stop());
  afterAll(() => http.close());

  describe.each(['v1', 'v2'] as const)('with API %s', (version) => {
    const probe = () => probeCacheService(cache.environment({ version, ref: 'refs/heads/main' }), http, signal);

    test('rules out a service that accepts the request but never answers', async () => {
      cache.faults.push({ on: 'lookup', status: SILENCE });
      expect(await probe()).toEqual({ cacheService: false, cacheSilent: true });
    });

    test.each([[undefined], [429], [503]] as const)('accepts a service that answers %s', async (status) => {
      if (status) cache.faults.push({ on: 'lookup', status });
      expect(await probe()).toEqual({ cacheService: true });
      expect(cache.requests).toMatchObject([{ operation: 'lookup', version }]);
      expect(cache.faults).toEqual([]);
    });

    test('accepts a service that refuses connections, because BuildKit detects that itself', async () => {
      const env = cache.environment({ version, ref: 'refs/heads/main' });
      await cache.stop();
      expect(await probeCacheService(env, http, signal)).toEqual({ cacheService: true });
      cache = await startFakeActionsCache();
    });
  });

  test('finds no service without a token', async () => {
    expect(await probeCacheService(V1, http, signal)).toEqual({ cacheService: false });
  });

  test('stops when the run is cancelled', async () => {
    cache.faults.push({ on: 'lookup', status: SILENCE });
    const cancel = new AbortController();
    const patient = createHttpClient({ userAgent: 'test', silenceMs: 60_000, maxSockets: 1 });
    const asked = probeCacheService(
      cache.environment({ version: 'v2', ref: 'refs/heads/main' }),
      patient,
      cancel.signal,
    );
    setTimeout(() => cancel.abort(), 50);
    await expect(asked).rejects.toThrow(Cancelled);
    patient.close();
  });
});
