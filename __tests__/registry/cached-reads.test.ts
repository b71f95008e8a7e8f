import { withDigestsOnce } from '../../src/registry/cached-reads.js';
import { digestOf, type RegistryClient } from '../../src/registry/client.js';

const MANIFEST = Buffer.from(JSON.stringify({ config: { digest: 'sha256:c' }, layers: [] }));
const DIGEST = digestOf(MANIFEST);
const [IMAGE, OTHER] = ['registry.example.org/acme/api', 'registry.example.org/acme/web'];

/** A registry of one image that records its requests; references in `absent` don't exist. */
function registry() {
  const asked: string[] = [];
  const absent = new Set<string>();
  const ask = async <T>(what: string, reference: string, answer: T) => {
    asked.push(`${what} ${reference}`);
    await Promise.resolve();
    if (reference === 'broken') throw new Error('broken');
    return absent.has(reference) ? undefined : answer;
  };
  const inner = {
    getManifest: (_: string, reference: string) =>
      ask('manifest', reference, { bytes: MANIFEST, digest: DIGEST, mediaType: '' }),
    getBlob: (_: string, digest: string) => ask('blob', digest, Buffer.alloc(digest === 'large' ? 5 << 20 : 5)),
    hasBlob: async (_: string, digest: string) => (await ask('layer', digest, true)) === true,
    checkPush: (_: string, known?: string) => ask('push', known ?? 'unknown', undefined),
    withSignal: () => inner,
  } as unknown as RegistryClient;
  return { client: withDigestsOnce(inner), asked, absent };
}

test('reads a digest once, even for concurrent callers or another signal, and a tag each time', async () => {
  const { client, asked } = registry();
  await Promise.all([client.getManifest(IMAGE, DIGEST), client.getManifest(IMAGE, DIGEST)]);
  await client.withSignal(undefined).getManifest(IMAGE, DIGEST);
  await Promise.all([client.getBlob(IMAGE, 'small'), client.getBlob(IMAGE, 'small')]);
  expect(asked).toEqual([`manifest ${DIGEST}`, 'blob small']);
  await client.getManifest(OTHER, 'latest');
  await client.getManifest(OTHER, 'latest');
  await client.getManifest(OTHER, DIGEST);
  expect(asked.slice(2)).toEqual(['manifest latest', 'manifest latest']);
});

test('remembers found layers per registry, but not absent layers, failures or large blobs', async () => {
  const { client, asked, absent } = registry();
  absent.add('late');
  expect(await Promise.all([client.hasBlob(IMAGE, 'base'), client.hasBlob(OTHER, 'base')])).toEqual([true, true]);
  expect(await client.hasBlob(IMAGE, 'late')).toBe(false);
  absent.clear();
  expect(await client.hasBlob(IMAGE, 'late')).toBe(true);
  for (const digest of ['large', 'large']) await client.getBlob(IMAGE, digest);
  for (let time = 0; time < 2; time++) await expect(client.hasBlob(IMAGE, 'broken')).rejects.toThrow('broken');
  const many = ['layer base', 'layer late', 'layer late', 'blob large', 'blob large', 'layer broken', 'layer broken'];
  expect(asked).toEqual(many);
});

test('passes a known blob of the image to the check of the push right', async () => {
  const { client, asked } = registry();
  await client.checkPush(IMAGE);
  await client.getManifest(IMAGE, 'latest');
  await client.checkPush(IMAGE);
  expect(asked).toEqual(['push unknown', 'manifest latest', 'push sha256:c']);
});
