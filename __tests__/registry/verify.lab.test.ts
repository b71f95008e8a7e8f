import type { RegistryClient } from '../../src/registry/client.js';
import type { ExpectedImage } from '../../src/registry/check.js';
import { verifyImage, type Verification } from '../../src/registry/verify.js';
import { codesOf, openRegistryFixture, type RegistryFixture } from './fixtures/registry.js';
import {
  PROVENANCE,
  pushImage,
  pushManifest,
  pushSingle,
  remove,
  SBOM,
  sha256,
  type TestImage,
} from './fixtures/images.js';

const FULL: ExpectedImage = { platforms: ['linux/amd64'], provenance: 'max', sbom: 'on' };
const BARE: ExpectedImage = { platforms: [], provenance: 'off', sbom: 'off' };

let fixture: RegistryFixture;
let client: RegistryClient;
let count = 0;

beforeAll(async () => {
  fixture = await openRegistryFixture();
  client = fixture.client();
});
beforeEach(() => fixture.front.onRequest(() => undefined));
afterAll(() => fixture.stop());

/** A separate repository per call, so that a test removes blobs only from its own. */
const repository = () => `acme/app-${++count}`;

const verify = (name: string, digest: string, expected: ExpectedImage): Promise<Verification> =>
  verifyImage({ client, key: 'api', image: `${fixture.front.host}/${name}`, digest, expected });

function problemsIn(verification: Verification) {
  if (verification.status === 'sound') throw new Error('The image was found sound.');
  return verification.problems;
}

test('describes the platforms, SBOM and provenance of a complete image', async () => {
  const name = repository();
  const pushed = await pushImage(fixture.registry, name, {
    seed: 'whole',
    platforms: ['linux/amd64', 'linux/arm64/v8'],
  });
  const expected = { ...FULL, platforms: ['linux/arm64', 'linux/amd64'] };
  const verification = await verify(name, pushed.digest, expected);
  expect(verification).toMatchObject({
    status: 'sound',
    document: { digest: pushed.digest, mediaType: 'application/vnd.oci.image.index.v1+json' },
    platforms: [
      {
        platform: 'linux/amd64',
        digest: pushed.platforms[0]?.digest,
        sbom: { digest: pushed.platforms[0]?.attestations[0], packages: 3 },
        provenance: { source: 'https://example.org/acme/app.git', revision: 'a'.repeat(40) },
      },
      { platform: 'linux/arm64', digest: pushed.platforms[1]?.digest },
    ],
  });
});

test.each([
  ['OCI', 'application/vnd.oci.image.manifest.v1+json'],
  ['Docker', 'application/vnd.docker.distribution.manifest.v2+json'],
])('accepts a single %s manifest as an image for the platform in its config', async (_, mediaType) => {
  const name = repository();
  const { digest } = await pushSingle(fixture.registry, name, 'single', mediaType);
  const verification = await verify(name, digest, { ...BARE, platforms: ['linux/arm64'] });
  expect(verification).toMatchObject({
    status: 'sound',
    document: { digest, mediaType },
    platforms: [{ platform: 'linux/arm64', digest }],
  });
  expect(codesOf(problemsIn(await verify(name, digest, FULL)))).toEqual([
    'registry/attestation-missing',
    'registry/attestation-missing',
    'registry/platform-missing',
  ]);
});

test('accepts an image without attestations if none is expected', async () => {
  const name = repository();
  const { digest } = await pushImage(fixture.registry, name, { seed: 'bare', attestations: () => [] });
  expect(await verify(name, digest, BARE)).toMatchObject({ status: 'sound' });
});

test('adds up the packages of several SBOMs of one platform (one per scanned stage)', async () => {
  const name = repository();
  const attestations = () => [SBOM, PROVENANCE, { ...SBOM, predicate: { packages: [{}] } }];
  const { digest } = await pushImage(fixture.registry, name, { seed: 'stages', attestations });
  expect(await verify(name, digest, FULL)).toMatchObject({ platforms: [{ sbom: { packages: 4 } }] });
});

test('ignores an SBOM with another subject if there is one for the image', async () => {
  const name = repository();
  const attestations = () => [SBOM, PROVENANCE, { ...SBOM, subject: 'f'.repeat(64) }];
  const { digest } = await pushImage(fixture.registry, name, { seed: 'part', attestations });
  expect(await verify(name, digest, FULL)).toMatchObject({ platforms: [{ sbom: { packages: 3 } }] });
});

test('rejects provenance of mode min if max is expected, and accepts it if min is', async () => {
  const name = repository();
  const min = { ...PROVENANCE, predicate: { metadata: {} } };
  const { digest } = await pushImage(fixture.registry, name, {
    seed: 'min',
    attestations: () => [SBOM, min],
  });
  expect(await verify(name, digest, { ...FULL, provenance: 'min' })).toMatchObject({ status: 'sound' });
  const [problem] = problemsIn(await verify(name, digest, FULL));
  expect(problem).toMatchObject({ code: 'registry/attestation-missing', image: 'api' });
  expect(problem?.message).toContain('mode min where max');
});

