/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type LabDaemon, startDockerDaemon } from '../../lab/docker-daemon.js';
import { type FakeActionsCache, startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { dockerfile, newName, openShop, type Shop } from './shop.js';

jest.setTimeout(90_000);

const kept = newName('kept');
/** What the mount holds belongs to this test: the daemon of the first run is everybody's. */
const api = (command: string) =>
  dockerfile('COPY greeting /greeting', `RUN --mount=type=cache,target=/${kept} ${command}`);

let folder: string;
let daemon: LabDaemon;
let cache: FakeActionsCache;
let shop: Shop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mounts-'));
  daemon = await startDockerDaemon({ dir: join(folder, 'd') });
  cache = await startFakeActionsCache();
  shop = await openShop({ files: { 'api/Dockerfile': api(`echo hot > /${kept}/it`) } });
});
afterAll(async () => {
  await shop?.close();
  await cache?.stop();
  await daemon?.stop();
  await rm(folder, { recursive: true, force: true });
});

const runner = () => cache.environment({ version: 'v1', ref: 'refs/heads/main' });
const runnerWithCacheAt = (url: string) => ({
  ...runner(),
  ACTIONS_CACHE_URL: url,
  ACTIONS_RESULTS_URL: url,
});

test('a step on a fresh machine finds what the run before it has left in the cache mount', async () => {
  const first = await shop.job({ env: runner() });
  expect(first.main).toMatchObject({ exitCode: 0, annotations: [] });
  expect(first.main.summary).toMatch(/api<\/code>.*\| none found, saved [\d.]+ kB \|/);

  await shop.push({ 'api/Dockerfile': api(`grep hot /${kept}/it`) });
  const second = await shop.job({ env: { ...runner(), DOCKER_HOST: daemon.host } });
  expect(second.main).toMatchObject({ exitCode: 0, annotations: [] });
  expect(second.main.summary).toMatch(/api<\/code>.*\| partial, [\d.]+ kB, saved [\d.]+ kB \|/);
  for (const { main, leftovers } of [first, second]) {
    expect(leftovers).toEqual([]);
    expect(main.stdout).not.toContain('sig=lab');
  }
});

test('a cache service that is down costs a warning, and the release succeeds', async () => {
  await shop.push({ 'api/Dockerfile': api(`echo cold > /${kept}/it`) });
  const { main } = await shop.job({ env: runnerWithCacheAt('http://127.0.0.1:9/') });
  expect(main).toMatchObject({
    exitCode: 0,
    outputs: { released: 'true' },
    annotations: [{ level: 'warning', title: 'build/warning' }],
  });
  expect(main.annotations[0]?.message).toMatch(/cache mounts of api were not restored: .*ECONNREFUSED/);
});

test('a cancel ends the step at once while the cache service hangs', async () => {
  await shop.push({ 'api/Dockerfile': api('echo late') });
  const cancel = new AbortController();
  const hanging = createServer(() => cancel.abort());
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/`;
  const { main, leftovers } = await shop.job({ env: runnerWithCacheAt(url), cancel: cancel.signal });
  hanging.closeAllConnections();
  await new Promise((resolve) => hanging.close(resolve));
  expect(main.exitCode).toBe(130);
  expect(main.summary).toContain('Cancelled during build');
  expect(main.orphans).toEqual([]);
  expect(leftovers).toEqual([]);
});
