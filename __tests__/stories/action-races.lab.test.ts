/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { openShop, pods, type Shop } from './shop.js';

jest.setTimeout(60_000);

let shop: Shop;
let commit: string;
beforeEach(async () => {
  shop = await openShop();
  commit = await shop.git('rev-parse', 'HEAD');
});
afterEach(async () => {
  expect(shop.github.faults.pending()).toEqual([]);
  await shop.close();
});

const kustomization = () => shop.origin('show', 'main:k8s/kustomization.yaml');
const commits = async () => Number(await shop.origin('rev-list', '--count', `${commit}..main`));

test('lesson 5: a commit that lands in between stays, and the release follows it', async () => {
  const edited = (await kustomization()).replace(
    'resources: [pods.yaml]',
    'resources: [pods.yaml, more.yaml]',
  );
  shop.github.faults.push({
    match: { operation: 'updateRefs' },
    fault: {
      type: 'stale',
      land: { files: { 'k8s/kustomization.yaml': edited, 'k8s/more.yaml': pods({ more: 'busybox' }) } },
    },
  });
  const { main } = await shop.job();
  expect(main.exitCode).toBe(0);
  const tag = `main-${commit.slice(0, 7)}`;
  const expected = edited.replaceAll('main-0000000', tag);
  expect(`${await kustomization()}\n`).toBe(`${expected}\n`);
  expect(await commits()).toBe(2);
  expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['commit']);
});

test.each([{ end: 'answer' }, { end: 'cut' }] as const)(
  'a commit that lands while its answer is lost ($end) is made exactly once',
  async ({ end }) => {
    shop.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: '5xx-after-landing', end },
    });
    const { main } = await shop.job();
    expect(main.exitCode).toBe(0);
    expect(await commits()).toBe(1);
    expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['commit']);
  },
);

test('lesson 10: an API that answers 502 before anything happened delays the release, no more', async () => {
  shop.github.faults.push({ match: { operation: 'updateRefs' }, fault: { type: '5xx-before' } });
  const { main } = await shop.job();
  expect(main.exitCode).toBe(0);
  expect(await commits()).toBe(1);
});

test('lesson 5: of two overlapping runs neither fails, and the newer one stays, whichever ends last', async () => {
  const second = await shop.push({
    'api/greeting': `second of ${shop.prefix}\n`,
    'web/page': `second of ${shop.prefix}\n`,
  });
  const earlier = await shop.checkOut(commit);
  const results = await Promise.all([
    shop.job({ runId: '7000000001', workspace: earlier }),
    shop.job({ runId: '7000000002' }),
  ]);
  expect(results.map(({ main }) => [main.exitCode, main.annotations])).toEqual([
    [0, []],
    [0, []],
  ]);
  const tags = [...(await kustomization()).matchAll(/newTag: '?(main-\w+)/g)].map(([, tag]) => tag);
  expect(new Set(tags)).toEqual(new Set([`main-${second.slice(0, 7)}`]));
  const landed = results.filter(({ main }) => main.outputs['commit'] !== '');
  expect(Number(await shop.origin('rev-list', '--count', `${second}..main`))).toBe(landed.length);
});
