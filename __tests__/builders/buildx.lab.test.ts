/** @programs docker */
import { readdir } from 'node:fs/promises';
import type { ProgressEvent } from '../../src/builders/progress-events.js';
import { Cancelled } from '../../src/lib/errors.js';
import { redactor, Secret } from '../../src/lib/secret.js';
import { startFront, type Front } from '../registry/fixtures/front.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { isGone, processes, watchCommandLines } from '../processes.js';
import { REGISTRY } from './daemon.js';
import { fromRegistry, INDEX, provenanceOf, tagsOf } from './registry-reader.js';
import { UNDER_TAG } from './samples.js';

let bakery: Bakery;

beforeAll(async () => {
  bakery = await createBakery();
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
});
afterAll(() => bakery.close());

test('one bake pushes two images by digest, with attestations and annotations, and creates no tag', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}ARG WHO\nRUN echo "$WHO" > /who && echo ${bakery.id}\n`);
  await bakery.site.write('web/Dockerfile', `${SHELL}RUN echo ${bakery.id} web\n`);
  const annotations = { 'org.opencontainers.image.title': 'a "title", with ${marks}' };
  const images = [bakery.image('api', { args: { WHO: '${me}' }, annotations }), bakery.image('web', { annotations })];
  const events: ProgressEvent[] = [];

  const result = await bakery.build(images, { onProgress: (event) => events.push(event) });

  for (const [at, built] of result.images.entries()) {
    expect(built).toMatchObject({ key: images[at]!.key, pushed: 'by-digest', image: images[at]!.image });
    const { status, json } = await fromRegistry(images[at]!, 'manifests', built.digest!);
    expect(status).toBe(200);
    expect(json.annotations).toEqual(annotations);
    expect(json.manifests).toHaveLength(2);
    expect(await tagsOf(images[at]!)).toEqual([]);
    expect(built.steps.total).toBeGreaterThanOrEqual(2);
    expect(built.seconds).toBeGreaterThan(0);
  }
  expect(await provenanceOf(images[0]!, result.images[0]!.digest!)).toContain('"build-arg:WHO":"${me}"');
  expect(result.steps.filter(({ key }) => key === 'api').map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\[2\/2\] RUN|^\[stage-0 2\/2\] RUN/)]),
  );
  expect(new Set(events.map((event) => ('step' in event ? event.step.key : undefined)))).toEqual(
    new Set([undefined, 'api', 'web']),
  );
});

describe('pushing to a registry', () => {
  const limited = () => ({ status: 429, headers: { 'retry-after': '1' } });
  let registry: Front;
  const image = (name: string) => bakery.image('api', { image: `${registry.host}/build-${bakery.id}/${name}` });
  beforeEach(async () => {
    registry = await startFront(REGISTRY);
    await bakery.site.write('api/Dockerfile', SHELL);
  });
  afterEach(() => registry.stop());

  test('the docker driver creates only the release tag, once, after all other manifests', async () => {
    const api = { ...image('once'), tags: ['main-1', 'latest'], releaseTag: 'main-1' };
    const built = await bakery.build([api], { builder: UNDER_TAG });
    expect(built.images[0]).toMatchObject({ pushed: 'under-release-tag' });
    const repository = `http://${REGISTRY}/v2/build-${bakery.id}/once`;
    expect(await (await fetch(`${repository}/tags/list`)).json()).toMatchObject({ tags: ['main-1'] });
    const pushed = await fetch(`${repository}/manifests/main-1`, { headers: { accept: INDEX } });
    expect(pushed.headers.get('docker-content-digest')).toBe(built.images[0]!.digest);
    const requests = registry.seen.map(({ method, path }) => `${method} ${path}`);
    const writes = requests.filter((request) => request.includes('/manifests/'));
    const tagged = writes.filter((request) => request.endsWith(`/${api.releaseTag}`));
    expect(tagged).toEqual(['HEAD', 'PUT'].map((method) => expect.stringContaining(`${method} /v2/`)));
    expect(writes.slice(-2)).toEqual(tagged);
    expect(built.warnings).toEqual([]);
  });

  test('retries and warns if the registry limits requests for a moment', async () => {
    registry.onRequest(limited);
    const told: string[] = [];
    const say = (line: string) => {
      told.push(line);
      registry.onRequest(() => undefined);
    };
    const { images, warnings } = await bakery.build([image('docker')], { builder: UNDER_TAG, say });
    expect(images[0]!.digest).toMatch(/^sha256:/);
    expect(told).toHaveLength(1);
    expect(warnings).toMatchObject([
      { code: 'build/registry-failing', severity: 'warning', detail: expect.stringContaining('429') },
    ]);
  });

  test('a cancel ends the wait for the next attempt', async () => {
    registry.onRequest(limited);
    const abort = new AbortController();
    const cancelled = bakery.build([image('cancelled')], { signal: abort.signal, say: () => abort.abort() });
    await expect(cancelled).rejects.toThrow(new Cancelled('waiting to try again'));
  });
});

