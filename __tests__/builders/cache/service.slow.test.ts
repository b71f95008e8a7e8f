import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeActionsCache, type FakeActionsCache } from '../../../testing/fake-actions-cache/server.js';
import { withCacheMounts, mountKey } from '../../../src/builders/buildx/cache/cache-mounts.js';
import { createCacheService, type CacheService } from '../../../src/builders/buildx/cache/service.js';
import { plannedImage } from '../samples.js';
import { CACHE_PROGRAM } from './program.js';

let dir: string;
let cache: FakeActionsCache;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'service-'));
  cache = await startFakeActionsCache();
});
afterEach(async () => {
  await cache.stop();
  await rm(dir, { recursive: true, force: true });
});

const RUN = { ref: 'refs/heads/main' };

/** Creates a folder, empty unless `archive` has content for it. */
async function makeFolder(name: string, archive?: string): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder);
  if (archive !== undefined) await writeFile(join(folder, 'mounts.tar'), archive);
  return folder;
}

function open(env: NodeJS.ProcessEnv, signal?: AbortSignal): CacheService {
  return createCacheService({ program: CACHE_PROGRAM, env: { PATH: process.env['PATH'], ...env }, signal });
}

describe.each(['v1', 'v2'] as const)('the cache service, protocol %s', (version) => {
  const service = (run: { ref?: string; readOnly?: boolean } = {}, mode?: string) =>
    open({ ...cache.environment({ ...RUN, version, ...run }), ACTIONS_CACHE_MODE: mode });

  test('restores an archive by a key prefix on another branch; a lookup alone writes nothing', async () => {
    const [from, to] = [await makeFolder('from', 'content'), await makeFolder('to')];
    expect(await service().save('mounts-1', from)).toBe('saved');
    const wanted = { key: 'mounts-2', prefixes: ['other-', 'mounts-'], folder: to };
    const branch = service({ ref: 'refs/heads/topic' });
    expect(await branch.restore({ ...wanted, lookupOnly: true })).toBe('mounts-1');
    expect(await readdir(to)).toEqual([]);
    expect(await branch.restore(wanted)).toBe('mounts-1');
    expect(await readFile(join(to, 'mounts.tar'), 'utf8')).toBe('content');
    expect(new Set(cache.requests.map((request) => request.version))).toEqual(new Set([version]));
  });

  test('returns a result, not an error, for a read-only cache, an existing key, and a missing key', async () => {
    const folder = await makeFolder('folder', 'content');
    expect(await service({ readOnly: true }).save('a', folder)).toBe('refused');
    expect(await service({}, 'read').save('a', folder)).toBe('refused');
    expect(await service().save('a', folder)).toBe('saved');
    expect(await service().save('a', folder)).toBe('exists');
    expect(await service().restore({ key: 'b', prefixes: [], folder })).toBeUndefined();
  });

  test('throws an error with the cause that the client only logs', async () => {
    const folder = await makeFolder('folder', 'content');
    await service().save('a', folder);
    cache.store.evict(/^a$/);
    expect(await thrown(service().restore({ key: 'a', prefixes: [], folder }))).toMatch(/tar.* failed/);
    cache.faults.push({ on: 'reserve', status: 429 });
    expect(await thrown(service().save('b', folder))).toMatch(/429/);
  });
});

async function thrown(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => `nothing, but ${String(value)}`,
    (error: Error) => error.message,
  );
}

test('throws the connection error if the service is down', async () => {
  const folder = await makeFolder('folder', 'content');
  const nowhere = 'http://127.0.0.1:9/';
  const down = open({
    ACTIONS_RUNTIME_TOKEN: 'token',
    ACTIONS_RESULTS_URL: nowhere,
    ACTIONS_CACHE_SERVICE_V2: 'true',
  });
  expect(await thrown(down.restore({ key: 'a', prefixes: [], folder }))).toMatch(/ECONNREFUSED/);
  expect(await thrown(down.save('a', folder))).toMatch(/ECONNREFUSED/);
});

test("a cancel ends the client if the service doesn't respond", async () => {
  const folder = await makeFolder('folder');
  const controller = new AbortController();
  const server: Server = createServer(() => controller.abort());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const hanging = open({ ACTIONS_RUNTIME_TOKEN: 'token', ACTIONS_CACHE_URL: url }, controller.signal);
  await expect(hanging.restore({ key: 'a', prefixes: [], folder })).rejects.toThrow('ended with exit code 130');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('the key depends on lockfiles and instructions, its prefix on image, machine and mounts', async () => {
  const image = {
    key: 'api',
    machine: 'linux-amd64',
    context: dir,
    mounts: ['/npm'],
    runs: ['npm ci'],
  };
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

test('only warns if the cache service fails or a base has no shell', async () => {
  await writeFile(join(dir, 'Dockerfile'), 'FROM node\nRUN --mount=type=cache,target=/x true\n');
  const images = ['api', 'web', 'off'].map((key) => plannedImage(key, { dockerfile: 'Dockerfile', context: '.' }));
  const failing = {
    stdout: Buffer.of(),
    stderr: Buffer.from('ERROR: failed to solve: no /bin/sh\n'),
    code: 1,
  };
  let calls = 0;
  const result = await withCacheMounts(
    {
      service: {
        restore: async () => {
          if (calls++ === 0) throw new Error('the cache service answers 500');
          return undefined;
        },
        save: async () => 'saved',
      },
      maxSize: 1000,
      machine: 'linux-amd64',
    },
    {
      images: images.slice(0, 2),
      builder: 'default',
      root: dir,
      folder: dir,
      docker: async () => failing,
      redact: (text) => text,
      say: () => {},
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
    ['build/warning', 'warning'],
    ['build/warning', 'warning'],
  ]);
  expect(result.warnings!.map(({ message }) => message.replace(/of \w+/, 'of one'))).toEqual([
    'The cache mounts of one were not restored: the cache service answers 500.',
    'The cache mounts of one were not saved: no /bin/sh.',
  ]);
});
