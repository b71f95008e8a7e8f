import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Cancelled } from '../../src/lib/errors.js';
import { startFront, times, type Fault } from './fixtures/front.js';
import { basic, openRegistryFixture, login, problemsOf, type RegistryFixture } from './fixtures/registry.js';
import { pushBlob, pushImage, sha256, tagDigest } from './fixtures/images.js';

const LOGIN = { username: 'bot', password: 'open-sesame-marker' };
const INDEX = 'application/vnd.oci.image.index.v1+json';

let fixture: RegistryFixture;
let image: string;
let digest: string;

beforeAll(async () => {
  fixture = await openRegistryFixture(LOGIN);
  image = `${fixture.front.host}/acme/api`;
  ({ digest } = await pushImage(fixture.registry, 'acme/api', { seed: 'first' }, 'v1'));
});
beforeEach(() => {
  fixture.front.onRequest(() => undefined);
  fixture.front.seen.length = 0;
  fixture.pauses.length = 0;
});
afterAll(() => fixture.stop());

describe('manifests', () => {
  test("resolves a tag to its digest, and to undefined if the tag or repository doesn't exist", async () => {
    const client = fixture.client(login(LOGIN));
    expect((await client.headManifest(image, 'v1'))?.digest).toBe(digest);
    expect(await client.headManifest(image, 'v2')).toBeUndefined();
    expect(await client.headManifest(`${fixture.front.host}/acme/unheard-of`, 'v1')).toBeUndefined();
    expect(await client.getManifest(image, 'v2')).toBeUndefined();
  });

  test('keeps the digest of a manifest that is pushed under another tag', async () => {
    const client = fixture.client(login(LOGIN));
    const manifest = await client.getManifest(image, digest);
    expect(manifest).toMatchObject({ digest, mediaType: INDEX });
    expect(await client.headManifest(image, 'v1')).toEqual({
      digest,
      mediaType: INDEX,
      size: manifest?.bytes.length,
    });
    const put = client.putManifest(image, 'again', manifest!.bytes, manifest!.mediaType);
    expect(await put).toEqual({ digest, proof: 'answered' });
    expect(await tagDigest(fixture.registry, 'acme/api', 'again')).toBe(digest);
  });

  test('computes the digest from the bytes if the registry sends no digest header', async () => {
    fixture.front.onRequest(() => ({ rewrite: { 'docker-content-digest': '' } }));
    expect((await fixture.client(login(LOGIN)).headManifest(image, 'v1'))?.digest).toBe(digest);
  });

  test('rejects a manifest that exceeds the size limit', async () => {
    const body = 'x'.repeat(5 * 1024 * 1024);
    fixture.front.onRequest(({ path }) => (path.includes('/manifests/') ? { status: 200, body } : undefined));
    const [problem] = await problemsOf(fixture.client(login(LOGIN)).getManifest(image, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/garbage' });
  });
});

describe('blobs', () => {
  test('reads blobs up to a size limit, and checks whether a blob exists', async () => {
    const blob = await pushBlob(fixture.registry, 'acme/api', 'hello');
    const client = fixture.client(login(LOGIN));
    expect((await client.getBlob(image, blob))?.toString()).toBe('hello');
    expect(await client.getBlob(image, sha256('unknown'))).toBeUndefined();
    expect(await client.hasBlob(image, blob)).toBe(true);
    expect(await client.hasBlob(image, sha256('unknown'))).toBe(false);
    expect(await problemsOf(client.getBlob(image, blob, 4))).toMatchObject([{ code: 'registry/garbage' }]);
  });

  test("rejects a blob whose bytes don't match its digest", async () => {
    const blob = await pushBlob(fixture.registry, 'acme/api', 'genuine');
    fixture.front.onRequest(({ path }) => (path.includes('/blobs/') ? { status: 200, body: 'tampered' } : undefined));
    const problems = await problemsOf(fixture.client(login(LOGIN)).getBlob(image, blob));
    expect(problems).toMatchObject([{ code: 'registry/garbage' }]);
  });

  test('follows a redirect to a storage host without the Authorization header', async () => {
    const blob = await pushBlob(fixture.registry, 'acme/api', 'elsewhere');
    const storage = await startFront(fixture.registry.host);
    storage.onRequest(() => ({ status: 200, body: 'elsewhere' }));
    const location = `http://${storage.host}/storage?signature=marker`;
    fixture.front.onRequest(({ path }) =>
      path.includes('/blobs/') ? { status: 307, headers: { location } } : undefined,
    );
    const bytes = await fixture.client(login(LOGIN)).getBlob(image, blob);
    await storage.stop();
    expect(bytes?.toString()).toBe('elsewhere');
    expect(fixture.front.seen.at(-1)?.authorization).toBe(basic(LOGIN));
    expect(storage.seen).toMatchObject([{ path: '/storage?signature=marker', authorization: undefined }]);
  });

  test('rejects circular redirects and redirects to unencrypted hosts', async () => {
    const client = fixture.client(login(LOGIN));
    fixture.front.onRequest(({ path }) =>
      path.includes('/blobs/') ? { status: 302, headers: { location: path } } : undefined,
    );
    const [circle] = await problemsOf(client.getBlob(image, digest));
    expect(circle?.message).toContain('redirects in circles');
    fixture.front.onRequest(({ path }) =>
      path.includes('/blobs/') ? { status: 302, headers: { location: 'http://example.org/x' } } : undefined,
    );
    const [plain] = await problemsOf(client.getBlob(image, digest));
    expect(plain?.message).toContain('redirects to example.org without encryption');
  });
});

describe('temporary failures', () => {
  const manifests = ({ path }: { path: string }) => path.includes('/manifests/');

  test.each<[string, Fault]>([
    ['a rate limit', { status: 429, headers: { 'retry-after': '7' } }],
    ['a server error', { status: 503 }],
    ['a cut connection', { cut: true }],
  ])('retries twice after %s', async (_, fault) => {
    fixture.front.onRequest(times(2, manifests, fault));
    expect((await fixture.client(login(LOGIN)).headManifest(image, 'v1'))?.digest).toBe(digest);
    expect(fixture.front.seen.filter(manifests)).toHaveLength(3);
  });

  test('waits as long as the retry-after header requires', async () => {
    fixture.front.onRequest(times(1, manifests, { status: 429, headers: { 'retry-after': '7' } }));
    await fixture.client(login(LOGIN)).headManifest(image, 'v1');
    expect(fixture.pauses).toEqual([7000]);
  });

  test('retries if the registry stays silent', async () => {
    fixture.front.onRequest(times(1, manifests, { silence: true }));
    const client = fixture.client(login(LOGIN), { silenceMs: 300 });
    expect((await client.headManifest(image, 'v1'))?.digest).toBe(digest);
  });

  test('repeats a push whose answer was lost', async () => {
    const client = fixture.client(login(LOGIN));
    const manifest = await client.getManifest(image, 'v1');
    fixture.front.onRequest(times(1, ({ method }) => method === 'PUT', { loseAnswer: true }));
    expect(await client.putManifest(image, 'lost', manifest!.bytes, INDEX)).toMatchObject({ digest });
    expect(fixture.front.seen.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });

  test("gives up after four tries and quotes the registry's error", async () => {
    const body = JSON.stringify({ errors: [{ code: 'UNAVAILABLE', message: 'storage is away' }] });
    fixture.front.onRequest((request) => (manifests(request) ? { status: 503, body } : undefined));
    const problems = await problemsOf(fixture.client(login(LOGIN)).getManifest(image, 'v1'));
    expect(fixture.front.seen.filter(manifests)).toHaveLength(4);
    expect(problems).toMatchObject([{ code: 'registry/unavailable' }]);
    expect(problems[0]?.message).toContain('503 in several tries: unavailable: storage is away');
  });

  test("doesn't retry if the retry-after header requires too long a pause", async () => {
    fixture.front.onRequest((request) =>
      manifests(request) ? { status: 429, headers: { 'retry-after': '3600' } } : undefined,
    );
    const problems = await problemsOf(fixture.client(login(LOGIN)).headManifest(image, 'v1'));
    expect(problems).toMatchObject([{ code: 'registry/unavailable' }]);
    expect(fixture.front.seen.filter(manifests)).toHaveLength(1);
  });
});

describe('an unusable registry', () => {
  test('names host and user, but not the password, if the password is wrong', async () => {
    const wrong = { username: 'bot', password: 'wrong-marker' };
    const [problem] = await problemsOf(fixture.client(login(wrong)).headManifest(image, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain(`${fixture.front.host} rejects the login of bot`);
    expect(problem?.fix).toContain(`docker login ${fixture.front.host}`);
    expect(inspect(problem)).not.toContain('wrong-marker');
  });

  test('removes secrets from a quoted error of the registry', async () => {
    const body = `bad header ${basic(LOGIN)} for ${LOGIN.password}`;
    fixture.front.onRequest(({ method }) => (method === 'HEAD' ? undefined : { status: 403, body }));
    const client = fixture.client(login(LOGIN));
    fixture.front.onRequest(({ path }) => (path.includes('/manifests/') ? { status: 403, body } : undefined));
    const [problem] = await problemsOf(client.getManifest(image, 'v1'));
    expect(problem?.message).toContain('bad header');
    expect(problem?.message).not.toContain(LOGIN.password);
    expect(problem?.message).not.toContain(basic(LOGIN).slice('Basic '.length));
  });

  test('reports a missing login', async () => {
    const [problem] = await problemsOf(fixture.client().headManifest(image, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain('requires a login');
  });

  test("reports a registry that refuses connections, and doesn't retry", async () => {
    const [problem] = await problemsOf(fixture.client().headManifest('127.0.0.1:1/acme/api', 'v1'));
    expect(problem).toMatchObject({ code: 'registry/unreachable' });
    expect(problem?.message).toContain('127.0.0.1:1');
    expect(fixture.pauses).toEqual([]);
  });

  test("reports a host name that doesn't resolve", async () => {
    const [problem] = await problemsOf(fixture.client().headManifest('registry.invalid/acme/api', 'v1'));
    expect(problem).toMatchObject({ code: 'registry/unreachable' });
    expect(problem?.message).toContain('registry.invalid');
  });

  test('reports a server that is not a registry', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('<html>not here</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = fixture.client();
    const [problem] = await problemsOf(client.headManifest(`localhost:${port}/acme/api`, 'v1'));
    client.close();
    server.close();
    expect(problem).toMatchObject({ code: 'registry/garbage' });
    expect(problem?.message).toContain('/v2/ answers 404');
  });

  test('sends no plain http request to a public host, directly or through a proxy', async () => {
    const client = fixture.client();
    const proxied = fixture.client(undefined, { proxy: { https: `http://${fixture.front.host}` } });
    // Linux connects 0.0.0.0 to this machine, but the name is not that of a loopback host.
    const port = fixture.front.host.split(':')[1];
    expect(await problemsOf(client.headManifest(`0.0.0.0:${port}/acme/api`, 'v1'))).toMatchObject([
      { code: 'registry/unreachable' },
    ]);
    await problemsOf(proxied.headManifest('registry.example.org/acme/api', 'v1'));
    expect(fixture.front.seen).toEqual([]);
  });
});

test('uses the proxy for https registries, except for excluded and local hosts', async () => {
  const connects: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    connects.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const https = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const client = fixture.client(undefined, { proxy: { https, except: 'internal.invalid, .example.net' } });
  // Local hosts bypass the proxy, and nothing listens on port 9.
  for (const host of ['ghcr.invalid', 'registry.internal.invalid', 'internal.invalid:5000', 'localhost:9']) {
    const [problem] = await problemsOf(client.headManifest(`${host}/acme/api`, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/unreachable' });
  }
  client.close();
  proxy.close();
  expect(connects).toEqual(['ghcr.invalid:443']);
});

test('cancellation ends a hanging request and a pause before the next try', async () => {
  const cancel = new AbortController();
  fixture.front.onRequest(({ path }) => {
    if (!path.includes('/manifests/')) return undefined;
    setImmediate(() => cancel.abort());
    return { silence: true };
  });
  const client = fixture.client(login(LOGIN), { signal: cancel.signal });
  await expect(client.headManifest(image, 'v1')).rejects.toBeInstanceOf(Cancelled);
  await expect(client.headManifest(image, 'v1')).rejects.toBeInstanceOf(Cancelled);
  fixture.front.onRequest(() => ({ status: 503 }));
  const pausing = new AbortController();
  const other = fixture.client(login(LOGIN), { signal: pausing.signal, sleep: undefined });
  setTimeout(() => pausing.abort(), 50);
  await expect(other.headManifest(image, 'v1')).rejects.toBeInstanceOf(Cancelled);
});

test('sends the login with every request except the first ping', async () => {
  const client = fixture.client(login(LOGIN));
  await Promise.all(['v1', 'v2', 'v3'].map((tag) => client.headManifest(image, tag)));
  const [greeting, ...rest] = fixture.front.seen;
  expect(greeting).toMatchObject({ path: '/v2/', authorization: undefined });
  expect(rest.map(({ authorization }) => authorization)).toEqual(rest.map(() => basic(LOGIN)));
  expect(rest).toHaveLength(3);
});
