/** @programs docker kustomize */
import { createHash } from 'node:crypto';
import type { ImageOutput } from '../../src/report/outputs.js';
import { viewRepository } from './registry-view.js';
import { imagesOf, openShop, type Shop } from './shop.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';

let shop: Shop;
beforeAll(async () => (shop = await openShop()));
afterAll(() => shop?.close());

/** Replaces the genuine index of `latest` by a forged one with the public annotations. @returns the forged digest */
async function attack(image: string): Promise<string> {
  const [host = '', ...path] = image.split('/');
  const at = (reference: string) => `http://${host}/v2/${path.join('/')}/manifests/${reference}`;
  const { digest: genuine, ...index } = (await viewRepository(image).manifest('latest'))!;
  const annotations = { ...index.annotations, 'org.opencontainers.image.vendor': 'mallory' };
  const body = JSON.stringify({ ...index, annotations });
  const put = await fetch(at('latest'), { method: 'PUT', headers: { 'content-type': INDEX }, body });
  expect(put.status).toBe(201);
  expect((await fetch(at(genuine), { method: 'DELETE' })).status).toBe(202);
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

test('rebuilds an image instead of deploying a forged one that no ledger records', async () => {
  expect((await shop.job()).main.exitCode).toBe(0);
  const foreign = await attack(`${shop.prefix}/api`);
  await shop.push({ 'README.md': 'What the shop sells.\n' });
  const job = await shop.job({ runId: '7000000002' });
  expect(job.main.exitCode).toBe(0);
  const { api, web } = imagesOf(job) as Record<'api' | 'web', ImageOutput>;
  expect(api).toMatchObject({
    status: 'built',
    reason: expect.stringContaining('has the same inputs, but no ledger records its digest'),
  });
  expect(api.digest).not.toBe(foreign);
  expect(web.status).toBe('unchanged');
  expect(job.main.log).not.toContain(foreign);
  const ledger = await shop.origin('show', 'refs/image-release/main:ledger.json');
  expect([ledger.includes(api.digest ?? ''), ledger.includes(foreign)]).toEqual([true, false]);
  expect(await shop.digest('api', 'latest')).toBe(api.digest);
});
