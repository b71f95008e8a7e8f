import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeActionsCache, type FakeActionsCache } from '../../../lab/fake-actions-cache/server.js';
import { carryCacheMounts } from '../../../src/build/cache/mount-carrier.js';
import { mountKey } from '../../../src/build/cache/mount-key.js';
import { createCacheService, readCacheAccess } from '../../../src/build/cache/service.js';
import { parseDockerfile } from '../../../src/inputs/dockerfile/parse.js';
import { createHttpClient } from '../../../src/lib/http.js';
import { plannedImage } from '../samples.js';

let dir: string;
let cache: FakeActionsCache;
const http = createHttpClient({ userAgent: 'test', silenceMs: 5000, maxSockets: 4 });
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'service-'));
  cache = await startFakeActionsCache();
});
afterEach(async () => {
  await cache.stop();
  await rm(dir, { recursive: true, force: true });
});
afterAll(() => http.close());

const RUN = { ref: 'refs/heads/main' };

describe.each(['v1', 'v2'] as const)('the cache service, protocol %s', (version) => {
  const open = (run: { ref?: string; readOnly?: boolean } = {}, mode?: string) =>
    createCacheService(
      readCacheAccess({ ...cache.environment({ ...RUN, version, ...run }), ACTIONS_CACHE_MODE: mode })!,
      http,
    );

  test('a file of several blocks comes back as it was, also by a prefix and on another branch', async () => {
    const [file, back] = [join(dir, 'file'), join(dir, 'back')];
    const bytes = Buffer.concat([randomBytes(1000), Buffer.alloc(17 * 2 ** 20, 'x')]);
    await writeFile(file, bytes);
    expect(await open().save('mounts-1', file)).toBe('saved');
    cache.faults.push({ on: 'lookup', status: 503 });
    const hit = await open({ ref: 'refs/heads/topic' }).find('mounts-2', ['other-', 'mounts-']);
    expect(hit?.key).toBe('mounts-1');
    expect(await open().download(hit!, back)).toBe(bytes.length);
    expect((await readFile(back)).equals(bytes)).toBe(true);
    expect(new Set(cache.requests.map((request) => request.version))).toEqual(new Set([version]));
  });

  test('what may not be written, or is there already, is told apart from a failure', async () => {
    const file = join(dir, 'file');
    await writeFile(file, 'content');
    expect(await open({ readOnly: true }).save('a', file)).toBe('refused');
    expect(await open({}, 'read').save('a', file)).toBe('refused');
    expect(await open().save('a', file)).toBe('saved');
    expect(await open().save('a', file)).toBe('exists');
    expect(await open({}, 'write-only').find('a', [])).toBeUndefined();
    const hit = await open().find('a', []);
    cache.store.evict(/^a$/);
    await expect(open().download(hit!, file)).rejects.toThrow('the cache service answers 404');
    expect(JSON.stringify(hit)).not.toContain('sig=');
  });
});

const TOKEN = { ACTIONS_RUNTIME_TOKEN: 'token' };
const BOTH = {
  ACTIONS_CACHE_URL: 'http://c/',
  ACTIONS_RESULTS_URL: 'http://r/',
  ACTIONS_CACHE_SERVICE_V2: 'true',
};

test.each([
  ['github.com', { ...TOKEN, ...BOTH }, { version: 'v2', url: new URL('http://r/'), mode: 'read-write' }],
  [
    'a GitHub Enterprise Server has v1 alone',
    { ...TOKEN, ...BOTH, GITHUB_SERVER_URL: 'https://git.acme.example' },
    { version: 'v1', url: new URL('http://c/'), mode: 'read-write' },
  ],
  ['reading only', { ...TOKEN, ...BOTH, ACTIONS_CACHE_MODE: 'Read' }, { mode: 'read' }],
  ['an unknown mode permits all', { ...TOKEN, ...BOTH, ACTIONS_CACHE_MODE: 'new' }, { mode: 'read-write' }],
  ['a mode that permits nothing', { ...TOKEN, ...BOTH, ACTIONS_CACHE_MODE: 'none' }, undefined],
  ['no token', BOTH, undefined],
  ['no address', TOKEN, undefined],
])('what the runner hands over: %s', (_, env, expected) => {
  const access = readCacheAccess(env);
  if (expected === undefined) expect(access).toBeUndefined();
  else expect(access).toMatchObject(expected);
});

test('the key changes with lockfiles and instructions, the prefix with image, machine and mounts', async () => {
  const image = { key: 'api', machine: 'linux-x64', context: dir, mounts: ['/root/.npm'], runs: ['npm ci'] };
  await writeFile(join(dir, 'package-lock.json'), '1');
  const key = await mountKey(image);
  expect(key.prefixes).toEqual([key.key.replace(/[0-9a-f]+$/, '')]);
  await writeFile(join(dir, 'server.js'), 'no lockfile');
  expect(await mountKey(image)).toEqual(key);

  const other = await mountKey({ ...image, runs: ['npm ci --omit=dev'] });
  await writeFile(join(dir, 'package-lock.json'), '2');
  const newer = await mountKey(image);
  expect(new Set([key.key, other.key, newer.key]).size).toBe(3);
  expect([other.prefixes, newer.prefixes]).toEqual([key.prefixes, key.prefixes]);
  for (const changed of [{ key: 'web' }, { key: 'a/pi' }, { machine: 'linux-arm64' }, { mounts: ['/x'] }]) {
    expect((await mountKey({ ...image, ...changed })).prefixes).not.toEqual(key.prefixes);
  }
});

test('a service that fails, or a base without a shell, fails no build', async () => {
  await writeFile(join(dir, 'Dockerfile'), 'FROM node\nRUN --mount=type=cache,target=/x true\n');
  const images = ['api', 'web', 'off'].map((key) =>
    plannedImage(key, { dockerfile: 'Dockerfile', context: '.' }),
  );
  const failing = {
    stdout: Buffer.of(),
    stderr: Buffer.from('ERROR: failed to solve: no /bin/sh\n'),
    code: 1,
  };
  let calls = 0;
  const result = await carryCacheMounts(
    {
      service: {
        find: async () => {
          if (calls++ === 0) throw new Error('the cache service answers 500');
          return undefined;
        },
        download: async () => 0,
        save: async () => 'saved',
      },
      maxSize: 1000,
      machine: 'linux-x64',
      parse: parseDockerfile,
    },
    {
      images: images.slice(0, 2),
      builder: 'default',
      root: dir,
      folder: dir,
      docker: async () => failing,
      redact: (text) => text,
      tell: () => {},
    },
    async () => ({
      images: [],
      steps: images.map(({ key }) => ({
        key,
        name: '[2/2] RUN --mount=type=cache,target=/x true',
        started: 0,
        completed: 1,
        cached: false,
      })),
    }),
  );
  expect(result.warnings!.map(({ code, severity }) => [code, severity])).toEqual([
    ['build/cache-mounts', 'warning'],
    ['build/cache-mounts', 'warning'],
  ]);
  expect(result.warnings!.map(({ message }) => message.replace(/of \w+/, 'of one'))).toEqual([
    'The cache mounts of one were not restored: the cache service answers 500.',
    'The cache mounts of one were not saved: no /bin/sh.',
  ]);
});
