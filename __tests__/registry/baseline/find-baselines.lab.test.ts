import { INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../../src/plan/baseline.js';
import { openRegistryFixture, type RegistryFixture } from '../fixtures/registry.js';
import { pushSingle, remove, SBOM } from '../fixtures/images.js';
import { COMMIT, createShelf, known, material, NOW, OLD, provenance, RELEASE_TAG, verdicts } from './fixtures.js';

let fixture: RegistryFixture;
beforeAll(async () => {
  fixture = await openRegistryFixture();
});
afterAll(() => fixture.stop());
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  fixture.front.seen.length = 0;
});

const DAY = Date.parse('2026-01-02T03:04:05.5Z') / 1000;

test('finds no candidate, reports no problem and prepares a build if nothing is published', async () => {
  const shelf = await createShelf(fixture);
  const onBuild = vi.fn();
  expect((await shelf.find({ onBuild })).reading).toEqual({ candidates: [], problems: [] });
  expect(onBuild).toHaveBeenCalledTimes(1);
});

test('reuses the last tagged image if its fingerprint is the same, and returns its manifest as verified', async () => {
  const shelf = await createShelf(fixture);
  const { digest } = await shelf.publish({ tag: 'latest' });
  const onBuild = vi.fn();
  const { reading, verified } = await shelf.find({ commitsSince: async () => 12, onBuild });
  expect(onBuild).not.toHaveBeenCalled();
  expect(reading).toEqual({
    problems: [],
    candidates: [
      {
        tag: expect.stringMatching(/^main-/),
        digest,
        commit: COMMIT,
        commitsSince: 12,
        fingerprint: NOW,
        startedAt: DAY,
        builtAt: DAY + 0.5,
        builtOn: { [shelf.base.replace(/:1$/, '')]: [shelf.baseDigest] },
        verdict: { status: 'whole' },
      },
    ],
    previous: {
      tag: expect.stringMatching(/^main-/),
      digest,
      commit: COMMIT,
      sizes: { 'linux/amd64': expect.any(Number) },
    },
  });
  expect(verified).toEqual([digest]);
});

test('measuring the previous release repeats no request, and reads one manifest if its fingerprint differs', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: 'latest' });
  fixture.front.seen.length = 0;
  const { reading: same } = await shelf.find();
  const asked = fixture.front.seen.map(({ method, path }) => `${method} ${path}`);
  expect(asked).toEqual([...new Set(asked)]);

  await shelf.publish({ tag: 'latest', fingerprint: OLD });
  fixture.front.seen.length = 0;
  const { reading: other } = await shelf.find();
  expect(other.previous?.sizes).toEqual(same.previous?.sizes);
  expect(
    fixture.front.seen.filter(({ method, path }) => method === 'GET' && path.includes('/manifests/sha256:')),
  ).toHaveLength(1);
});

test('returns the recorded inputs of a candidate with another fingerprint, and reads no blob', async () => {
  const shelf = await createShelf(fixture);
  const record = { version: 1, inputs: [{ name: 'file a', hash: '0' }] };
  await shelf.publish({
    tag: 'latest',
    fingerprint: OLD,
    annotations: { [RECORD_ANNOTATION]: JSON.stringify(record) },
  });
  fixture.front.seen.length = 0;
  const { reading } = await shelf.find();
  expect(reading.candidates).toMatchObject([{ fingerprint: OLD, record, verdict: { status: 'other-inputs' } }]);
  expect(fixture.front.seen.filter(({ path }) => path.includes('blobs'))).toEqual([]);
});

test('does not verify an image that is built anyway, and prepares its build before the first request', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: RELEASE_TAG });
  fixture.front.seen.length = 0;
  const onBuild = vi.fn(() => expect(fixture.front.seen).toEqual([]));
  const { reading, verified } = await shelf.find({
    requested: new Set(['api']),
    onBuild,
    commitsSince: async () => 12,
  });
  expect(onBuild).toHaveBeenCalledTimes(1);
  expect(reading).toMatchObject({
    existingTag: { fingerprint: NOW, nextTag: `${RELEASE_TAG}-r2` },
    candidates: [{ tag: RELEASE_TAG, fingerprint: NOW, verdict: { status: 'other-inputs' } }],
  });
  expect(reading.candidates[0]).not.toHaveProperty('commitsSince');
  expect(verified).toEqual([]);
  expect(fixture.front.seen.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
});

