import { checkRegistry } from '../../src/registry/check.js';
import { parseImageDocument, type IndexDocument } from '../../src/registry/manifest.js';
import { reconcilePublished } from '../../src/registry/publish.js';
import { openRegistryFixture, login, problemsOf, type RegistryFixture } from './fixtures/registry.js';
import { type Fault } from './fixtures/front.js';
import { LOGIN, NO_ORDERING, puts, release, run, SOURCE } from './fixtures/release.js';
import { pushImage, sha256, type PushedImage } from './fixtures/images.js';

let fixture: RegistryFixture;

beforeAll(async () => {
  fixture = await openRegistryFixture(LOGIN);
});
beforeEach(() => fixture.front.onRequest(() => undefined));
afterAll(() => fixture.stop());

describe('when all images are complete', () => {
  test('pushes all tags, the release tags of all images before any moving tag', async () => {
    const { images, built, digests, tag } = await release(fixture);
    fixture.front.seen.length = 0;
    const published = await run(fixture, { images, built });
    expect(published).toMatchObject([
      {
        key: 'api',
        digest: digests.api,
        releaseTag: 'main-1234567',
        tags: ['main-1234567', 'latest', '1.2'],
      },
      { key: 'web', digest: digests.web, platforms: [{ platform: 'linux/amd64', sbom: { packages: 3 } }] },
    ]);
    for (const key of ['api', 'web']) {
      for (const name of images[0]!.tags) expect(await tag(key, name)).toBe(digests[key]);
    }
    const order = fixture.front.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/').at(-1));
    expect(order.slice(0, 2)).toEqual(['main-1234567', 'main-1234567']);
    expect(order).toHaveLength(6);
  });

  test('reads each tag back if the registry returns no digest after a push', async () => {
    const { images, built, digests, tag } = await release(fixture);
    const withoutDigest: Fault = { rewrite: { 'docker-content-digest': '' } };
    fixture.front.onRequest(({ method }) => (method === 'PUT' ? withoutDigest : undefined));
    fixture.front.seen.length = 0;
    await run(fixture, { images, built });
    const last = (method: string, name: string) =>
      fixture.front.seen.findLastIndex(
        (seen) => seen.method === method && seen.path.endsWith(`/api/manifests/${name}`),
      );
    for (const name of images[0]!.tags) expect(last('GET', name)).toBeGreaterThan(last('PUT', name));
    expect(await tag('api', 'latest')).toBe(digests.api);
  });

  test("doesn't push the release tag again if images were pushed under it, and pushes the other tags", async () => {
    const { images, built, digests, tag } = await release(fixture, { pushed: 'under-release-tag' });
    fixture.front.seen.length = 0;
    await run(fixture, { images, built });
    expect(fixture.front.seen.filter(puts('main-1234567'))).toEqual([]);
    expect(await tag('web', 'latest')).toBe(digests.web);
  });

  test('pushes nothing if the release is published again', async () => {
    const { images, built } = await release(fixture);
    const first = await run(fixture, { images, built });
    fixture.front.seen.length = 0;
    expect(await run(fixture, { images, built })).toEqual(first.map((image) => ({ ...image, warnings: [] })));
    expect(fixture.front.seen.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('leaves a moving tag that a newer run moves in the meantime, and reports it as skipped', async () => {
    const { path, images, built, digests, tag } = await release(fixture);
    const commit = 'b'.repeat(40);
    const image = { seed: 'newer', annotations: { 'org.opencontainers.image.revision': commit } };
    let taken: Promise<PushedImage> | undefined;
    fixture.front.onRequest((request) => {
      if (!request.path.endsWith('/api/manifests/latest')) return undefined;
      // This run pushes the tag first, and the other run pushes it before this one reads it back.
      if (request.method === 'PUT') taken = pushImage(fixture.registry, `${path}/api`, image, 'latest');
      return request.method === 'GET' && taken ? { after: taken } : undefined;
    });
    const ordering = {
      ...NO_ORDERING,
      compare: async (base: string) => (base === commit ? ('behind' as const) : ('unknown' as const)),
    };
    const published = await run(fixture, { images, built, ordering });
    const newer = await taken;
    expect(await tag('api', 'latest')).toBe(newer?.digest);
    const client = fixture.client(login(LOGIN));
    const [settled] = await reconcilePublished({ images, published, source: SOURCE, client, ordering });
    expect(await tag('api', 'latest')).toBe(newer?.digest);
    expect(settled).toMatchObject({
      tags: ['main-1234567', '1.2'],
      skippedTags: [{ tag: 'latest', by: commit.slice(0, 12), reason: 'newer-release' }],
    });
    expect(await tag('web', 'latest')).toBe(digests.web);
  });
});

describe('when an image is incomplete', () => {
  test('reports all problems of all images and moves no tag', async () => {
    const { images, built, earlier, tag, tags } = await release(fixture, { broken: 'web' });
    images[0]!.platforms = ['linux/s390x'];
    const problems = await problemsOf(run(fixture, { images, built }));
    expect(problems.map(({ image, code }) => `${image} ${code}`).sort()).toEqual([
      'api registry/platform-missing',
      'web registry/attestation-missing',
    ]);
    for (const key of ['api', 'web']) {
      expect(await tags(key)).toEqual(['latest']);
      expect(await tag(key, 'latest')).toBe(earlier[key]);
    }
  });

  test('reports an image that was not pushed and one that was not built as incomplete', async () => {
    const { images, built } = await release(fixture);
    built[0] = { ...built[0]!, digest: undefined, pushed: 'no' };
    const problems = await problemsOf(run(fixture, { images, built: built.slice(0, 1) }));
    expect(problems.map(({ image, code }) => [image, code])).toEqual([
      ['api', 'registry/incomplete'],
      ['web', 'registry/incomplete'],
    ]);
  });
});

test('reports the digest of the bytes that the registry serves under a tag', async () => {
  const { path, images, built } = await release(fixture);
  const [published] = await run(fixture, { images, built });
  const answer = await fetch(`http://${fixture.registry.host}/v2/${path}/api/manifests/1.2`, {
    headers: {
      authorization: fixture.registry.authorization ?? '',
      accept: 'application/vnd.oci.image.index.v1+json',
    },
  });
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(published?.digest);
});

describe('the check before a build', () => {
  const images = () => ['api', 'web'].map((key) => ({ key, image: `${fixture.front.host}/check/${key}` }));

  test('reports no problem if all images can be pushed, and deletes the uploads that it started', async () => {
    fixture.front.seen.length = 0;
    expect(await checkRegistry(fixture.client(login(LOGIN)), images())).toEqual([]);
    expect(fixture.front.seen.map(({ method }) => method).sort()).toEqual(['DELETE', 'DELETE', 'GET', 'POST', 'POST']);
  });

  test('sends a single POST for an image that the client has read before', async () => {
    const { images: published, built } = await release(fixture, { keys: ['api'] });
    await run(fixture, { images: published, built });
    const client = fixture.client(login(LOGIN));
    const [{ image } = { image: '' }] = published;
    const { platforms } = parseImageDocument((await client.getManifest(image, 'latest'))!.bytes) as IndexDocument;
    await client.getManifest(image, platforms[0]!.digest);
    fixture.front.seen.length = 0;
    expect(await checkRegistry(client, published)).toEqual([]);
    expect(fixture.front.seen.map(({ method }) => method)).toEqual(['POST']);
  });

  test('reports a wrong password once, not once per image', async () => {
    const client = fixture.client(login({ username: 'bot', password: 'wrong' }));
    const problems = await checkRegistry(client, images());
    expect(problems).toMatchObject([{ code: 'registry/unauthorized' }]);
    expect(problems[0]?.image).toBeUndefined();
  });

  test('reports denied images and an unreachable registry together', async () => {
    fixture.front.onRequest(({ method }) => (method === 'POST' ? { status: 403, body: 'no' } : undefined));
    const problems = await checkRegistry(fixture.client(login(LOGIN)), [
      ...images(),
      { key: 'down', image: '127.0.0.1:1/acme/down' },
    ]);
    expect(problems.map(({ image, code }) => [image, code])).toEqual([
      ['api', 'registry/denied'],
      ['web', 'registry/denied'],
      ['down', 'registry/unreachable'],
    ]);
  });
});
