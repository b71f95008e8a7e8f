/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type LabDaemon, startDockerDaemon } from '../../lab/docker-daemon.js';
import { type FakeActionsCache, SILENCE, startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(90_000);

let cache: FakeActionsCache;
let shop: Shop;
beforeEach(async () => (cache = await startFakeActionsCache()));
afterEach(async () => {
  await shop.close();
  await cache.stop();
});

/** The default, in place of the shop's own. */
const settings = { cache: undefined, attest: { sbom: 'off' } };
const runner = () => cache.environment({ version: 'v1', ref: 'refs/heads/main' });

/** The column "Cached steps" of the summary. */
function cachedSteps(summary: string): string[] {
  return [...summary.matchAll(/(\d+ of \d+) steps cached/g)].map(([, cell = '']) => cell);
}

describe('the Actions cache', () => {
  let folder: string;
  let daemon: LabDaemon;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cache-'));
    daemon = await startDockerDaemon({ dir: join(folder, 'd') });
  });
  afterAll(async () => {
    await daemon?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('lesson 4: on a fresh machine every step comes from it, for both images, each from a scope of its own', async () => {
    shop = await openShop({ settings });
    const first = await shop.job({ env: runner() });
    expect(first.main.exitCode).toBe(0);
    expect(cachedSteps(first.main.summary)).toEqual(['0 of 2', '0 of 2']);
    // BuildKit's keys: index-SCOPE-VERSION-REVISION#NUMBER.
    const scopes = cache.store.entries.flatMap(({ key }) => /^index-(.+)-\d+-[0-9a-f]+#\d+$/.exec(key)?.[1] ?? []);
    expect(scopes.sort()).toEqual(['image-release-api', 'image-release-web']);

    await shop.push({ 'README.md': 'Nothing that an image holds.\n' });
    const env = { ...runner(), DOCKER_HOST: daemon.host };
    const second = await shop.job({ env, inputs: { rebuild: 'true' } });
    expect(second.main.exitCode).toBe(0);
    expect(cachedSteps(second.main.summary)).toEqual(['2 of 2', '2 of 2']);
  });
});

test('a cache that refuses what is exported does not fail a release', async () => {
  shop = await openShop({ settings });
  cache.faults.push({ on: 'reserve', status: 500, times: 1000 }, { on: 'lookup', status: 500, times: 1000 });
  const { main } = await shop.job({ env: runner() });
  expect(main.exitCode).toBe(0);
  expect(main.outputs).toMatchObject({ released: 'true' });
  expect(cache.requests.filter(({ status }) => status === 500)).not.toEqual([]);
  expect(cache.store.entries).toEqual([]);
});

test('a cache that accepts requests and never answers costs ten seconds, and the release goes on', async () => {
  shop = await openShop({ settings });
  for (const on of ['lookup', 'reserve'] as const) cache.faults.push({ on, status: SILENCE, times: 1000 });
  const begun = Date.now();
  const { main } = await shop.job({ env: runner() });
  expect(main.exitCode).toBe(0);
  expect(main.outputs).toMatchObject({ released: 'true' });
  expect(main.summary).toContain('answer, so the release goes on without it');
  expect(Date.now() - begun).toBeLessThan(45_000);
});

test.each([
  ['by default', settings, 'layers are built again', 'false'],
  ['for a cache that is asked for', { ...settings, cache: 'gha' }, 'everything is built from scratch', 'true'],
])(
  'a runner that gives no cache token is warned about, %s, and the release goes on',
  async (_, chosen, words, dryRun) => {
    shop = await openShop({ settings: chosen });
    const { main } = await shop.job({ inputs: { images: 'api', 'dry-run': dryRun } });
    expect(main.exitCode).toBe(0);
    expect(main.annotations).toMatchObject([{ level: 'warning', title: 'preflight/no-cache-service' }]);
    expect(main.annotations[0]?.message).toContain(words);
    expect(main.summary).toContain('preflight/no-cache-service');
  },
);