test('reads files and secrets outside the repository, and pushes nothing in build-only mode', async () => {
  await bakery.site.write('../outside/greeting', 'hello');
  await bakery.site.write('../outside/secret', 'file secret');
  await bakery.site.write(
    '../outside/Dockerfile',
    `${SHELL}COPY --from=lib greeting /greeting\nRUN --mount=type=secret,id=s test "$(cat /run/secrets/s)" = "file secret" && echo ${bakery.id}\n`,
  );
  const api = bakery.image('api', {
    image: `${REGISTRY}/build-${bakery.id}/only-built`,
    attest: { provenance: 'max', sbom: {} },
    dockerfile: '../outside/Dockerfile',
    contexts: { lib: '../outside' },
    secrets: [{ id: 's', file: '../outside/secret' }],
  });
  const { images } = await bakery.build([api], { publish: { mode: 'build-only', reason: 'a pull request' } });
  expect(images).toEqual([expect.not.objectContaining({ digest: expect.anything() })]);
  expect(images[0]!.pushed).toBe('no');
  expect((await fetch(`http://${REGISTRY}/v2/build-${bakery.id}/only-built/tags/list`)).status).toBe(404);
});

test('reports a failed image with line, excerpt and redacted output, and tags no other image', async () => {
  const marker = 'hunter2-marker';
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo api ${bakery.id}\n`);
  await bakery.site.write(
    'web/Dockerfile',
    `${SHELL}# comment\nRUN echo ${bakery.id} ${marker}; \\\n    echo to stderr >&2; \\\n    exit 3\n`,
  );
  const images = [bakery.image('api', { image: `${REGISTRY}/build-${bakery.id}/first` }), bakery.image('web')];
  const problems = await problemsOf(bakery.build(images, { redact: redactor([new Secret(marker)]) }));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({
    code: 'build/step-failed',
    image: 'web',
    place: { file: 'web/Dockerfile', line: 4 },
    message: expect.stringContaining('failed with exit code 3'),
  });
  const { detail } = problems[0]!;
  expect(detail).toContain('   4 | >>> RUN echo');
  expect(detail).toContain('   6 | >>>     exit 3');
  expect(detail).toMatch(/Its last output:\n(.*\n)*\s+to stderr/);
  expect(JSON.stringify(problems)).not.toContain(marker);
  expect(await tagsOf(images[0]!)).toEqual([]);
});

test('build secrets appear in no command line and not in the provenance', async () => {
  const marker = `secret-${bakery.id}-marker`;
  const use = `sleep 2; test -s /run/secrets/token && echo ${bakery.id}`;
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN --mount=type=secret,id=token ${use}\n`);
  const api = bakery.image('api', { secrets: [{ id: 'token', env: 'BUILD_TOKEN' }] });
  const { result, seen } = await watchCommandLines(
    bakery.build([api], { env: { ...bakery.site.env, BUILD_TOKEN: marker } }),
  );
  expect([...seen].some((line) => line.includes('buildx bake'))).toBe(true);
  expect([...seen].filter((line) => line.includes(marker))).toEqual([]);
  const provenance = await provenanceOf(api, result.images[0]!.digest!);
  expect(provenance).toContain('"token"');
  expect(provenance).not.toContain(marker);
});

test('a cancel stops the running step and leaves no process or temporary file behind', async () => {
  const seconds = 70_000 + (Date.now() % 10_000);
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo ${bakery.id} && sleep ${seconds}\n`);
  const abort = new AbortController();
  const promise = bakery.build([bakery.image('api')], {
    signal: abort.signal,
    onProgress: (event) => {
      if (event.type === 'output') abort.abort();
    },
  });
  await expect(promise).rejects.toThrow(Cancelled);
  const commands = processes().map(({ command }) => command);
  expect(commands.filter((line) => line.includes('buildx bake') && line.includes(bakery.site.temp))).toEqual([]);
  expect(await isGone(`sleep ${seconds}`)).toBe(true);
});
