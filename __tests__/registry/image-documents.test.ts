import {
  imageSize,
  MalformedDocument,
  parseConfigPlatform,
  parseImageDocument,
} from '../../src/registry/manifest.js';
import { bytes, descriptor, digest } from './descriptors.js';

test('an index of thousands of entries, and a manifest of thousands of layers, are no images', () => {
  const many = Array.from({ length: 5000 }, () => descriptor('a'));
  const index = () => parseImageDocument(bytes({ schemaVersion: 2, manifests: many }));
  const manifest = () =>
    parseImageDocument(bytes({ schemaVersion: 2, config: descriptor('b'), layers: many }));
  expect(index).toThrow(MalformedDocument);
  expect(index).toThrow(/more than 256 entries/);
  expect(manifest).toThrow(/more than 1024 layers/);
});

describe('what a tag names', () => {
  test('an index lists platforms, and attestations by what they speak of', () => {
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
    expect(index).toEqual({
      type: 'index',
      platforms: [
        { platform: 'linux/arm/v7', digest: digest('a') },
        { platform: 'linux/arm64', digest: digest('b') },
      ],
      attestations: [{ digest: digest('c'), of: digest('a') }],
      annotations: { 'dev.image-release.inputs': 'x' },
    });
  });

  test('a single manifest of docker is one too, and its size counts config and layers', () => {
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
    ['no JSON', '{"manifests": [', 'is no JSON'],
    ['nothing', '', 'is no JSON'],
    ['null', 'null', 'has a wrong form'],
    ['a list', '[]', 'has a wrong form'],
    ['another document', '{"hello": 1}', 'has a wrong config'],
    ['manifests that are no list', '{"manifests": {}}', 'has a wrong manifests'],
    [
      'a digest that is none',
      JSON.stringify({ manifests: [{ ...descriptor('a'), digest: 'sha256:../..' }] }),
      'is no digest',
    ],
    ['a negative size', JSON.stringify({ config: descriptor('a', { size: -1 }), layers: [] }), 'config.size'],
  ])('%s is malformed, and what is wrong is said', (_, text, message) => {
    expect(() => parseImageDocument(Buffer.from(text))).toThrow(MalformedDocument);
    expect(() => parseImageDocument(Buffer.from(text))).toThrow(message);
  });

  test('a config names its platform', () => {
    expect(parseConfigPlatform(bytes({ os: 'linux', architecture: 'arm64', variant: 'v8' }))).toBe(
      'linux/arm64',
    );
    expect(() => parseConfigPlatform(bytes({ os: 'linux' }))).toThrow(MalformedDocument);
  });
});
