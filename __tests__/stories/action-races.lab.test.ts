/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { openShop, pods, type Shop } from './shop.js';

jest.setTimeout(60_000);

let shop: Shop;
let commit: string;
let runs = 7_000_000_000;
beforeAll(async () => {
  shop = await openShop();
  commit = await shop.git('rev-parse', 'HEAD');
});
afterEach(() => expect(shop.github.faults.pending()).toEqual([]));
afterAll(() => shop.close());

/** A release of another page. */
async function release() {
  commit = await shop.push({ 'web/page': `page of run ${runs} in ${shop.prefix}\n` });
  return shop.job({ runId: String(++runs) });
}

const kustomization = () => shop.origin('show', 'main:k8s/kustomization.yaml');
const commits = async () => Number(await shop.origin('rev-list', '--count', `${commit}..main`));

test('lesson 5: a commit that lands in between stays, and the release follows it', async () => {
  const edited = (await kustomization()).replace('resources: [pods.yaml]', 'resources: [pods.yaml, more.yaml]');
  shop.github.faults.push({
    match: { operation: 'updateRefs' },
    fault: {
      type: 'stale',
      land: { files: { 'k8s/kustomization.yaml': edited, 'k8s/more.yaml': pods({ more: 'busybox' }) } },
    },
  });
  const { main } = await shop.job({ runId: String(++runs) });
  expect(main.exitCode).toBe(0);
  const tag = `main-${commit.slice(0, 7)}`;
  const expected = edited.replaceAll('main-0000000', tag);
  expect(`${await kustomization()}\n`).toBe(`${expected}\n`);
  expect(await commits()).toBe(2);
  expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['deploy-commit']);
});

test.each([{ end: 'answer' }, { end: 'cut' }] as const)(
  'a commit that lands while its answer is lost ($end) is made exactly once',
  async ({ end }) => {
    shop.github.faults.push({
      match: { operation: 'updateRefs' },
      fault: { type: '5xx-after-landing', end },
    });
    const { main } = await release();
    expect(main.exitCode).toBe(0);
    expect(await commits()).toBe(1);
    expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['deploy-commit']);
  },
);

test('lesson 10: an API that answers 502 before anything happened delays the release, no more', async () => {
  shop.github.faults.push({ match: { operation: 'updateRefs' }, fault: { type: '5xx-before' } });
  const { main } = await release();
  expect(main.exitCode).toBe(0);
  expect(await commits()).toBe(1);
});

test('lesson 5: of two overlapping runs neither fails, and the newer one stays, whichever ends last', async () => {
  const changed = (words: string) => ({ 'api/greeting': words, 'web/page': words });
  const first = await shop.push(changed(`first of ${shop.prefix}\n`));
  const second = await shop.push(changed(`second of ${shop.prefix}\n`));
  const earlier = await shop.checkOut(first);
  const results = await Promise.all([
    shop.job({ runId: String(++runs), workspace: earlier }),
    shop.job({ runId: String(runs + 1) }),
  ]);
  expect(results.map(({ main }) => [main.exitCode, main.annotations])).toEqual([
    [0, []],
    [0, []],
  ]);
  const tags = [...(await kustomization()).matchAll(/newTag: '?(main-\w+)/g)].map(([, tag]) => tag);
  expect(new Set(tags)).toEqual(new Set([`main-${second.slice(0, 7)}`]));
  const landed = results.filter(({ main }) => main.outputs['deploy-commit'] !== '');
  expect(Number(await shop.origin('rev-list', '--count', `${second}..main`))).toBe(landed.length);
});