test('lists candidates in order: this release tag, deployed, last tagged, deployed earlier with the same fingerprint', async () => {
  const shelf = await createShelf(fixture);
  const standing = await shelf.publish({ tag: RELEASE_TAG });
  const deployed = await shelf.publish({ fingerprint: OLD });
  const last = await shelf.publish({ tag: 'latest', fingerprint: OLD });
  const earlier = await shelf.publish();
  const other = await shelf.publish();
  const { reading, verified } = await shelf.find({
    releases: [
      { tag: 'one', digest: deployed.digest, commit: 'd'.repeat(40), standing: 'current' },
      { tag: 'two', digest: other.digest, commit: COMMIT, fingerprint: OLD, standing: 'earlier' },
      { tag: 'three', digest: earlier.digest, commit: COMMIT, fingerprint: NOW, standing: 'earlier' },
      {
        tag: 'gone',
        digest: `sha256:${'9'.repeat(64)}`,
        commit: COMMIT,
        fingerprint: NOW,
        standing: 'earlier',
      },
    ],
  });
  expect(reading.candidates.map(({ digest }) => digest)).toEqual([
    standing.digest,
    deployed.digest,
    last.digest,
    earlier.digest,
  ]);
  expect(verdicts(reading)).toEqual([
    `${RELEASE_TAG} whole`,
    'one other-inputs',
    expect.stringMatching(/^main-\d other-inputs$/),
    'three whole',
  ]);
  expect(reading.existingTag).toEqual({
    digest: standing.digest,
    fingerprint: NOW,
    commit: COMMIT,
    nextTag: `${RELEASE_TAG}-r2`,
  });
  expect(verified).toEqual([standing.digest, earlier.digest]);
});

test('returns the tag of a deployed image that is gone from the registry', async () => {
  const shelf = await createShelf(fixture);
  const digest = `sha256:${'9'.repeat(64)}`;
  const { reading } = await shelf.find({
    releases: [{ tag: 'main-0000001', digest, commit: COMMIT, standing: 'current' }],
  });
  expect(reading).toEqual({ candidates: [], gone: 'main-0000001', problems: [] });
});

test('lists numbered builds of the same release under their own tags, and returns the next free tag', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: RELEASE_TAG, fingerprint: OLD });
  await shelf.publish({ tag: `${RELEASE_TAG}-r2` });
  const { reading } = await shelf.find();
  expect(verdicts(reading)).toEqual([`${RELEASE_TAG} other-inputs`, `${RELEASE_TAG}-r2 whole`]);
  expect(reading.existingTag?.nextTag).toBe(`${RELEASE_TAG}-r3`);
});

test('unpinned inputs never match a published image', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: 'latest' });
  const { reading } = await shelf.find({ input: { status: 'unknown', reason: 'ADD of a URL' } });
  expect(reading.candidates).toMatchObject([{ verdict: { status: 'other-inputs' } }]);
});

describe('an incomplete image is not reused:', () => {
  test.each<[string, { image?: object; lacks?: 'SBOM' | 'steps' }, string]>([
    [
      'it lacks a platform that is configured now',
      { image: { platforms: ['linux/amd64', 'linux/arm64'] } },
      'lacks the platform linux/arm64',
    ],
    ['it lacks an SBOM', { lacks: 'SBOM' }, 'has no SBOM'],
    ['it lacks provenance of mode max', { lacks: 'steps' }, 'provenance of mode min where max is configured'],
  ])('%s', async (_, { image, lacks }, reason) => {
    const shelf = await createShelf(fixture);
    const full = provenance([material(shelf.base, shelf.baseDigest)]);
    const least = { ...full, predicate: { ...(full.predicate as object), buildConfig: undefined } };
    await shelf.publish({
      tag: 'latest',
      attestations: () => [...(lacks === 'SBOM' ? [] : [SBOM]), lacks === 'steps' ? least : full],
    });
    const { reading, verified } = await shelf.find({ images: [shelf.image(image)] });
    expect(verdicts(reading).join()).toContain(reason);
    expect([verified, reading.problems]).toEqual([[], []]);
  });

  test('except if it lacks only an optional SBOM', async () => {
    const shelf = await createShelf(fixture);
    await shelf.publish({
      tag: 'latest',
      attestations: () => [provenance([material(shelf.base, shelf.baseDigest)])],
    });
    const image = shelf.image({ attest: { provenance: 'max', sbom: { optional: true } } });
    expect(verdicts((await shelf.find({ images: [image] })).reading).join()).toContain('whole');
  });

  test('the registry lost a layer', async () => {
    const shelf = await createShelf(fixture);
    const { platforms } = await shelf.publish({ tag: 'latest' });
    await remove(fixture.registry, `${shelf.path}/api`, 'blobs', platforms[0]?.layer ?? '');
    expect(verdicts((await shelf.find()).reading).join()).toContain('is not in the registry');
  });
});

