/** @programs docker kustomize */
import { openShop, REPOSITORY, type Shop } from './shop.js';

let shop: Shop;
afterEach(() => shop?.close());

test('with `wait`, succeeds if commit statuses report a running release, and fails at the timeout', async () => {
  shop = await openShop();
  const { main: late } = await shop.job({ inputs: { wait: '1s' } });
  expect({ exitCode: late.exitCode, released: late.outputs['released'] }).toEqual({ exitCode: 1, released: 'true' });
  expect(late.summary).toMatch(/^## Published and deployed api and web\. It is unknown whether api and web run\./);
  expect(late.summary).toContain('### In the cluster');
  expect(late.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^api main-\w{7} did not run in the channel main within 1 s: no cluster can be reached /),
    expect.stringMatching(/^web main-\w{7} did not run/),
  ]);

  // The second run changes no image; Flux applied the deploy commit a minute ago.
  const status = { state: 'success', context: 'kustomization/shop/0a1b2c3d', description: null };
  const at = new Date(Date.now() - 60_000).toISOString();
  shop.github.repository(REPOSITORY).statuses = [{ commit: late.outputs['deploy-commit']!, ...status, at }];
  const { main } = await shop.job({ inputs: { wait: '1m' } });
  expect({ exitCode: main.exitCode, annotations: main.annotations }).toEqual({ exitCode: 0, annotations: [] });
  expect(main.summary).toMatch(/^## Nothing to do: api and web did not change\. The cluster runs api and web\./);
  const images = JSON.parse(main.outputs['images']!) as Record<string, { live: unknown }>;
  expect(images['web']?.live).toEqual([
    { key: 'web', channel: 'main', status: 'running', source: 'commit-statuses', workloads: [] },
  ]);
});
