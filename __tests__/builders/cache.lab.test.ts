/** @programs docker */
import type { BuildResult } from '../../src/builders/built.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { SILENCE } from '../../testing/fake-actions-cache/server.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';
import { ownBuilderTraces } from '../builder-traces.js';
import { problemsOf } from './bakery.js';
import { startMachine, type Machine } from './fixtures/machine.js';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(() => machine?.close());

/** Writes contexts that are not in the cache of an earlier test. */
async function openImages(marker: string): Promise<PlannedImage[]> {
  const { site, image } = machine;
  await site.write('api/Dockerfile', `FROM busybox\nCOPY a /a\nRUN echo ${marker} >> /a\nRUN cat /a\n`);
  await site.write('web/Dockerfile', `FROM busybox\nCOPY w /w\nRUN echo ${marker} >> /w\nRUN cat /w\n`);
  await site.write('api/a', `api ${marker}`);
  await site.write('web/w', `web ${marker}`);
  return [image('api'), image('web')];
}

const cached = ({ images }: BuildResult) => images.map(({ steps }) => `${steps.cached} of ${steps.total}`);

test('rebuilds only the image whose cached layers were evicted, from scratch and with one warning', async () => {
  const images = await openImages('evicted');
  await machine.build([images[1]!]);
  const others = machine.cache.store.entries.length;
  await machine.build([images[0]!]);
  await machine.wipe();
  for (const entry of machine.cache.store.entries.slice(others)) {
    if (entry.key.startsWith('buildkit-blob-')) delete entry.blob;
  }
  await machine.site.write('api/Dockerfile', 'FROM busybox\nCOPY a /a\nRUN echo evicted >> /a\nRUN wc /a\n');
  const lines: string[] = [];
  const result = await machine.build(images, {
    say: (line) => lines.push(line),
  });
  // Only api is built from scratch. The cancelled first attempt may cost web one layer that was being loaded.
  expect(cached(result)[0]).toBe('0 of 3');
  expect(['2 of 3', '3 of 3']).toContain(cached(result)[1]);
  expect(result.images[0]!.digest).toMatch(/^sha256:/);
  const warnings = result.warnings!.filter(({ code }) => code === 'build/cache-lost');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.message).toMatch(/ api is built again without it\.$/);
  expect(lines).toContain(warnings[0]!.message);
  expect(JSON.stringify(warnings)).not.toContain('sig=lab');
});

test('builds without the cache service, and warns for each image that its cache was not saved', async () => {
  const images = await openImages('down');
  const nowhere = 'http://127.0.0.1:9/';
  const env = { ...machine.site.env, ACTIONS_CACHE_URL: nowhere, ACTIONS_RESULTS_URL: nowhere };
  const { DOCKER_HOST, ACTIONS_RUNTIME_TOKEN } = machine.env;
  const result = await machine.build(images, { env: { ...env, DOCKER_HOST, ACTIONS_RUNTIME_TOKEN } });
  expect(cached(result)).toEqual(['0 of 3', '0 of 3']);
  expect(result.warnings!.map(({ code, message }) => `${code}: ${message}`).sort()).toEqual([
    expect.stringMatching(/^build\/warning: The build cache of api was not saved: /),
    expect.stringMatching(/^build\/warning: The build cache of web was not saved: /),
  ]);
});

const cacheLimits = { readMs: 1500, writeMs: 1500 };

test('completes the build with a warning if the cache service stops responding to writes', async () => {
  const images = await openImages('unwritten');
  machine.cache.faults.push({ on: 'reserve', status: SILENCE, times: 1000 });
  const result = await machine.build(images, { cacheLimits });
  machine.cache.faults.length = 0;
  expect(cached(result)).toEqual(['3 of 3', '3 of 3']);
  for (const { digest } of result.images) expect(digest).toMatch(/^sha256:/);
  expect(result.warnings).toMatchObject([{ code: 'build/cache-lost', severity: 'warning' }]);
  expect(result.warnings![0]!.message).toMatch(/^The build cache could not be written: /);
});

