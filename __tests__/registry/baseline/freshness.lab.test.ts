import { type Attestation, SBOM } from '../fixtures/images.js';
import { openRegistryFixture, type RegistryFixture } from '../fixtures/registry.js';
import { createShelf, known, material, provenance, provenanceV1, verdicts, type Shelf } from './fixtures.js';

let fixture: RegistryFixture;
beforeAll(async () => {
  fixture = await openRegistryFixture();
});
afterAll(() => fixture.stop());
beforeEach(() => fixture.front.onRequest(() => undefined));

/** The verdict on a published image with these attestations, after `happens` changed the registry. */
async function judged(
  make: (shelf: Shelf) => Attestation[],
  happens: (shelf: Shelf) => unknown = () => {},
  images: (shelf: Shelf) => string[] = ({ base }) => [base],
  over: object = {},
) {
  const shelf = await createShelf(fixture);
  await shelf.publish({ tag: 'latest', attestations: () => [SBOM, ...make(shelf)] });
  await happens(shelf);
  const { reading } = await shelf.find({
    images: [shelf.image(over)],
    input: known(images(shelf)),
  });
  const said = verdicts(reading).join().replace(/^\S+ /, '');
  return { said: said.replaceAll(shelf.base, 'base:1'), problems: reading.problems };
}

const itself = ({ base, baseDigest }: Shelf) => [provenance([material(base, baseDigest)])];
const rebuilt = (shelf: Shelf) => shelf.rebuildBase();
const off = { attest: { provenance: 'off', sbom: 'off' } };
const none = () => [];

test.each<[string, Parameters<typeof judged>, string]>([
  ['accepts an unchanged base image', [itself], 'whole'],
  [
    'accepts an unchanged base image in SLSA v1 provenance',
    [({ base, baseDigest }) => [provenanceV1([material(base, baseDigest)])]],
    'whole',
  ],
  ['rejects a changed base image', [itself, rebuilt], 'base image base:1 changed'],
  [
    'rejects a changed base image in SLSA v1 provenance',
    [({ base, baseDigest }) => [provenanceV1([material(base, baseDigest)])], rebuilt],
    'base image base:1 changed',
  ],
  [
    // BuildKit records a base image from the same bake like this: it resolved the tag, the Dockerfile doesn't pin it.
    'rejects a changed base image that BuildKit recorded by tag and digest',
    [({ base, baseDigest }) => [provenance([material(base, baseDigest, `digest=${baseDigest}&platform=x`)])], rebuilt],
    'base image base:1 changed',
  ],
  [
    'accepts a base image that the Dockerfile pins by digest, even if its tag moved',
    [itself, rebuilt, ({ base, baseDigest }) => [`${base}@${baseDigest}`]],
    'whole',
  ],
  [
    'rejects a changed base image that is pinned in one place and not in another',
    [itself, rebuilt, ({ base, baseDigest }) => [`${base}@${baseDigest}`, base]],
    'base image base:1 changed',
  ],
  [
    'rejects provenance that names another base image than the Dockerfile',
    [itself, none, () => ['example.org/other:1']],
    'its provenance does not name example.org/other:1',
  ],
  ['rejects provenance that names no base image', [() => [provenance([])]], 'its provenance does not name base:1'],
  ['accepts provenance that names no image if the Dockerfile uses none', [() => [provenance([])], none, none], 'whole'],
  [
    'rejects an image without provenance that uses a base image',
    [none, none, undefined, off],
    'no provenance says which images went in',
  ],
  ['accepts an image without provenance that uses no other image', [none, none, none, off], 'whole'],
  [
    'rejects an image without provenance that uses another image of the configuration',
    [none, none, none, { ...off, contexts: { base: 'image:base' } }],
    'no provenance says which images went in',
  ],
  [
    'rejects provenance without materials that is not from BuildKit',
    [() => [{ predicateType: 'https://slsa.dev/provenance/v0.2', predicate: { buildConfig: {} } }]],
    'no provenance says which images went in',
  ],
  [
    'rejects provenance that names a file from the web',
    [
      ({ base, baseDigest }) => [
        provenance([
          material(base, baseDigest),
          { uri: 'https://example.org/a.tgz', digest: { sha256: 'a'.repeat(64) } },
        ]),
      ],
    ],
    "https://example.org/a.tgz was used, which can't be compared",
  ],
  [
    'rejects provenance with a material of unknown form',
    [({ base, baseDigest }) => [provenance([material(base, baseDigest), { digest: 7 }])]],
    "a material of no known form was used, which can't be compared",
  ],
  [
    'ignores the SBOM scanner among the materials',
    [
      ({ base, baseDigest }) => [
        provenance([material(base, baseDigest), material('docker/buildkit-syft-scanner:stable-1', baseDigest)]),
      ],
    ],
    'whole',
  ],
])('%s', async (_, given, expected) => {
  const { said, problems } = await judged(...given);
  expect(said).toContain(expected);
  expect(problems).toEqual([]);
});

test.each<[string, number, string]>([
  ['is gone, without a warning', 404, 'base image base:1 is gone'],
  ["can't be read, with a warning", 403, "base image base:1 can't be read"],
])('rejects a base image that %s', async (_, status, expected) => {
  const { said, problems } = await judged(itself, ({ path }) =>
    fixture.front.onRequest((request) => (request.path.includes(`${path}/base/`) ? { status } : undefined)),
  );
  expect(said).toBe(expected);
  expect(problems.map(({ code }) => code)).toEqual(status === 404 ? [] : ['registry/baseline-unreadable']);
});

test('rejects an image if the base image of one of its two platforms changed', async () => {
  const shelf = await createShelf(fixture);
  const at = (digest: string) => [SBOM, provenance([material(shelf.base, digest)])];
  await shelf.publish({
    tag: 'latest',
    platforms: ['linux/amd64', 'linux/arm64'],
    attestations: (platform) => at(platform === 'linux/amd64' ? shelf.baseDigest : `sha256:${'5'.repeat(64)}`),
  });
  expect(verdicts((await shelf.find()).reading).join()).toContain(`base image ${shelf.base} changed`);
});
