import { readCacheAccess } from '../../src/facts/actions-cache.js';

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
