import { setTimeout as delay } from 'node:timers/promises';
import { watchForSilence, withoutSilentCache } from '../../../src/builders/buildx/cache/silence.js';
import { collectProgress } from '../../../src/builders/buildx/progress.js';
import { plannedImage } from '../samples.js';

const IMPORT = 'importing cache manifest from gha:3764312021246025442';
const EXPORT = 'exporting to GitHub Actions Cache';
const SHORT = { readMs: 40, writeMs: 80 };

async function isEnded(running: string[], { heardEveryMs }: { heardEveryMs?: number } = {}) {
  const watch = watchForSilence(() => running, SHORT);
  const hearing = setInterval(watch.heard, heardEveryMs ?? 60_000);
  await delay(200);
  clearInterval(hearing);
  watch.stop();
  return watch.lost.aborted ? watch.problem() : undefined;
}

test.each([
  ['reading', [IMPORT], /^The build cache could not be read: /],
  ['reading for one image, and writing for another', [IMPORT, EXPORT], /could not be read: /],
  ['writing', [EXPORT, EXPORT], /^The build cache could not be written: /],
])('a build that waits for nothing but a silent cache is ended, %s', async (_, running, words) => {
  const problem = await isEnded(running);
  expect(problem).toMatchObject({ code: 'build/cache-silent', message: expect.stringMatching(words) });
});

test.each([
  ['a step that is silent for long', ['[2/4] RUN make', IMPORT], {}],
  ['a builder that lets it wait', [], {}],
  ['a cache that is slow, and says something', [EXPORT], { heardEveryMs: 10 }],
])('%s is given its time', async (_, running, noise) => {
  expect(await isEnded(running, noise)).toBeUndefined();
});

test('a step is under way from its start to its end, also when it begins again', () => {
  const { status, running } = collectProgress({ api: 'api' }, () => {});
  const [digest, name, time] = ['sha256:1', IMPORT, '2026-01-01T00:00:00Z'];
  status({ vertexes: [{ digest, name }] });
  expect(running()).toEqual([]);
  status({ vertexes: [{ digest, name, started: time }] });
  expect(running()).toEqual([IMPORT]);
  status({ vertexes: [{ digest, name, started: time, completed: time }] });
  expect(running()).toEqual([]);
  status({ vertexes: [{ digest, name, started: time }] });
  expect(running()).toEqual([IMPORT]);
});

describe('after a silent cache', () => {
  const images = [
    plannedImage('api', { cacheFrom: ['type=gha,scope=api'], cacheTo: ['type=gha,scope=api'] }),
  ];

  test('that was to be written, the images are built again without one, once', async () => {
    const written = (await isEnded([EXPORT]))!;
    const adjusted = withoutSilentCache(images, [written], 0)!;
    expect(adjusted.images).toMatchObject([{ key: 'api', cacheFrom: [], cacheTo: [] }]);
    expect(adjusted.warning).toMatchObject({ code: 'build/cache-silent', severity: 'warning' });
    expect(withoutSilentCache(adjusted.images, [written], 1)).toBeUndefined();
  });

  test('that was read, another attempt would wait in the same builder: it fails', async () => {
    expect(withoutSilentCache(images, [(await isEnded([IMPORT]))!], 0)).toBeUndefined();
  });
});
