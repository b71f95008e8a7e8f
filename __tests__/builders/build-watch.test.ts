import { setTimeout as delay } from 'node:timers/promises';
import { watchCache, watchPods } from '../../src/builders/buildx/build-watch.js';
import type { BuilderPod } from '../../src/kubernetes/builder-pods.js';

describe('a build whose pods are lost', () => {
  const SOON = { everyMs: 5, silentMs: { alone: 20, ofSeveral: 60 } };
  const pod = (name: string, over: Partial<BuilderPod> = {}): BuilderPod => ({
    ...{ name, id: `${name}:0`, isRunning: true, ...over },
  });
  const ONE = [pod('a')];
  const LOST = { code: 'build/builder-lost', severity: 'error' };

  /** What each listing finds; the last one repeats. @returns what was lost within so many listings */
  async function lossOf(listings: (BuilderPod[] | undefined)[], { within = Infinity, hears = false } = {}) {
    let at = 0;
    const watch = watchPods(async () => {
      if (hears) watch.heard();
      return listings[Math.min(at++, listings.length - 1)];
    }, SOON);
    while (!watch.ended.aborted && at < within) await delay(5);
    watch.stop();
    return watch.ended.aborted ? watch.failure().problem : undefined;
  }

  test.each<[string, BuilderPod[], string]>([
    ['deleted', [], 'Build: the pod a of the builder is gone.'],
    ['replaced', [pod('b')], 'Build: the pod a of the builder is gone.'],
    ['restarted', [pod('a', { id: 'a:1', why: 'OOMKilled' })], 'Build: BuildKit in the pod a ended (OOMKilled).'],
    ['evicted', [pod('a', { isRunning: false, why: 'Evicted' })], 'Build: BuildKit in the pod a ended (Evicted).'],
  ])('is ended: pod %s', async (_, now, message) => {
    expect(await lossOf([ONE, now])).toMatchObject({ ...LOST, message });
  });

  test.each<[string, (BuilderPod[] | undefined)[]]>([
    ['pods stay', [ONE]],
    ['another one comes', [ONE, [...ONE, pod('b')]]],
    ['one that had not started ends', [[pod('a'), pod('b', { isRunning: false })], ONE]],
    ['the cluster gives no answer', [ONE, undefined]],
  ])('goes on: %s', async (_, listings) => {
    expect(await lossOf(listings, { within: 15 })).toBeUndefined();
  });

  test('goes on while one of several pods still builds', async () => {
    const listings = [[pod('a'), pod('b')], [pod('b')]];
    expect(await lossOf(listings, { within: 15, hears: true })).toBeUndefined();
    expect(await lossOf(listings)).toMatchObject(LOST);
  });
});

describe('a build that waits only for a silent cache', () => {
  const IMPORT = 'importing cache manifest from gha:3764312021246025442';
  const EXPORT = 'exporting to GitHub Actions Cache';

  async function failureOf(running: string[], { heardEveryMs = 60_000 } = {}) {
    const watch = watchCache(() => running, { readMs: 40, writeMs: 80 });
    const hearing = setInterval(watch.heard, heardEveryMs);
    await delay(150);
    clearInterval(hearing);
    watch.stop();
    return watch.ended.aborted ? watch.failure() : undefined;
  }

  test.each([
    ['reading: another builder builds without it', [IMPORT], /could not be read: /, ['another-builder']],
    ['reading for one image, writing for another', [IMPORT, EXPORT], /could not be read: /, ['another-builder']],
    ['writing: the images are built without it', [EXPORT, EXPORT], /could not be written: /, ['without-cache']],
  ])('is ended, %s', async (_, running, message, remedies) => {
    const problem = { code: 'build/cache-lost', message: expect.stringMatching(message) };
    expect(await failureOf(running)).toMatchObject({ problem, remedies });
  });

  test.each([
    ['a step runs silently', ['[2/4] RUN make', IMPORT], {}],
    ['nothing runs', [], {}],
    ['the cache is slow, and makes progress', [EXPORT], { heardEveryMs: 10 }],
  ])('goes on: %s', async (_, running, noise) => {
    expect(await failureOf(running, noise)).toBeUndefined();
  });
});
