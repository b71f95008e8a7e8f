import { readdir } from 'node:fs/promises';
import { pushBuildkitImage } from '../../lab/buildkit-image.js';
import { startBuildkitProxy, type BuildkitProxy } from '../../lab/buildkit-proxy.js';
import type { ChosenBuilder } from '../../src/build/builder-choice.js';
import { buildImages, removeBuilder, type BuildRequest } from '../../src/build/buildx.js';
import type { ProgressEvent } from '../../src/build/progress.js';
import { Cancelled, ReleaseError } from '../../src/lib/errors.js';
import { redactor, Secret } from '../../src/lib/secret.js';
import type { Plan, PlannedImage } from '../../src/plan/plan.js';
import { commandLines, createBuildSite, REGISTRY, type BuildSite } from './daemon.js';
import { plannedImage, planOf } from './samples.js';

const SHELL = 'FROM scratch\nCOPY shell/ /\n';
const UNDER_TAG: ChosenBuilder = {
  type: 'existing',
  name: 'default',
  driver: 'docker',
  output: 'under-release-tag',
};
const RUN_ID = Date.now().toString(36);

let site: BuildSite;
let proxy: BuildkitProxy;
let byDigest: ChosenBuilder;

beforeAll(async () => {
  site = await createBuildSite(['api', 'web']);
  proxy = await startBuildkitProxy({ dockerHost: site.env['DOCKER_HOST']! });
  await site.docker('buildx', 'create', '--name', `remote-${RUN_ID}`, '--driver', 'remote', proxy.address);
  byDigest = { type: 'existing', name: `remote-${RUN_ID}`, driver: 'remote', output: 'by-digest' };
});

afterEach(async () => {
  expect(await readdir(site.temp)).toEqual([]);
});

afterAll(async () => {
  await site.docker('buildx', 'rm', `remote-${RUN_ID}`);
  await proxy.stop();
  await site.remove();
});

function image(key: string, over: Partial<PlannedImage> = {}): PlannedImage {
  return plannedImage(key, { image: `${REGISTRY}/build-${RUN_ID}/${key}`, ...over });
}

async function build(
  images: PlannedImage[],
  over: Partial<BuildRequest> & { publish?: Plan['publish'] } = {},
) {
  const { publish, ...request } = over;
  return buildImages({
    plan: planOf(images, publish),
    builder: byDigest,
    abilities: await site.abilities(),
    root: site.root,
    env: site.env,
    temp: site.temp,
    redact: (text) => text,
    ...request,
  });
}

async function problemsOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ReleaseError)) throw new Error(`expected a ReleaseError, got ${String(error)}`);
  return error.problems;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Manifest {
  annotations?: Record<string, string>;
  manifests: { digest: string; annotations?: Record<string, string> }[];
  layers: { digest: string; annotations?: Record<string, string> }[];
}

async function fromRegistry(image: PlannedImage, kind: 'manifests' | 'blobs', reference: string) {
  const path = image.image.slice(REGISTRY.length + 1);
  const response = await fetch(`http://${REGISTRY}/v2/${path}/${kind}/${reference}`, {
    headers: { accept: `${INDEX}, application/vnd.oci.image.manifest.v1+json` },
  });
  return { status: response.status, json: (await response.json()) as Manifest };
}

async function tagsOf(image: PlannedImage): Promise<string[]> {
  const path = image.image.slice(REGISTRY.length + 1);
  const response = await fetch(`http://${REGISTRY}/v2/${path}/tags/list`);
  return ((await response.json()) as { tags?: string[] | null }).tags ?? [];
}

/** The provenance statement of an image's only platform, as text. */
async function provenanceOf(image: PlannedImage, digest: string): Promise<string> {
  const index = await fromRegistry(image, 'manifests', digest);
  const attestation = index.json.manifests.find(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
  );
  const manifest = await fromRegistry(image, 'manifests', attestation!.digest);
  const layer = manifest.json.layers.find(({ annotations }) =>
    annotations?.['in-toto.io/predicate-type']?.startsWith('https://slsa.dev/provenance/'),
  );
  return JSON.stringify((await fromRegistry(image, 'blobs', layer!.digest)).json);
}

