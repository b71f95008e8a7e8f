import { type HttpClient, HttpFailure, type HttpRequest, type HttpResponse } from '../../src/lib/http.js';
import { isLoopback, isPrivate } from '../../src/lib/loopback.js';
import { splitImageName } from '../../src/plan/references.js';
import { createAuthorization } from '../../src/registry/authorization.js';
import { apiHost, follow, ping } from '../../src/registry/connection.js';
import { type Front, startFront } from './fixtures/front.js';
import { openClientFixture, type ClientFixture, login, problemsOf } from './fixtures/clients.js';
import { challenge, LOGIN, startTokenServer, type TokenServer } from './fixtures/token-server.js';

let fixture: ClientFixture;
let elsewhere: Front;
let tokens: TokenServer;
let foreign: TokenServer;
beforeAll(async () => {
  fixture = await openClientFixture();
  elsewhere = await startFront('127.0.0.1:9');
  [tokens, foreign] = [await startTokenServer(), await startTokenServer()];
});
afterAll(async () => {
  await elsewhere.stop();
  for (const server of [tokens, foreign]) server.stop();
  await fixture.stop();
});

test("doesn't send the login of a registry to a token server that a redirect target names", async () => {
  fixture.front.onRequest((request) =>
    request.path === '/v2/'
      ? tokens.guard(request)
      : { status: 307, headers: { location: `http://${elsewhere.host}/blob` } },
  );
  elsewhere.onRequest(() => challenge(foreign.realm));
  const client = fixture.client(login(LOGIN));
  const [problem] = await problemsOf(client.headManifest(`${fixture.front.host}/acme/api`, 'v1'));
  expect(problem?.code).toBe('registry/unauthorized');
  expect(elsewhere.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  expect(foreign.asked).toEqual([]);
});

/** Gives each request the same answer, and records its host. */
function recorder(response: Partial<HttpResponse>): { http: HttpClient; asked: string[] } {
  const asked: string[] = [];
  const exchange = async ({ url }: HttpRequest) => {
    asked.push(url.host);
    return { status: 200, headers: {}, body: Buffer.from('{"token":"t"}'), ...response };
  };
  return { http: { exchange, close: () => {} }, asked };
}

test.each(['http://127.0.0.1:2375/', 'https://169.254.169.254/latest', 'https://10.0.0.1/x'])(
  'rejects a redirect from a public registry to %s',
  async (location) => {
    const { http, asked } = recorder({ status: 307, headers: { location } });
    const request = { method: 'GET', url: new URL('https://ghcr.io/v2/'), maxBytes: 1 } as const;
    await expect(follow(http, request)).rejects.toThrow(/in this network or on this machine/);
    expect(asked).toEqual(['ghcr.io']);
  },
);

test('rejects a token server on this machine or in its network if a public registry names it', async () => {
  const { http, asked } = recorder({});
  for (const realm of ['http://localhost:8080/token', 'https://192.168.0.1/token']) {
    const registry = {
      origin: new URL('https://ghcr.io'),
      challenge: { scheme: 'bearer', realm } as const,
      credentials: login(LOGIN),
    };
    const authorization = createAuthorization(registry, { host: 'ghcr.io', http, sleep: async () => {} });
    const problems = await problemsOf(
      authorization.header({ host: 'ghcr.io', repository: 'acme/api', access: 'pull' }),
    );
    expect(problems).toMatchObject([{ code: 'registry/garbage' }]);
  }
  expect(asked).toEqual([]);
});

/** The origin that is chosen for a server that answers plain http and fails with this code on TLS. */
async function originOf(host: string, tls: string): Promise<string> {
  const http: HttpClient = {
    async exchange({ url }) {
      if (url.protocol === 'https:') throw new HttpFailure(tls, 'no TLS');
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    },
    close() {},
  };
  const sleep = async () => {};
  const { origin } = await ping({ host, http, sleep, credentials: async () => undefined }, undefined);
  return origin.origin;
}

test.each([
  ['127.0.0.1:5000', 'ECONNRESET'],
  ['10.1.2.3:5000', 'EPROTO'],
  ['registry.builds.svc:5000', 'EPROTO'],
  ['registry.local', 'ERR_SSL_WRONG_VERSION_NUMBER'],
])('uses plain http for the local or private host %s if TLS fails', async (host, tls) => {
  expect(await originOf(host, tls)).toBe(`http://${host}`);
});

test.each([
  ['10.1.2.3:5000', 'ECONNRESET'],
  ['ghcr.io', 'EPROTO'],
  ['registry.example.org:5000', 'EPROTO'],
])("doesn't use plain http for %s if TLS fails with %s", async (host, tls) => {
  await expect(originOf(host, tls)).rejects.toMatchObject({ code: tls });
});

test('distinguishes private from public addresses and names', () => {
  const yes = ['10.0.0.1', '172.16.0.1:80', '172.31.9.9', '192.168.1.1:5000', 'a.local', 'r.ns.svc.cluster.local'];
  const no = ['172.15.0.1', '172.32.0.1', '11.0.0.1', '10.example.org', 'local', 'svc.example.org', '192.168.1.1.io'];
  expect(yes.filter(isPrivate)).toEqual(yes);
  expect(no.filter(isPrivate)).toEqual([]);
});

test.each([
  ['ghcr.io/acme/api', 'ghcr.io', 'acme/api', 'ghcr.io'],
  ['localhost/api', 'localhost', 'api', 'localhost'],
  ['127.0.0.1:5001/a/b/c', '127.0.0.1:5001', 'a/b/c', '127.0.0.1:5001'],
  ['acme/api', 'docker.io', 'acme/api', 'registry-1.docker.io'],
  ['nginx', 'docker.io', 'library/nginx', 'registry-1.docker.io'],
  ['docker.io/nginx', 'docker.io', 'library/nginx', 'registry-1.docker.io'],
  ['index.docker.io/acme/api', 'docker.io', 'acme/api', 'registry-1.docker.io'],
])('image %s has the registry %s and the repository %s', (image, host, repository, api) => {
  expect(splitImageName(image)).toEqual({ host, repository });
  expect(apiHost(host)).toBe(api);
});

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5001', true],
  ['127.8.8.8', true],
  ['[::1]:5000', true],
  ['127.evil.org', false],
  ['localhost.evil.org', false],
  ['10.0.0.1:5000', false],
  ['registry:5000', false],
])('is %s a loopback host, which may use plain http? %s', (host, allowed) => {
  expect(isLoopback(host)).toBe(allowed);
});
