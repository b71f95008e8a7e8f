import type { HttpClient, HttpRequest, HttpResponse } from '../../src/lib/http.js';
import { createAuthorization } from '../../src/registry/authorization.js';
import { follow } from '../../src/registry/connection.js';
import { createFronted, login, problemsOf, type Fronted } from './fronted.js';
import { challenge, LOGIN, startTokenServer, type TokenServer } from './token-server.js';
import { startFront, type Front } from './front.js';

let site: Fronted;
let elsewhere: Front;
let tokens: TokenServer;
let foreign: TokenServer;
beforeAll(async () => {
  site = await createFronted();
  elsewhere = await startFront('127.0.0.1:9');
  [tokens, foreign] = [await startTokenServer(), await startTokenServer()];
});
afterAll(async () => {
  await elsewhere.stop();
  for (const server of [tokens, foreign]) server.stop();
  await site.stop();
});

test('the login of a registry does not reach the realm that a redirect target names', async () => {
  site.front.onRequest((request) =>
    request.path === '/v2/'
      ? tokens.guard(request)
      : { status: 307, headers: { location: `http://${elsewhere.host}/blob` } },
  );
  elsewhere.onRequest(() => challenge(foreign.realm));
  const client = site.client(login(LOGIN));
  const [problem] = await problemsOf(client.headManifest(`${site.front.host}/acme/api`, 'v1'));
  expect(problem?.code).toBe('registry/unauthorized');
  expect(elsewhere.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  expect(foreign.asked).toEqual([]);
});

/** Answers nothing, and keeps who was asked. */
function recorder(response: Partial<HttpResponse>): { http: HttpClient; asked: string[] } {
  const asked: string[] = [];
  const exchange = async ({ url }: HttpRequest) => {
    asked.push(url.host);
    return { status: 200, headers: {}, body: Buffer.from('{"token":"t"}'), ...response };
  };
  return { http: { exchange, close: () => {} }, asked };
}

test.each(['http://127.0.0.1:2375/', 'https://169.254.169.254/latest', 'https://10.0.0.1/x'])(
  'a public registry redirects nobody to %s',
  async (location) => {
    const { http, asked } = recorder({ status: 307, headers: { location } });
    const request = { method: 'GET', url: new URL('https://ghcr.io/v2/'), maxBytes: 1 } as const;
    await expect(follow(http, request)).rejects.toThrow(/in this network or on this machine/);
    expect(asked).toEqual(['ghcr.io']);
  },
);

test('a public registry names no realm on this machine or in its network', async () => {
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
