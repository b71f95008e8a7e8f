import { attestationLayers, countPackages, parseStatement, readProvenance } from '../../src/registry/attestations.js';
import {
  imageSize,
  MalformedDocument,
  normalizePlatform,
  parseConfigPlatform,
  parseImageDocument,
  parseManifest,
} from '../../src/registry/manifest.js';

const bytes = (document: unknown) => Buffer.from(JSON.stringify(document));
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const descriptor = (letter: string, more: object = {}) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digest(letter),
  size: 10,
  ...more,
});

test('rejects an index with more than 256 entries and a manifest with more than 1024 layers', () => {
  const many = Array.from({ length: 5000 }, () => descriptor('a'));
  const index = () => parseImageDocument(bytes({ schemaVersion: 2, manifests: many }));
  const manifest = () => parseImageDocument(bytes({ schemaVersion: 2, config: descriptor('b'), layers: many }));
  expect(index).toThrow(MalformedDocument);
  expect(index).toThrow(/more than 256 entries/);
  expect(manifest).toThrow(/more than 1024 layers/);
});

describe('image documents', () => {
  test('reads the platforms of an index, and its attestations with the digests that they describe', () => {
    const index = parseImageDocument(
      bytes({
        schemaVersion: 2,
        annotations: { 'dev.image-release.inputs': 'x' },
        manifests: [
          descriptor('a', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }),
          descriptor('b', { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
          descriptor('c', {
            platform: { os: 'unknown', architecture: 'unknown' },
            annotations: {
              'vnd.docker.reference.type': 'attestation-manifest',
              'vnd.docker.reference.digest': digest('a'),
            },
          }),
          descriptor('d', { platform: { os: 'unknown', architecture: 'unknown' } }),
          descriptor('e', {}),
        ],
      }),
    );
    expect(index).toMatchObject({
      type: 'index',
      platforms: [
        { platform: 'linux/arm/v7', digest: digest('a') },
        { platform: 'linux/arm64', digest: digest('b') },
      ],
      attestations: [{ digest: digest('c'), of: digest('a') }],
      annotations: { 'dev.image-release.inputs': 'x' },
    });
  });

  test('reads a single Docker manifest, whose size is the sum of config and layers', () => {
    const document = parseImageDocument(
      bytes({
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        config: descriptor('a', { size: 7 }),
        layers: [descriptor('b', { size: 100 }), descriptor('c', { size: 1000 })],
      }),
    );
    expect(document.type === 'manifest' && imageSize(document.manifest)).toBe(1107);
  });

  test.each([
    ['invalid JSON', '{"manifests": [', 'is no JSON'],
    ['an empty text', '', 'is no JSON'],
    ['null', 'null', 'has a wrong form'],
    ['a list', '[]', 'has a wrong form'],
    ['another document', '{"hello": 1}', 'has a wrong config'],
    ['manifests that are not a list', '{"manifests": {}}', 'has a wrong manifests'],
    [
      'an invalid digest',
      JSON.stringify({ manifests: [{ ...descriptor('a'), digest: 'sha256:../..' }] }),
      'is no digest',
    ],
    ['a negative size', JSON.stringify({ config: descriptor('a', { size: -1 }), layers: [] }), 'config.size'],
  ])('rejects %s, and states the reason', (_, text, message) => {
    expect(() => parseImageDocument(Buffer.from(text))).toThrow(MalformedDocument);
    expect(() => parseImageDocument(Buffer.from(text))).toThrow(message);
  });

  test('reads the platform of a config, and rejects an incomplete one', () => {
    expect(parseConfigPlatform(bytes({ os: 'linux', architecture: 'arm64', variant: 'v8' }))).toBe('linux/arm64');
    expect(() => parseConfigPlatform(bytes({ os: 'linux' }))).toThrow(MalformedDocument);
  });
});

test('recognizes SBOMs and provenance by predicate type, and ignores other attestations', () => {
  const layer = (letter: string, type?: string) =>
    descriptor(letter, type === undefined ? {} : { annotations: { 'in-toto.io/predicate-type': type } });
  const manifest = parseManifest(
    bytes({
      config: descriptor('0'),
      layers: [
        layer('a', 'https://spdx.dev/Document'),
        layer('b', 'https://slsa.dev/provenance/v0.2'),
        layer('c', 'https://slsa.dev/provenance/v1'),
        layer('d', 'https://example.org/review'),
        layer('e'),
      ],
    }),
  );
  expect(attestationLayers(manifest).map(({ kind, digest: found }) => [kind, found])).toEqual([
    ['sbom', digest('a')],
    ['provenance', digest('b')],
    ['provenance', digest('c')],
  ]);
});

describe('in-toto statements', () => {
  const statement = (predicate: unknown) =>
    parseStatement(bytes({ predicateType: 'x', subject: [{ digest: { sha256: 'ab' } }], predicate }));

  test('reads subjects as digests, and rejects a document without subjects', () => {
    expect(statement({}).subjects).toEqual(['sha256:ab']);
    expect(() => parseStatement(bytes({ predicateType: 'x' }))).toThrow('is no in-toto statement');
  });

  test.each([
    [{ packages: [{}, {}] }, 2],
    [{ packages: 'many' }, 0],
    [{}, 0],
    [null, 0],
  ])('counts the packages of %j: %d', (predicate, count) => {
    expect(countPackages(statement(predicate))).toBe(count);
  });

  const vcs = { source: 'https://github.com/acme/app.git', revision: 'abc-dirty' };
  const git = { uri: 'https://github.com/acme/app.git#refs/heads/main', digest: { sha1: 'abc' } };
  test.each<[string, unknown, object]>([
    [
      'v0.2 of a local context',
      { buildConfig: {}, metadata: { 'https://mobyproject.org/buildkit@v1#metadata': { vcs } } },
      { ...vcs, mode: 'max' },
    ],
    [
      'v0.2 of a git context, mode min',
      { invocation: { configSource: git } },
      { source: 'https://github.com/acme/app.git', revision: 'abc', mode: 'min' },
    ],
    [
      'v1 of a local context',
      {
        buildDefinition: { internalParameters: { buildConfig: {} }, externalParameters: {} },
        runDetails: { metadata: { buildkit_metadata: { vcs } } },
      },
      { ...vcs, mode: 'max' },
    ],
    [
      'v1 of a git context, mode min',
      { buildDefinition: { internalParameters: {}, externalParameters: { configSource: git } } },
      { source: 'https://github.com/acme/app.git', revision: 'abc', mode: 'min' },
    ],
    ['an empty predicate', {}, { source: undefined, revision: undefined, mode: 'min' }],
    [
      'fields of the wrong type',
      { metadata: 3, invocation: [] },
      { source: undefined, revision: undefined, mode: 'min' },
    ],
  ])('reads provenance: %s', (_, predicate, expected) => {
    expect(readProvenance(statement(predicate))).toEqual(expected);
  });
});

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['Linux/ARM64', 'linux/arm64'],
  ['windows/amd64', 'windows/amd64'],
])('normalizes platform %s to %s', (written, normal) => {
  expect(normalizePlatform(written)).toBe(normal);
});
