/** @programs kubectl */
import { readdir } from 'node:fs/promises';
import type { ProgressEvent } from '../../../src/builders/progress-events.js';
import { Cancelled } from '../../../src/lib/errors.js';
import { problemsOf, SHELL } from '../bakery.js';
import { tagsOf } from '../registry-reader.js';
import { startKanikoCluster, type KanikoCluster } from './fixtures/cluster.js';

let kaniko: KanikoCluster;

beforeAll(async () => {
  kaniko = await startKanikoCluster();
  await kaniko.site.write('api/Dockerfile', `${SHELL}RUN echo begun && sleep 1 && echo ${kaniko.id}\n`);
  await kaniko.site.write('web/Dockerfile', `${SHELL}RUN echo begun && sleep 30\n`);
});
afterEach(async () => {
  expect(await readdir(kaniko.site.temp)).toEqual([]);
  expect(kaniko.cluster.pods()).toEqual([]);
  expect(kaniko.cluster.list('Secret')).toEqual([]);
  expect(kaniko.cluster.faults.pending()).toEqual([]);
  kaniko.cluster.faults.clear();
});
afterAll(() => kaniko?.close());

const RUNS = { logs: /begun/ };

test('reports a pod that is deleted during the build, and creates no tag', async () => {
  kaniko.cluster.faults.pod({ fault: { type: 'deleted', after: RUNS } });
  const image = kaniko.image('api', { image: `${kaniko.image('api').image}-deleted` });
  const events: ProgressEvent[] = [];
  const order = { onProgress: (event: ProgressEvent) => void events.push(event) };
  const [problem] = await problemsOf(kaniko.build([image], { order }));
  expect(problem).toMatchObject({ code: 'cluster/pod-deleted', image: 'api' });
  expect(await tagsOf(image)).toEqual([]);
  expect(events.filter(({ type }) => type === 'failed')).toMatchObject([{ step: { key: 'api' } }]);
  expect(events.filter(({ type }) => type === 'built')).toEqual([]);
});

test("reports a pod whose image can't be pulled, and a pod that can't be deleted", async () => {
  const { faults, pods, strike } = kaniko.cluster;
  faults.pod({ fault: { type: 'image-pull' } });
  const refused = { match: { verb: 'delete', resource: 'pods' }, times: Infinity } as const;
  faults.request({ ...refused, fault: { type: 'forbidden' } });
  const said: string[] = [];
  const order = { say: (line: string) => void said.push(line) };
  const [problem] = await problemsOf(kaniko.build([kaniko.image('api')], { order }));
  expect(problem).toMatchObject({ code: 'cluster/image', image: 'api', message: expect.stringContaining('kaniko') });
  const [pod] = pods();
  expect(said.at(-1)).toContain(`Can't delete pod/${pod!.metadata.name}`);
  expect(said.at(-1)).toContain(`kubectl delete pod/${pod!.metadata.name}`);
  await strike(pod!.metadata.name, { type: 'deleted' });
});

test('replaces an evicted pod, with a warning', async () => {
  kaniko.cluster.faults.pod({ fault: { type: 'evicted', after: RUNS } });
  const { images, warnings } = await kaniko.build([kaniko.image('api')]);
  expect(images).toMatchObject([{ key: 'api', pushed: 'by-digest' }]);
  expect(warnings).toEqual([expect.objectContaining({ code: 'cluster/evicted', severity: 'warning', image: 'api' })]);
});

test('sends the context again, with a warning, if the stream is cut off', async () => {
  kaniko.cluster.faults.request({
    match: { resource: 'pods/attach' },
    fault: { type: 'stream-cut', bytes: 5000 },
  });
  const { images, warnings } = await kaniko.build([kaniko.image('api')]);
  expect(images).toMatchObject([{ key: 'api', pushed: 'by-digest' }]);
  expect(warnings).toEqual([expect.objectContaining({ code: 'cluster/stream-cut', severity: 'warning' })]);
});

test('reports a failed step with its lines and output, and stops the other images', async () => {
  const { site, id } = kaniko;
  await site.write(
    'broken/Dockerfile',
    `FROM ${process.env['LAB_BASE_BUSYBOX']}\n\nRUN echo a word ${id}; \\\n  exit 7\nRUN true\n`,
  );
  const images = [kaniko.image('broken', { context: 'api', dockerfile: 'broken/Dockerfile' }), kaniko.image('web')];
  const problems = await problemsOf(kaniko.build(images));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({
    code: 'build/step-failed',
    image: 'broken',
    place: { file: 'broken/Dockerfile', line: 3 },
  });
  expect(problems[0]!.message).toContain('failed with exit code 7');
  expect(problems[0]!.detail).toContain(`   3 | >>> RUN echo a word ${id}; \\`);
  expect(problems[0]!.detail).toContain(`  a word ${id}`);
  expect(await tagsOf(images[1]!)).toEqual([]);
});

test("fails if the registry doesn't have the pushed digest", async () => {
  const [problem] = await problemsOf(
    kaniko.build([kaniko.image('api')], { ports: { resolve: async () => undefined } }),
  );
  expect(problem).toMatchObject({ code: 'kaniko/not-pushed', image: 'api' });
});

test('Ctrl-C in the middle of a build leaves nothing in the cluster', async () => {
  const stop = new AbortController();
  const image = kaniko.image('web', { image: `${kaniko.image('web').image}-cancelled` });
  const told: string[] = [];
  const building = kaniko.build([image, kaniko.image('api')], {
    order: {
      signal: stop.signal,
      say: (line) => void told.push(line),
      onProgress: (event) => {
        if (event.type === 'failed') told.push(`${event.step.name} failed`);
        if (event.type === 'output' && event.line === 'begun') stop.abort();
      },
    },
  });
  await expect(building).rejects.toThrow(Cancelled);
  expect(await tagsOf(image)).toEqual([]);
  expect(told[0]).toBe('Cancelling: the pods are being removed from the cluster.');
  expect(told.at(-1)).toMatch(/^Removed from the cluster: .*pod image-release-\w+-\d+-web\b/);
  expect(told.filter((line) => line.endsWith(' failed'))).toEqual([]);
});