test('two images in one bake are pushed by digest, attested and annotated, and no tag appears', async () => {
  await site.write('api/Dockerfile', `${SHELL}ARG WHO\nRUN echo "$WHO" > /who && echo ${RUN_ID}\n`);
  await site.write('web/Dockerfile', `${SHELL}RUN echo ${RUN_ID} web\n`);
  const annotations = { 'org.opencontainers.image.title': 'a "title", with ${marks}' };
  const images = [image('api', { args: { WHO: '${me}' }, annotations }), image('web', { annotations })];
  const events: ProgressEvent[] = [];

  const result = await build(images, { onProgress: (event) => events.push(event) });

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

test('the docker driver pushes under the release tag alone', async () => {
  await site.write('api/Dockerfile', SHELL);
  const api = image('api', {
    image: `${REGISTRY}/build-${RUN_ID}/tagged`,
    tags: ['main-1', 'latest'],
    releaseTag: 'main-1',
  });
  const result = await build([api], { builder: UNDER_TAG });
  expect(result.images[0]).toMatchObject({ pushed: 'under-release-tag' });
  expect(await tagsOf(api)).toEqual(['main-1']);
  const tagged = await fetch(`http://${REGISTRY}/v2/build-${RUN_ID}/tagged/manifests/main-1`, {
    headers: { accept: INDEX },
  });
  expect(tagged.headers.get('docker-content-digest')).toBe(result.images[0]!.digest);
});

test('an image that is only built leaves nothing in the registry', async () => {
  await site.write('api/Dockerfile', SHELL);
  const api = image('api', {
    image: `${REGISTRY}/build-${RUN_ID}/only-built`,
    attest: { provenance: 'max', sbom: {} },
  });
  const result = await build([api], { publish: { mode: 'build-only', reason: 'a pull request' } });
  expect(result.images[0]).toEqual(expect.not.objectContaining({ digest: expect.anything() }));
  expect(result.images[0]!.pushed).toBe('no');
  expect((await fetch(`http://${REGISTRY}/v2/build-${RUN_ID}/only-built/tags/list`)).status).toBe(404);
});

test('without attestations the manifest itself is annotated', async () => {
  await site.write('api/Dockerfile', SHELL);
  const api = image('api', { attest: { provenance: 'off', sbom: 'off' }, annotations: { a: 'b' } });
  const result = await build([api]);
  const { json } = await fromRegistry(api, 'manifests', result.images[0]!.digest!);
  expect(json.annotations).toEqual({ a: 'b' });
  expect(json.layers.length).toBeGreaterThan(0);
});

test('contexts, Dockerfiles and secret files outside the repository can be read', async () => {
  await site.write('../outside/greeting', 'hello');
  await site.write('../outside/secret', 'file secret');
  await site.write(
    '../outside/Dockerfile',
    `${SHELL}COPY --from=lib greeting /greeting\nRUN --mount=type=secret,id=s test "$(cat /run/secrets/s)" = "file secret" && echo ${RUN_ID}\n`,
  );
  const api = image('api', {
    dockerfile: '../outside/Dockerfile',
    contexts: { lib: '../outside' },
    secrets: [{ id: 's', file: '../outside/secret' }],
  });
  const result = await build([api]);
  expect(result.images[0]!.digest).toMatch(/^sha256:/);
});

describe('a failing second image', () => {
  const marker = 'hunter2-marker';

  test('is named with line, excerpt and last output; the first gets no tag; secrets are redacted', async () => {
    await site.write('api/Dockerfile', `${SHELL}RUN echo api ${RUN_ID}\n`);
    await site.write(
      'web/Dockerfile',
      `${SHELL}# comment\nRUN echo ${RUN_ID} ${marker}; \\\n    echo to stderr >&2; \\\n    exit 3\n`,
    );
    const images = [image('api', { image: `${REGISTRY}/build-${RUN_ID}/first` }), image('web')];
    const problems = await problemsOf(build(images, { redact: redactor([new Secret(marker)]) }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: 'build/step-failed',
      image: 'web',
      place: { file: 'web/Dockerfile', line: 4 },
      message: expect.stringContaining('failed with exit code 3'),
    });
    const { detail } = problems[0];
    expect(detail).toContain('   4 | >>> RUN echo');
    expect(detail).toContain('   6 | >>>     exit 3');
    expect(detail).toMatch(/Its last output:\n(.*\n)*\s+to stderr/);
    expect(JSON.stringify(problems)).not.toContain(marker);
    expect(await tagsOf(images[0]!)).toEqual([]);
  });

  test('a Dockerfile that can not be read is found among several', async () => {
    await site.write('api/Dockerfile', SHELL);
    await site.write('web/Dockerfile', `${SHELL}COPPY a b\n`);
    const problems = await problemsOf(build([image('api'), image('web')]));
    expect(problems).toMatchObject([
      {
        code: 'build/dockerfile-invalid',
        image: 'web',
        place: { file: 'web/Dockerfile', line: 3 },
        message: expect.stringContaining('COPPY'),
      },
    ]);
  });
});

test('build secrets are in no command line and not in the provenance', async () => {
  const marker = `secret-${RUN_ID}-marker`;
  const use = `sleep 2; test -s /run/secrets/token && echo ${RUN_ID}`;
  await site.write('api/Dockerfile', `${SHELL}RUN --mount=type=secret,id=token ${use}\n`);
  const api = image('api', { secrets: [{ id: 'token', env: 'BUILD_TOKEN' }] });
  const seen: string[] = [];
  const watching = setInterval(() => void commandLines().then((lines) => seen.push(...lines)), 100);
  const result = await build([api], { env: { ...site.env, BUILD_TOKEN: marker } });
  clearInterval(watching);
  expect(seen.some((line) => line.includes('buildx bake'))).toBe(true);
  expect(seen.filter((line) => line.includes(marker))).toEqual([]);
  const provenance = await provenanceOf(api, result.images[0]!.digest!);
  expect(provenance).toContain('"token"');
  expect(provenance).not.toContain(marker);
});

test('cancelling stops the running step, and nothing is left', async () => {
  const seconds = 70_000 + (Date.now() % 10_000);
  await site.write('api/Dockerfile', `${SHELL}RUN echo ${RUN_ID} && sleep ${seconds}\n`);
  const abort = new AbortController();
  const promise = build([image('api')], {
    signal: abort.signal,
    onProgress: (event) => {
      if (event.type === 'output') abort.abort();
    },
  });
  await expect(promise).rejects.toThrow(Cancelled);
  const left = (await commandLines()).filter(
    (line) => line === `sleep ${seconds}` || (line.includes('buildx bake') && line.includes(site.temp)),
  );
  expect(left).toEqual([]);
});

describe('a builder of our own', () => {
  let own: ChosenBuilder;
  beforeAll(async () => {
    const stand = await pushBuildkitImage({ registry: REGISTRY, proxyPort: proxy.port });
    const reason = "Docker's classic image store can't push attestations";
    const options = ['network=host', `image=${stand}`];
    own = { type: 'new', driver: 'docker-container', options, reason, output: 'by-digest' };
  });

  async function leftovers(): Promise<string[]> {
    const listed = await Promise.all([
      site.docker('buildx', 'ls'),
      site.docker('ps', '--all', '--format', '{{.Names}}'),
      site.docker('volume', 'ls', '--format', '{{.Name}}'),
    ]);
    return listed
      .flatMap((text) => text.split('\n'))
      .filter((line) => names.some((name) => line.includes(name)));
  }
  const names: string[] = [];
  const onBuilder = (name: string) => names.push(name);

  test('builds and pushes by digest, and is gone afterwards', async () => {
    await site.write('api/Dockerfile', `${SHELL}RUN echo own ${RUN_ID}\n`);
    const result = await build([image('api')], { builder: own, onBuilder });
    expect(result.images[0]).toMatchObject({
      pushed: 'by-digest',
      digest: expect.stringMatching(/^sha256:/),
    });
    expect(names).toHaveLength(1);
    expect(await leftovers()).toEqual([]);
  });

  test('is gone after a cancel, too', async () => {
    await site.write('api/Dockerfile', `${SHELL}RUN echo cancel ${RUN_ID} && sleep 76543\n`);
    const abort = new AbortController();
    const onProgress = (event: ProgressEvent) => event.type === 'output' && abort.abort();
    const cancelled = build([image('api')], { builder: own, onBuilder, onProgress, signal: abort.signal });
    await expect(cancelled).rejects.toThrow(Cancelled);
    expect(names).toHaveLength(2);
    expect(await leftovers()).toEqual([]);
  });

  test('can be removed by a later process that knows only its name', async () => {
    const name = `image-release-${RUN_ID}`;
    names.push(name);
    const options = own.type === 'new' ? own.options.map((option) => `--driver-opt=${option}`) : [];
    await site.docker(
      'buildx',
      'create',
      '--bootstrap',
      '--name',
      name,
      '--driver',
      'docker-container',
      ...options,
    );
    expect(await leftovers()).not.toEqual([]);
    await removeBuilder(name, { ...site.env, BUILDX_CONFIG: `${site.temp}-none` });
    await removeBuilder(name, site.env);
    expect(await leftovers()).toEqual([]);
  });
});

test('a builder that can not be started leaves no builder and no container', async () => {
  const names: string[] = [];
  const problems = await problemsOf(
    build([image('api')], {
      builder: {
        type: 'new',
        driver: 'docker-container',
        options: [`image=${REGISTRY}/none/buildkit:0`],
        reason: "Docker's classic image store can't push attestations",
        output: 'by-digest',
      },
      onBuilder: (name) => names.push(name),
    }),
  );
  expect(problems).toMatchObject([{ code: 'build/builder-not-started' }]);
  expect(names).toHaveLength(1);
  expect(await site.docker('buildx', 'ls')).not.toContain(names[0]);
  expect(await site.docker('ps', '--all', '--format', '{{.Names}}')).not.toContain(names[0]);
  expect(await site.docker('volume', 'ls', '--format', '{{.Name}}')).not.toContain(names[0]);
});
