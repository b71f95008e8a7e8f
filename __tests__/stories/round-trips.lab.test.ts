/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCountedReleases, type Counts, type CountedReleases } from '../../lab/counted-releases.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { lab } from './shop.js';

// Long enough for concurrent requests to overlap on a busy machine.
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

test('a release of two unchanged images sends few requests, none of them twice, and no POST or DELETE', async () => {
  await site.push();
  const { counts, outputs } = await site.job();
  expect(statusesOf(outputs)).toEqual(['unchanged', 'unchanged']);
  expect(counts.registry.requests).toBeLessThanOrEqual(28);
  expect(counts.registry.rounds).toBeLessThanOrEqual(8);
  expect(counts.builder.requests).toBe(0);
  expect(asked(counts).filter((request) => /^(?:POST|DELETE) /.test(request))).toEqual([]);
  expect(counts.github.requests).toBeLessThanOrEqual(6);
  expect(counts.github.rounds).toBeLessThanOrEqual(3);
  expect(asked(counts)).toEqual([...new Set(asked(counts))]);
});

test('a release that builds one of two images takes at most ten registry rounds in addition to the build', async () => {
  await site.push('web/pages/index.md');
  const { counts, outputs } = await site.job();
  expect(statusesOf(outputs)).toEqual(['unchanged', 'built']);
  expect(counts.registry.rounds).toBeLessThanOrEqual(10);
  expect(counts.github.requests).toBeLessThanOrEqual(12);
  expect(counts.github.rounds).toBeLessThanOrEqual(5);
});

test('a job that deploys the images of another job takes at most eight registry requests in five rounds', async () => {
  await site.push();
  const { outputs } = await site.job({ deploy: 'false' });
  const { counts } = await site.job({ published: outputs['images']! });
  expect(counts.registry.requests).toBeLessThanOrEqual(8);
  expect(counts.registry.rounds).toBeLessThanOrEqual(5);
  expect(counts.github.requests).toBeLessThanOrEqual(8);
  expect(counts.github.rounds).toBeLessThanOrEqual(5);
});

test('a dry run that would rebuild all images reads only manifests of the published images', async () => {
  await site.push();
  const { counts, outputs } = await site.job({ rebuild: 'true', 'dry-run': 'true' });
  expect(statusesOf(outputs)).toEqual(['planned', 'planned']);
  const requests = asked(counts).filter((request) => /^(?:GET|HEAD) .*\/acme-\w+\//.test(request));
  expect(requests.filter((request) => !request.includes('/manifests/'))).toEqual([]);
  expect(requests).not.toEqual([]);
});