test('restores cache mounts with their owners on a clean machine, unless they are too large to be saved', async () => {
  const { site, image, build, service, wipe, cache } = machine;
  const mount = '--mount=type=cache,target=/kept';
  await site.write(
    'api/Dockerfile',
    `FROM busybox\nCOPY . /a\nRUN ${mount} cat /kept/it; echo hot > /kept/it; chown 7:8 /kept/it; ls -ln /kept\n`,
  );
  await site.write('api/package-lock.json', '1');
  await site.write(
    'web/Dockerfile',
    `FROM busybox\nRUN ${mount},uid=5 head -c 200000 /dev/zero > /kept/large; sleep 0\n`,
  );
  const images = ['api', 'web'].map((key) => image(key, { cacheFrom: [], cacheTo: [] }));
  const run = async (which: PlannedImage[], token: Parameters<Machine['service']>[0] = {}) => {
    const output: string[] = [];
    const result = await build(which, {
      cacheMounts: { service: service(token), maxSize: 100_000, machine: 'linux-amd64' },
      onProgress: (event) => event.type === 'output' && output.push(event.line),
    });
    await wipe();
    return { ...result, output: output.join('\n') };
  };

  const first = await run(images);
  expect(first.images.map(({ cacheMounts }) => cacheMounts)).toEqual([
    { key: expect.any(String), hit: 'none', bytes: 0, saved: expect.any(Number) },
    { key: expect.any(String), hit: 'none', bytes: 0 },
  ]);
  expect(first.warnings!.map(({ code, image: key }) => [code, key])).toEqual([['build/warning', 'web']]);

  await site.write('api/package-lock.json', '2');
  const topic = await run([images[0]!], { version: 'v1', ref: 'refs/heads/topic' });
  expect(topic.images[0]!.cacheMounts).toMatchObject({ hit: 'partial', saved: expect.any(Number) });
  expect(topic.output).toMatch(/^hot$/m);
  expect(topic.output).toMatch(/ 7 +8 .* it$/m);
  expect(cache.store.entries.filter(({ scope }) => scope === 'refs/heads/topic')).toHaveLength(1);
});

describe('if the cache service stops responding to reads,', () => {
  const SILENT = { code: 'build/cache-lost', message: expect.stringMatching(/^The build cache could not be read: /) };
  /** BuildKit keeps waiting for the cache afterwards: this machine can't build again. */
  async function buildInSilence({ build, cache }: Machine, marker: string, say = (_: string) => {}) {
    cache.faults.push({ on: 'lookup', status: SILENCE, times: 1000 });
    return build(await openImages(marker), { root: machine.site.root, cacheLimits, say });
  }

  test('another builder builds the images without cache', async () => {
    const other = await startMachine();
    try {
      const { buildkitImage } = labFromEnvironment();
      const { site, env } = other;
      for (const args of [
        ['pull', '--quiet', buildkitImage],
        ['tag', buildkitImage, 'moby/buildkit:buildx-stable-1'],
      ])
        expect(await run('docker', args, { env })).toMatchObject({ code: 0 });
      const lines: string[] = [];
      const result = await buildInSilence(other, 'unread', (line) => lines.push(line));
      for (const { digest } of result.images) expect(digest).toMatch(/^sha256:/);
      expect(result.warnings).toMatchObject([{ ...SILENT, severity: 'warning' }]);
      expect(lines.join('\n')).toContain('The build starts again in another builder, without cache.');
      expect(await ownBuilderTraces({ ...site.env, DOCKER_HOST: env['DOCKER_HOST']! })).toEqual([]);
    } finally {
      await other.close();
    }
  });

  test('the build fails with both reasons if no other builder can start', async () => {
    expect(await problemsOf(buildInSilence(machine, 'alone'))).toMatchObject([
      { ...SILENT, severity: 'error' },
      { code: 'build/builder-unusable' },
    ]);
  });
});
