/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCountedReleases, type Counts, type CountedReleases } from '../../lab/counted-releases.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { lab } from './shop.js';

// What happens side by side has to overlap on a busy machine, too.
const delayMs = { registry: 200, github: 50 };

let dir: string;
let site: CountedReleases;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'round-trips-'));
  site = await startCountedReleases(lab, { dir, delayMs });
  await site.job();
});
afterAll(async () => {
  await site?.stop();
  await rm(dir, { recursive: true, force: true });
});

const statusesOf = ({ images = '{}' }: Record<string, string>) =>
  Object.values(JSON.parse(images) as Record<string, ImageOutput>).map(({ status }) => status);
const asked = ({ log }: Counts) => log.registry.map(({ method, path }) => `${method} ${path}`);

test('a release of two images that did not change: few requests, side by side, and no probe of rights', async () => {
  await site.push();
  const { counts, outputs } = await site.job();
  expect(statusesOf(outputs)).toEqual(['unchanged', 'unchanged']);
  expect(counts.registry.requests).toBeLessThanOrEqual(28);
  expect(counts.registry.rounds).toBeLessThanOrEqual(8);
  expect(counts.builder.requests).toBe(0);
  expect(asked(counts).filter((request) => /^(?:POST|DELETE) /.test(request))).toEqual([]);
  expect(counts.github.requests).toBeLessThanOrEqual(6);
  expect(counts.github.rounds).toBeLessThanOrEqual(3);
  // Nothing is read twice.
  expect(asked(counts)).toEqual([...new Set(asked(counts))]);
});

test('a release that builds one of two images: ten rounds in addition to those of the build', async () => {
  await site.push('web/pages/index.md');
  const { counts, outputs } = await site.job();
  expect(statusesOf(outputs)).toEqual(['unchanged', 'built']);
  expect(counts.registry.rounds).toBeLessThanOrEqual(10);
  expect(counts.github.requests).toBeLessThanOrEqual(12);
  expect(counts.github.rounds).toBeLessThanOrEqual(5);
});

test('a job that deploys what another one has pushed asks for each tag once', async () => {
  await site.push();
  const { outputs } = await site.job({ deploy: 'false' });
  const { counts } = await site.job({ published: outputs['images']! });
  expect(counts.registry.requests).toBeLessThanOrEqual(8);
  expect(counts.registry.rounds).toBeLessThanOrEqual(5);
  expect(counts.github.requests).toBeLessThanOrEqual(8);
  expect(counts.github.rounds).toBeLessThanOrEqual(5);
});

test('a release that has to build all images reads no blob of the published ones', async () => {
  await site.push();
  const { counts, outputs } = await site.job({ rebuild: 'true', 'dry-run': 'true' });
  expect(statusesOf(outputs)).toEqual(['planned', 'planned']);
  const requests = asked(counts).filter((request) => /^(?:GET|HEAD) .*\/acme-\w+\//.test(request));
  expect(requests.filter((request) => !request.includes('/manifests/'))).toEqual([]);
  expect(requests).not.toEqual([]);
});
