import { setTimeout as delay } from 'node:timers/promises';
import { watchForLoss } from '../../src/builders/buildx/pod-loss.js';
import type { BuilderPod } from '../../src/kubernetes/builder-pods.js';

const SOON = { everyMs: 5, silentMs: { alone: 20, ofSeveral: 60 } };
const pod = (name: string, over: Partial<BuilderPod> = {}): BuilderPod => ({
  name,
  id: `${name}:0`,
  isRunning: true,
  ...over,
});

/** What each look finds; the last one goes on. @returns what was lost, if anything within so many looks */
async function lossOf(looks: (BuilderPod[] | undefined)[], { within = Infinity, hears = false } = {}) {
  let at = 0;
  const watch = watchForLoss(async () => {
    if (hears) watch.heard();
    return looks[Math.min(at++, looks.length - 1)];
  }, SOON);
  while (!watch.lost.aborted && at < within) await delay(5);
  watch.stop();
  return watch.lost.aborted ? watch.problem() : undefined;
}

const ONE = [pod('a')];
const LOST = { code: 'build/builder-lost', severity: 'error' };

test.each<[string, BuilderPod[], string]>([
  ['was deleted', [], 'Build: the pod a of the builder is gone.'],
  ['was replaced', [pod('b')], 'Build: the pod a of the builder is gone.'],
  [
    'was started again',
    [pod('a', { id: 'a:1', why: 'OOMKilled' })],
    'Build: BuildKit in the pod a ended (OOMKilled).',
  ],
  [
    'was evicted',
    [pod('a', { isRunning: false, why: 'Evicted' })],
    'Build: BuildKit in the pod a ended (Evicted).',
  ],
  ['is about to go', [pod('a', { isRunning: false }), pod('b')], 'Build: BuildKit in the pod a ended.'],
])('a pod that %s', async (_, now, message) => {
  expect(await lossOf([ONE, now])).toMatchObject({ ...LOST, message });
});

test.each<[string, (BuilderPod[] | undefined)[]]>([
  ['pods that stay', [ONE]],
  ['another one that comes', [ONE, [...ONE, pod('b')]]],
  ['one that had not begun to run', [[pod('a'), pod('b', { isRunning: false })], ONE]],
  ['a cluster that gives no answer', [ONE, undefined]],
  ['a cluster that never gave one', [undefined]],
])('%s: nothing is lost', async (_, looks) => {
  expect(await lossOf(looks, { within: 20 })).toBeUndefined();
});

test('one of several, while something is heard: the build may be in another', async () => {
  const looks = [[pod('a'), pod('b')], [pod('b')]];
  expect(await lossOf(looks, { within: 20, hears: true })).toBeUndefined();
  expect(await lossOf(looks)).toMatchObject(LOST);
});

test('a look that fails is no answer', async () => {
  const watch = watchForLoss(() => Promise.reject(new Error('no kubectl')), SOON);
  await delay(60);
  expect(watch.lost.aborted).toBe(false);
  watch.stop();
});
