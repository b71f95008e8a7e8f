import { type Attestation, SBOM } from '../fixtures/images.js';
import { openRegistryFixture, type RegistryFixture } from '../fixtures/registry.js';
import { createShelf, known, material, provenance, provenanceV1, verdicts, type Shelf } from './fixtures.js';

let fixture: RegistryFixture;
beforeAll(async () => {
  fixture = await openRegistryFixture();
});
afterAll(() => fixture.stop());
beforeEach(() => fixture.front.onRequest(() => undefined));

/** The verdict on an image with this provenance, after what is to happen to the registry. */
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
  ['the same base image', [itself], 'whole'],
  [
    'the same base image, in provenance of SLSA v1',
    [({ base, baseDigest }) => [provenanceV1([material(base, baseDigest)])]],
    'whole',
  ],
  ['a base image that was built anew', [itself, rebuilt], 'base image base:1 changed'],
  [
    'a base image that was built anew, in provenance of SLSA v1',
    [({ base, baseDigest }) => [provenanceV1([material(base, baseDigest)])], rebuilt],
    'base image base:1 changed',
  ],
  [
    // What a base in the same bake leads to: the tag was resolved by BuildKit, not pinned by anybody.
    'a tag that BuildKit noted with its digest, and that names another one now',
    [({ base, baseDigest }) => [provenance([material(base, baseDigest, `digest=${baseDigest}&platform=x`)])], rebuilt],
    'base image base:1 changed',
  ],
  [
    'a base image that the Dockerfile pins, whatever its tag names now',
    [itself, rebuilt, ({ base, baseDigest }) => [`${base}@${baseDigest}`]],
    'whole',
  ],
  [
    'one and the same tag, pinned in one place and not in another',
    [itself, rebuilt, ({ base, baseDigest }) => [`${base}@${baseDigest}`, base]],
    'base image base:1 changed',
  ],
  [
    'another base image than the Dockerfile names',
    [itself, none, () => ['example.org/other:1']],
    'its provenance does not name example.org/other:1',
  ],
  ['a base image of which nothing is noted', [() => [provenance([])]], 'its provenance does not name base:1'],
  ['no image at all', [() => [provenance([])], none, none], 'whole'],
  ['no provenance', [none, none, undefined, off], 'no provenance says which images went in'],
  ['no provenance and no image from elsewhere', [none, none, none, off], 'whole'],
  [
    'no provenance, and another image of the repository',
    [none, none, none, { ...off, contexts: { base: 'image:base' } }],
    'no provenance says which images went in',
  ],
  [
    'provenance that lists nothing and is not of BuildKit',
    [() => [{ predicateType: 'https://slsa.dev/provenance/v0.2', predicate: { buildConfig: {} } }]],
    'no provenance says which images went in',
  ],
  [
    'a file from the web',
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
    'a material of no known form',
    [({ base, baseDigest }) => [provenance([material(base, baseDigest), { digest: 7 }])]],
    "a material of no known form was used, which can't be compared",
  ],
  [
    'a scanner that has changed: it is no part of the image',
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
  ['is gone', 404, 'base image base:1 is gone'],
  ['may not be asked for', 403, "base image base:1 can't be read"],
])('a base image that %s', async (_, status, expected) => {
  const { said, problems } = await judged(itself, ({ path }) =>
    fixture.front.onRequest((request) => (request.path.includes(`${path}/base/`) ? { status } : undefined)),
  );
  expect(said).toBe(expected);
  expect(problems.map(({ code }) => code)).toEqual(status === 404 ? [] : ['registry/baseline-unreadable']);
});

test('an image of two platforms is as fresh as the older of its bases', async () => {
  const shelf = await createShelf(fixture);
  const at = (digest: string) => [SBOM, provenance([material(shelf.base, digest)])];
  await shelf.publish({
    tag: 'latest',
    platforms: ['linux/amd64', 'linux/arm64'],
    attestations: (platform) => at(platform === 'linux/amd64' ? shelf.baseDigest : `sha256:${'5'.repeat(64)}`),
  });
  expect(verdicts((await shelf.find()).reading).join()).toContain(`base image ${shelf.base} changed`);
});
