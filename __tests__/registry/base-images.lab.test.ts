import { describeBases } from '../../src/registry/base-images.js';
import { openRegistryFixture, type RegistryFixture } from './fixtures/registry.js';
import { pushBlob, pushManifest, pushSingle } from './fixtures/images.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

let fixture: RegistryFixture;
let name: string;
const digests: Record<string, string> = {};

const RICH = {
  Env: ['NODE_VERSION=20.1.0', 'EMPTY=', 'ODD', 'TWO=a=b'],
  OnBuild: ['COPY . /app'],
};

async function push(config: object, platform: string, tag?: string) {
  const [os, architecture, variant] = platform.split('/');
  const bytes = JSON.stringify({ os, architecture, variant, ...config });
  const digest = await pushBlob(fixture.registry, 'base', bytes);
  const layers: object[] = [];
  const described = { mediaType: CONFIG, digest, size: bytes.length };
  const manifest = await pushManifest(fixture.registry, 'base', MANIFEST, { config: described, layers }, tag);
  return { ...manifest, platform: { os, architecture, variant } };
}

beforeAll(async () => {
  fixture = await openRegistryFixture();
  name = `${fixture.front.host}/base`;
  const rich = await push({ config: RICH }, 'linux/amd64', 'single');
  const arm = await push({ config: { OnBuild: null } }, 'linux/arm/v7');
  const index = await pushManifest(fixture.registry, 'base', INDEX, { manifests: [rich, arm] }, 'latest');
  const bare = await push({}, 'linux/amd64', 'bare');
  await push({ config: { Env: 7 } }, 'linux/amd64', 'odd');
  await pushSingle(fixture.registry, 'base', 'docker', 'application/vnd.docker.distribution.manifest.v2+json', 'v2');
  Object.assign(digests, { index: index.digest, rich: rich.digest, bare: bare.digest });
});
afterAll(() => fixture.stop());
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  fixture.front.seen.length = 0;
});

const describing = (references: string[], more = {}) =>
  describeBases({ client: fixture.client(), references, platform: 'linux/amd64', ...more });

test('describes base images by the config of the platform and the digest that the tag names', async () => {
  const rich = {
    onBuild: ['COPY . /app'],
    env: { NODE_VERSION: '20.1.0', EMPTY: '', ODD: '', TWO: 'a=b' },
  };
  const plain = { onBuild: [], env: {} };
  const pinned = `${name}:bare@${digests['bare']}`;
  expect(await describing([name, `${name}:single`, pinned])).toEqual({
    [name]: { digest: digests['index'], ...rich },
    [`${name}:single`]: { digest: digests['rich'], ...rich },
    [pinned]: { digest: digests['bare'], ...plain },
  });
  expect(await describing([name], { platform: 'linux/arm' })).toEqual({
    [name]: { digest: digests['index'], ...plain },
  });
});

test('requests a repeated reference only once', async () => {
  await describing([`${name}:single`, `${name}:single`]);
  expect(fixture.front.seen.map(({ path }) => path).filter((path) => path.endsWith('/single'))).toHaveLength(1);
});

test.each([
  ['nowhere', 'The registry has no'],
  ['odd', 'has a config of no known form'],
])('leaves the tag %s unresolved: %s', async (tag, why) => {
  expect(await describing([`${name}:${tag}`])).toEqual({
    [`${name}:${tag}`]: { unresolved: expect.stringContaining(why) },
  });
});

test('leaves an image without the platform and an invalid reference unresolved', async () => {
  expect(await describing([name], { platform: 'linux/s390x' })).toEqual({
    [name]: { unresolved: `${name} has no linux/s390x; it has linux/amd64, linux/arm/v7.` },
  });
  expect(await describing(['NO/ref'])).toEqual({ 'NO/ref': { unresolved: 'NO/ref is no image reference.' } });
});

test.each<[string, Parameters<RegistryFixture['front']['onRequest']>[0]]>([
  ['denies access', () => ({ status: 403 })],
  ['cuts the connection', () => ({ cut: true })],
  ['lost the config', ({ path }) => (path.includes('/blobs/') ? { status: 404 } : undefined)],
])('if a registry %s, leaves its image unresolved and still describes that of another registry', async (_, fault) => {
  const other = `${fixture.registry.host}/base:bare`;
  fixture.front.onRequest(fault);
  const described = await describing([name, other]);
  expect(described[name]).toEqual({ unresolved: expect.stringMatching(/\.$/) });
  expect(described[other]).toMatchObject({ digest: digests['bare'] });
});

test('stops waiting for a silent registry at the time limit, or when cancelled', async () => {
  fixture.front.onRequest(() => ({ silence: true }));
  expect(await describing([name], { limitMs: 150 })).toEqual({
    [name]: { unresolved: `The registry of ${name} did not answer within 0.15 s.` },
  });
  await expect(describing([name], { signal: AbortSignal.timeout(50) })).rejects.toThrow('Cancelled');
});
