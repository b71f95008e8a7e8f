import type { RegistryClient } from '../../../src/registry/client.js';
import { readOrigin } from '../../../src/registry/moving-tags/origin.js';

const COMMIT = '1a2b3c4d'.repeat(5);
const DIGEST = `sha256:${'c'.repeat(64)}`;
const told = {
  'org.opencontainers.image.revision': COMMIT,
  'org.opencontainers.image.version': 'main-1a2b3c4',
  'org.opencontainers.image.created': '2024-05-01T00:00:00Z',
  'dev.image-release.inputs': 'v1:abc',
};
const origin = { commit: COMMIT, releaseTag: 'main-1a2b3c4', committed: 1714521600, fingerprint: 'v1:abc' };
const manifest = { config: { mediaType: 'x', digest: DIGEST, size: 1 }, layers: [] };
const index = (annotations: object) => ({
  manifests: [{ mediaType: 'x', digest: DIGEST, size: 1, platform: { os: 'linux', architecture: 'amd64' } }],
  annotations,
});
const labels = (values: object) => ({ os: 'linux', architecture: 'amd64', config: { Labels: values } });

test.each<[string, object | string, object | string | undefined, object]>([
  ['the annotations of an index', index(told), undefined, origin],
  ['the annotations of a manifest', { ...manifest, annotations: told }, undefined, origin],
  [
    "the labels of a single manifest, because docker's own driver writes no annotations",
    manifest,
    labels(told),
    origin,
  ],
  ['the labels of the first platform of an index without annotations', index({}), labels(told), origin],
  ['no origin from an image of another tool', manifest, labels({}), {}],
  ['no origin if the config is missing', manifest, undefined, {}],
  ['no origin from a malformed manifest', 'no JSON', undefined, {}],
  ['no origin from a malformed config', manifest, 'no JSON', {}],
  [
    'no commit from a revision that is not a commit ID',
    { ...manifest, annotations: { ...told, 'org.opencontainers.image.revision': 'dev' } },
    labels({}),
    { ...origin, commit: undefined },
  ],
])('reads %s', async (_, document, config, expected) => {
  const bytesOf = (json: object | string) => Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  const client = {
    getManifest: async () => ({ bytes: bytesOf(manifest), digest: DIGEST, mediaType: 'x' }),
    getBlob: async () => config && bytesOf(config),
  } as unknown as RegistryClient;
  expect(await readOrigin(client, 'example.org/api', { bytes: bytesOf(document) })).toEqual(expected);
});
