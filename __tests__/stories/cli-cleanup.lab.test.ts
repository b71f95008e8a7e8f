/** @programs docker kubectl kustomize */
import { jest } from '@jest/globals';
import { startFront, type Front } from '../registry/fixtures/front.js';
import { openHistorySite, type HistorySite } from './published-history.js';
import { lab } from './shop.js';

jest.setTimeout(300_000);

let front: Front;
let site: HistorySite;
const tags: Record<string, string> = {};
beforeAll(async () => {
  front = await startFront(lab.registry);
  site = await openHistorySite(front.host);
  tags['first'] = await site.release();
  for (let n = 1; n <= 12; n++) tags[`c${n}`] = await site.publishCommit(100 - n);
  for (let n = 1; n <= 6; n++) await site.publish(`pr-${n}-${String(n).repeat(7)}`, 60);
  for (const [index, name] of ['c8', 'c9', 'c10', 'c11'].entries()) {
    await site.deploy(tags[name]!);
    if (index < 2) await site.promote();
  }
  tags['last'] = await site.release();
});
afterAll(async () => {
  await site?.close();
  await front?.stop();
});

test('lists', async () => {
  const { exitCode, stdout, stderr } = await site.signing(['cleanup', '--keep', '1']);
  console.log(stdout, stderr);
  expect(exitCode).toBe(0);
});