describe('reports all faults of an image at once:', () => {
  const BOTH = ['linux/amd64', 'linux/arm64'];
  const missing = 'registry/attestation-missing';
  type Pushed = Awaited<ReturnType<typeof pushImage>>;
  type Case = [
    string,
    Partial<TestImage>,
    { platforms?: string[]; spoil?: (pushed: Pushed, name: string) => Promise<void> },
    string[],
    (pushed: Pushed) => string,
  ];
  test.each<Case>([
    [
      'a missing platform and missing attestations',
      { attestations: () => [] },
      { platforms: [...BOTH, 'linux/s390x'] },
      [missing, missing, 'registry/platform-missing', 'registry/platform-missing'],
      () => 'lacks the platform linux/arm64',
    ],
    [
      'an SBOM that is missing for one of two platforms',
      {
        platforms: BOTH,
        attestations: (platform) => (platform === 'linux/amd64' ? [SBOM, PROVENANCE] : [PROVENANCE]),
      },
      {},
      [missing],
      ({ platforms }) => `${platforms[1]?.digest} has no SBOM`,
    ],
    [
      'a statement of another type that is announced as an SBOM',
      {
        attestations: () => [
          { ...SBOM, announced: SBOM.predicateType, predicateType: 'https://example.org/review' },
          PROVENANCE,
        ],
      },
      {},
      ['registry/attestation-mismatch'],
      () => 'is a statement of another type: https://example.org/review',
    ],
    [
      'an SBOM that describes another image',
      { attestations: () => [{ ...SBOM, subject: 'e'.repeat(64) }, PROVENANCE] },
      {},
      ['registry/attestation-mismatch'],
      () => `describes sha256:${'e'.repeat(64)}`,
    ],
    [
      'an attestation that is not a statement, and one that is not JSON',
      {
        attestations: () => [
          { ...SBOM, raw: '{"hello": "world"}' },
          { ...PROVENANCE, raw: 'garbage' },
        ],
      },
      {},
      ['registry/garbage', 'registry/garbage'],
      () => 'is no JSON',
    ],
    [
      'a missing platform manifest',
      { platforms: BOTH },
      { spoil: ({ platforms }, name) => remove(fixture.registry, name, 'manifests', platforms[0]!.digest) },
      ['registry/incomplete'],
      ({ platforms }) => platforms[0]!.digest,
    ],
    [
      'a missing attestation manifest, without guessing its attestations',
      {},
      {
        spoil: ({ platforms }, name) => remove(fixture.registry, name, 'manifests', platforms[0]!.attested!),
      },
      ['registry/incomplete'],
      ({ platforms }) => platforms[0]!.attested!,
    ],
  ])('%s', async (_, image, { platforms = FULL.platforms, spoil }, codes, words) => {
    const name = repository();
    const pushed = await pushImage(fixture.registry, name, { seed: name, ...image });
    await spoil?.(pushed, name);
    const problems = problemsIn(await verify(name, pushed.digest, { ...FULL, platforms }));
    expect(codesOf(problems)).toEqual(codes);
    expect(problems.map(({ message }) => message).join('\n')).toContain(words(pushed));
  });

  test('attestation, layer and config blobs that the registry lost', async () => {
    const name = repository();
    const pushed = await pushImage(fixture.registry, name, { seed: 'lost' });
    const [platform] = pushed.platforms;
    const gone = [platform!.attestations[1]!, platform!.layer, platform!.config];
    for (const digest of gone) await remove(fixture.registry, name, 'blobs', digest);
    const problems = problemsIn(await verify(name, pushed.digest, FULL));
    expect(codesOf(problems)).toEqual(Array(3).fill('registry/incomplete'));
    for (const digest of gone) expect(problems.map(({ message }) => message).join()).toContain(digest);
  });

  test('an index without any platform', async () => {
    const name = repository();
    const index = 'application/vnd.oci.image.index.v1+json';
    const { digest } = await pushManifest(fixture.registry, name, index, { manifests: [] });
    expect(problemsIn(await verify(name, digest, BARE))).toMatchObject([{ code: 'registry/platform-missing' }]);
  });

  test("a digest that the registry doesn't have", async () => {
    const problems = problemsIn(await verify(repository(), sha256('unknown'), FULL));
    expect(problems).toMatchObject([{ code: 'registry/incomplete', image: 'api' }]);
  });

  test('a malformed index', async () => {
    const name = repository();
    const body = '{"manifests": 3}';
    fixture.front.onRequest(({ path }) => (path.includes('/manifests/') ? { status: 200, body } : undefined));
    expect(problemsIn(await verify(name, sha256(body), FULL))).toMatchObject([{ code: 'registry/garbage' }]);
  });

  test('a missing attestation, even if the registry fails for a blob', async () => {
    const name = repository();
    const pushed = await pushImage(fixture.registry, name, { seed: 'fails', attestations: () => [SBOM] });
    const config = pushed.platforms[0]?.config ?? '';
    fixture.front.onRequest(({ path }) => (path.endsWith(config) ? { status: 500 } : undefined));
    expect(codesOf(problemsIn(await verify(name, pushed.digest, FULL)))).toEqual([
      'registry/attestation-missing',
      'registry/unavailable',
    ]);
  });
});
