/** @programs docker kustomize */
import { DONE, endOf, openShop, pods, tagOf, type Shop } from './shop.js';

let shop: Shop;
beforeAll(async () => (shop = await openShop()));
afterAll(() => shop.close());

const kustomization = () => shop.origin('show', 'main:k8s/kustomization.yaml');

test('keeps a foreign commit, retries after an outage, and commits only once if a response is lost', async () => {
  const commit = await shop.git('rev-parse', 'HEAD');
  const edited = (await kustomization()).replace('resources: [pods.yaml]', 'resources: [pods.yaml, more.yaml]');
  const files = { 'k8s/kustomization.yaml': edited, 'k8s/more.yaml': pods({ more: 'busybox' }) };
  const match = { operation: 'updateRefs' };
  shop.github.faults.push(
    { match, fault: { type: '5xx-before' } },
    { match, skip: 1, fault: { type: 'stale', land: { files } } },
    { match, skip: 2, fault: { type: '5xx-after-landing', end: 'cut' } },
  );
  const { main } = await shop.job();
  expect(main.exitCode).toBe(0);
  expect(shop.github.faults.pending()).toEqual([]);
  expect(await kustomization()).toBe(edited.replaceAll('main-0000000', tagOf(commit)));
  expect(await shop.origin('rev-list', '--count', `${commit}..main`)).toBe('2');
  expect(await shop.origin('rev-parse', 'main')).toBe(main.outputs['deploy-commit']);
});

test('two overlapping runs both succeed, and the newer release ends up deployed', async () => {
  const changed = (words: string) => ({ 'api/greeting': words, 'web/page': words });
  const first = await shop.push(changed(`first of ${shop.prefix}\n`));
  const second = await shop.push(changed(`second of ${shop.prefix}\n`));
  const earlier = await shop.checkOut(first);
  const results = await Promise.all([
    shop.job({ runId: '7000000002', workspace: earlier }),
    shop.job({ runId: '7000000003' }),
  ]);
  expect(results.map(endOf)).toEqual([DONE, DONE]);
  expect(await shop.deployed()).toEqual([tagOf(second), tagOf(second)]);
  const landed = results.filter(({ main }) => main.outputs['deploy-commit'] !== '');
  expect(Number(await shop.origin('rev-list', '--count', `${second}..main`))).toBe(landed.length);
});
