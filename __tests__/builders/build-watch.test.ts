import { setTimeout as delay } from 'node:timers/promises';
import { watchCache, watchPods } from '../../src/builders/buildx/build-watch.js';
import type { BuilderPod } from '../../src/kubernetes/builder-pods.js';

describe('watching the pods of a builder', () => {
  const SOON = { everyMs: 5, silentMs: { alone: 20, ofSeveral: 60 } };
  const pod = (name: string, over: Partial<BuilderPod> = {}): BuilderPod => ({
    ...{ name, id: `${name}:0`, isRunning: true, ...over },
  });
  const ONE = [pod('a')];
  const LOST = { code: 'build/builder-lost', severity: 'error' };

  /** Each listing finds the next pods; the last one repeats. @returns the problem if the build was ended */
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
  ])('ends the build if the pod was %s', async (_, now, message) => {
    expect(await lossOf([ONE, now])).toMatchObject({ ...LOST, message });
  });

  test.each<[string, (BuilderPod[] | undefined)[]]>([
    ['the pods keep running', [ONE]],
    ['another pod starts', [ONE, [...ONE, pod('b')]]],
    ['a pod that had not started disappears', [[pod('a'), pod('b', { isRunning: false })], ONE]],
    ["the cluster doesn't answer", [ONE, undefined]],
  ])('lets the build continue if %s', async (_, listings) => {
    expect(await lossOf(listings, { within: 15 })).toBeUndefined();
  });

  test('lets the build continue if one of several pods is lost, as long as it makes progress', async () => {
    const listings = [[pod('a'), pod('b')], [pod('b')]];
    expect(await lossOf(listings, { within: 15, hears: true })).toBeUndefined();
    expect(await lossOf(listings)).toMatchObject(LOST);
  });
});

describe('watching the build cache', () => {
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
    ['a cache import: another builder can build', [IMPORT], /could not be read: /, ['another-builder']],
    [
      'a cache import and a cache export: another builder can build',
      [IMPORT, EXPORT],
      /could not be read: /,
      ['another-builder'],
    ],
    [
      'cache exports: the images can be built without cache',
      [EXPORT, EXPORT],
      /could not be written: /,
      ['without-cache'],
    ],
  ])('ends a build that waits only for %s', async (_, running, message, remedies) => {
    const problem = { code: 'build/cache-lost', message: expect.stringMatching(message) };
    expect(await failureOf(running)).toMatchObject({ problem, remedies });
  });

  test.each([
    ['a step runs without output', ['[2/4] RUN make', IMPORT], {}],
    ['nothing runs', [], {}],
    ['the cache is slow but makes progress', [EXPORT], { heardEveryMs: 10 }],
  ])('lets the build continue if %s', async (_, running, noise) => {
    expect(await failureOf(running, noise)).toBeUndefined();
  });
});
