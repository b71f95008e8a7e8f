import {
  attestationLayers,
  countPackages,
  parseStatement,
  readProvenance,
} from '../../src/registry/attestations.js';
import { normalizePlatform, parseManifest } from '../../src/registry/manifest.js';
import { bytes, descriptor, digest } from './descriptors.js';

test('SBOMs and provenance are told by their predicate type, others are left alone', () => {
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

  test('subjects are digests', () => {
    expect(statement({}).subjects).toEqual(['sha256:ab']);
    expect(() => parseStatement(bytes({ predicateType: 'x' }))).toThrow('is no in-toto statement');
  });

  test.each([
    [{ packages: [{}, {}] }, 2],
    [{ packages: 'many' }, 0],
    [{}, 0],
    [null, 0],
  ])('packages of %j: %d', (predicate, count) => {
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
    ['nothing known', {}, { source: undefined, revision: undefined, mode: 'min' }],
    ['nonsense', { metadata: 3, invocation: [] }, { source: undefined, revision: undefined, mode: 'min' }],
  ])('provenance %s', (_, predicate, expected) => {
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
])('platform %s is %s', (written, normal) => {
  expect(normalizePlatform(written)).toBe(normal);
});