test('treats unreadable annotations as missing', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: 'latest', annotations: { [INPUTS_ANNOTATION]: 'v1:zz' } });
  await shelf.publish({ tag: RELEASE_TAG, annotations: { [RECORD_ANNOTATION]: '?' } });
  const { reading } = await shelf.find({ decodeRecord: () => undefined });
  expect(reading.problems).toEqual([]);
  expect(reading.candidates.map(({ fingerprint, verdict }) => [fingerprint, verdict.status])).toEqual([
    [NOW, 'whole'],
    [undefined, 'other-inputs'],
  ]);
});

test('an image from another tool is a candidate without a fingerprint and is not reused', async () => {
  const shelf = await createShelf(fixture);
  await pushSingle(fixture.registry, `${shelf.path}/api`, 'other', undefined, 'latest');
  const { reading } = await shelf.find();
  expect(reading).toMatchObject({
    problems: [],
    candidates: [{ tag: 'latest', verdict: { status: 'other-inputs' } }],
  });
  expect(reading.candidates[0]?.fingerprint).toBeUndefined();
});

describe('an unreadable registry causes a warning and leaves no image to reuse:', () => {
  const unreadable = [{ code: 'registry/baseline-unreadable', severity: 'warning', image: 'api' }];

  test.each<[string, Parameters<RegistryFixture['front']['onRequest']>[0]]>([
    ['403', () => ({ status: 403 })],
    ['500', () => ({ status: 500 })],
    ['a closed connection', () => ({ cut: true })],
    [
      'a malformed index',
      ({ path }) =>
        path.includes('/manifests/')
          ? {
              status: 200,
              headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
              body: '{"manifests": 1}',
            }
          : undefined,
    ],
  ])('the registry responds with %s', async (_, fault) => {
    const shelf = await createShelf(fixture);
    await shelf.publish({ tag: 'latest' });
    fixture.front.onRequest(fault);
    const { reading } = await shelf.find({ client: fixture.client() });
    expect(reading.candidates).toEqual([]);
    expect(reading.problems).toMatchObject(unreadable);
  });

  test('the registry fails while a candidate is verified', async () => {
    const shelf = await createShelf(fixture);
    await shelf.publish({ tag: 'latest' });
    fixture.front.onRequest(({ path }) => (path.includes('/blobs/') ? { status: 503 } : undefined));
    const { reading } = await shelf.find();
    expect(reading.candidates).toMatchObject([{ verdict: { status: 'unfit' } }]);
    expect(reading.problems.length).toBeGreaterThan(0);
    expect(reading.problems).toEqual(reading.problems.map(() => expect.objectContaining(unreadable[0])));
  });

  test('the registry does not respond within the time limit', async () => {
    const shelf = await createShelf(fixture);
    await shelf.publish({ tag: 'latest' });
    fixture.front.onRequest(() => ({ silence: true }));
    const began = Date.now();
    const { reading } = await shelf.find({ client: fixture.client(), limitsMs: { find: 200, verify: 200 } });
    expect(Date.now() - began).toBeLessThan(3000);
    expect(reading.candidates).toEqual([]);
    expect(reading.problems).toMatchObject([{ message: expect.stringContaining('No answer within 0.2 s.') }]);
  });

  test('but a cancelled run throws', async () => {
    const shelf = await createShelf(fixture);
    fixture.front.onRequest(() => ({ silence: true }));
    const signal = AbortSignal.timeout(100);
    await expect(shelf.find({ client: fixture.client(), signal })).rejects.toThrow('Cancelled');
  });
});

test('sends no request twice if two images share a repository and a base image', async () => {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: 'latest' });
  fixture.front.seen.length = 0;
  const images = ['api', 'worker'].map((key) => ({ ...shelf.image(), key }));
  const inputs = { api: known([shelf.base]), worker: known([shelf.base]) };
  const { reading } = await shelf.find({ images, inputs });
  expect(verdicts(reading).join()).toContain('whole');
  const requests = fixture.front.seen.map(({ method, path }) => `${method} ${path}`);
  expect(requests.filter((request) => request === `HEAD /v2/${shelf.path}/base/manifests/1`)).toHaveLength(1);
  const gets = requests.filter((request) => request.startsWith('GET'));
  expect(new Set(gets).size).toBe(gets.length);
});
