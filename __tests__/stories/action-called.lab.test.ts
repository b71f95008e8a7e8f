/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { actionInputs } from '../repository/called-workflow.js';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(60_000);

let shop: Shop;
beforeAll(async () => (shop = await openShop()));
afterAll(() => shop?.close());

const run = (call: Parameters<typeof actionInputs>[0]) => shop.job({ inputs: actionInputs(call) });

test('the workflow that others call hands the step what it takes: choices of the caller, else its defaults', async () => {
  const { main } = await run({ with: { images: 'api', 'dry-run': true } });
  expect(main.log).not.toContain('##[error]');
  expect(main.outputs['released']).toBe('false');
  expect(Object.keys(JSON.parse(main.outputs['images'] ?? '{}') as object)).toEqual(['api']);
  const whole = await run({});
  expect(whole.main.outputs).toMatchObject({
    released: 'true',
    'deploy-commit': expect.stringMatching(/^[0-9a-f]{40}$/),
  });
});
