import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { timeLimit } from '../../src/lib/cancel.js';

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

test('a time limit fires even after a garbage collection', async () => {
  const { signal } = new AbortController();
  const late = once(timeLimit(200, signal), 'abort').then(() => 'late');
  await delay(20);
  collectGarbage();
  expect(await Promise.race([late, delay(2000, 'never')])).toBe('late');
});

test('a cancelled run aborts its time limit at once', async () => {
  const run = new AbortController();
  const limit = timeLimit(60_000, run.signal);
  run.abort();
  expect(limit.aborted).toBe(true);
});
