import { jest } from '@jest/globals';
import { setDispatchStage, type DispatchStage } from '../builders/dispatch/stage.js';
import { followFixes, type FollowedFix } from './followed-fix.js';
import { checkoutFixes } from './followed/dispatch-checkout.js';
import { orderFixes } from './followed/dispatch-order.js';
import { runFixes } from './followed/dispatch-run.js';

jest.setTimeout(60_000);

let stage: DispatchStage;
beforeEach(async () => {
  stage = await setDispatchStage();
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.stop();
});

/** Commits, runs and waits are others each time. */
const steady = (text: string) =>
  text
    .replace(/runs\/\d+(?:\/job\/\d+)?/g, 'runs/4711')
    .replace(/\b[0-9a-f]{7}\b/g, '1a2b3c4')
    .replace(/\b6[01] minutes/, '60 minutes');
const follow = (fixes: (stage: () => DispatchStage) => FollowedFix[]) =>
  followFixes(
    'dispatch',
    fixes(() => stage).map((fix) => ({ ...fix, steady })),
  );

describe('what the checkout says', () => follow(checkoutFixes));
describe('what GitHub says to the order', () => follow(orderFixes));
describe('how the run ends', () => follow(runFixes));
