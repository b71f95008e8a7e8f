/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabDaemon, startDockerDaemon } from '../../lab/docker-daemon.js';
import { type FakeActionsCache, startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { DONE, dockerfile, endOf, newName, openShop, type Shop } from './shop.js';

const kept = newName('kept');
/** The cache mount has a unique name, because other tests share the daemon of the first run. */
const api = (command: string) =>
  dockerfile('COPY greeting /greeting', `RUN --mount=type=cache,target=/${kept} ${command}`);

let folder: string;
let daemon: LabDaemon;
let cache: FakeActionsCache;
let shop: Shop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
  daemon = await startDockerDaemon({ dir: join(folder, 'd') });
  cache = await startFakeActionsCache();
  shop = await openShop({
    // Removes the shop's cache setting, so that the default applies.
    settings: { cache: undefined },
    files: { 'api/Dockerfile': api(`echo hot > /${kept}/it`) },
  });
});
afterAll(async () => {
  await shop?.close();
  await cache?.stop();
  await daemon?.stop();
  await rm(folder, { recursive: true, force: true });
});

const runner = () => cache.environment({ version: 'v1', ref: 'refs/heads/main' });
const freshRunner = () => ({ ...runner(), DOCKER_HOST: daemon.host });

/** The column "Cached steps" of the summary. */
function cachedSteps(summary: string): string[] {
  return [...summary.matchAll(/(\d+ of \d+) steps cached/g)].map(([, cell = '']) => cell);
}

test('a runner without a cache token causes a warning, and the release succeeds', async () => {
  const { main } = await shop.job({ inputs: { images: 'web' } });
  expect(main.exitCode).toBe(0);
  expect(main.annotations).toMatchObject([{ level: 'warning', title: 'preflight/no-cache-service' }]);
  expect(main.annotations[0]?.message).toContain('layers are built again');
  expect(main.summary).toContain('preflight/no-cache-service');
});

test('a fresh machine takes all steps of both images from the GitHub cache, with one scope per image', async () => {
  const words = `page of ${kept}\n`;
  await shop.push({ 'web/page': words });
  const first = await shop.job({ env: runner() });
  expect(endOf(first)).toEqual(DONE);
  expect(cachedSteps(first.main.summary)).toEqual(['0 of 2', '0 of 2']);
  expect(first.main.summary).toMatch(/api<\/code>.*\| none found, saved [\d.]+ kB \|/);
  // BuildKit's keys: index-SCOPE-VERSION-REVISION#NUMBER.
  const scopes = cache.store.entries.flatMap(({ key }) => /^index-(.+)-\d+-[0-9a-f]+#\d+$/.exec(key)?.[1] ?? []);
  expect(scopes.sort()).toEqual(['image-release-api', 'image-release-web']);

  await shop.push({ 'README.md': 'Nothing that an image holds.\n' });
  const second = await shop.job({ env: freshRunner(), inputs: { rebuild: 'true' } });
  expect(endOf(second)).toEqual(DONE);
  expect(cachedSteps(second.main.summary)).toEqual(['2 of 2', '2 of 2']);
});

test('a cache mount on a fresh machine contains the files of an earlier run', async () => {
  await shop.push({ 'api/Dockerfile': api(`grep hot /${kept}/it`) });
  const third = await shop.job({ env: freshRunner() });
  expect(endOf(third)).toEqual(DONE);
  expect(third.main.summary).toMatch(/api<\/code>.*\| partial, [\d.]+ kB, saved [\d.]+ kB \|/);
  expect(third.leftovers).toEqual([]);
  expect(third.main.stdout).not.toContain('sig=lab');
});
