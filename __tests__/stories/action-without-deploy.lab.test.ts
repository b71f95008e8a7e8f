/** @programs docker */
import { jest } from '@jest/globals';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(60_000);

let shop: Shop;
afterEach(() => shop?.close());

test('where nothing is deployed, images are published without a question about the history', async () => {
  shop = await openShop({ settings: { deploy: [] } });
  const { main } = await shop.job();
  expect({ exitCode: main.exitCode, annotations: main.annotations }).toEqual({
    exitCode: 0,
    annotations: [],
  });
  expect(main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
});
