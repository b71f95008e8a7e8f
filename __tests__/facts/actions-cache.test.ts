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
  ['all of it', ALL, { cacheService: true }],
  ['the newer service alone', { ...TOKEN, ...V2 }, { cacheService: true }],
  ['of two, the newer one without its address', { ...ALL, ACTIONS_RESULTS_URL: '' }, { cacheService: false }],
  [
    'a GitHub Enterprise Server has the older one alone',
    { ...ALL, ...GHES, ACTIONS_RESULTS_URL: '' },
    { cacheService: true },
  ],
  ['no token', { ...V1, ...V2 }, { cacheService: false }],
  ['no address', TOKEN, { cacheService: false }],
  ['reading only', { ...ALL, ACTIONS_CACHE_MODE: ' Read' }, { cacheService: true, cacheMode: 'read' }],
  ['writing only', { ...ALL, ACTIONS_CACHE_MODE: 'write-only' }, { cacheService: true, cacheMode: 'write' }],
  ['a mode that permits both', { ...ALL, ACTIONS_CACHE_MODE: 'write' }, { cacheService: true }],
  ['a mode that nobody knows permits both', { ...ALL, ACTIONS_CACHE_MODE: 'new' }, { cacheService: true }],
  ['a mode that permits nothing', { ...ALL, ACTIONS_CACHE_MODE: 'none' }, { cacheService: false }],
])('what the runner hands over: %s', (_, env, expected) => {
  expect(readCacheAccess(env)).toEqual(expected);
});

describe('a cache service is asked before BuildKit depends on it', () => {
  const http = createHttpClient({ userAgent: 'test', silenceMs: 400, maxSockets: 1 });
  const signal = new AbortController().signal;
  let cache: FakeActionsCache;
  beforeEach(async () => (cache = await startFakeActionsCache()));
  afterEach(() => cache.stop());
  afterAll(() => http.close());

  describe.each(['v1', 'v2'] as const)('by %s', (version) => {
    const probe = () => probeCacheService(cache.environment({ version, ref: 'refs/heads/main' }), http, signal);

    test('one that accepts the request and never answers is not used', async () => {
      cache.faults.push({ on: 'lookup', status: SILENCE });
      expect(await probe()).toEqual({ cacheService: false, cacheSilent: true });
    });

    test.each([[undefined], [429], [503]] as const)('one that answers %p is used', async (status) => {
      if (status) cache.faults.push({ on: 'lookup', status });
      expect(await probe()).toEqual({ cacheService: true });
      expect(cache.requests).toMatchObject([{ operation: 'lookup', version }]);
      expect(cache.faults).toEqual([]);
    });

    test('one that refuses connections is left to BuildKit, which notices', async () => {
      const env = cache.environment({ version, ref: 'refs/heads/main' });
      await cache.stop();
      expect(await probeCacheService(env, http, signal)).toEqual({ cacheService: true });
      cache = await startFakeActionsCache();
    });
  });

  test('without a service nothing is asked', async () => {
    expect(await probeCacheService(V1, http, signal)).toEqual({ cacheService: false });
  });

  test('a cancel ends the question', async () => {
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
