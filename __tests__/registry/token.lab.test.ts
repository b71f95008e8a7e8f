import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../src/lib/secret.js';
import type { Credentials } from '../../src/registry/credentials.js';
import { parseChallenge } from '../../src/registry/challenge.js';
import type { Fault, SeenRequest } from './front.js';
import { basic, createSite, login, problemsOf, type Site } from './site.js';
import { pushImage } from './test-images.js';

const LOGIN = { username: 'bot', password: 'pat-marker' };

interface TokenServer {
  realm: string;
  /** Scopes asked for, with how. */
  asked: {
    method: string;
    scope: string | null;
    service: string | null;
    authorization?: string;
    form: string;
  }[];
  answer: (scope: string) => { status: number; body: string };
  server: Server;
}

let site: Site;
let image: string;
let tokens: TokenServer;

/** A token server whose tokens are `token-for:<scope>`. */
async function startTokenServer(): Promise<TokenServer> {
  const state = { asked: [] as TokenServer['asked'], answer: grant };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://token');
    let form = '';
    request.on('data', (chunk: Buffer) => (form += chunk.toString()));
    request.on('end', () => {
      const scope = url.searchParams.get('scope') ?? new URLSearchParams(form).get('scope');
      const { authorization } = request.headers;
      const service = url.searchParams.get('service');
      state.asked.push({ method: request.method ?? '', scope, service, authorization, form });
      const { status, body } = state.answer(scope ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return Object.assign(state, { realm, server });
}

function grant(scope: string) {
  return { status: 200, body: JSON.stringify({ token: `token-for:${scope}`, expires_in: 300 }) };
}

const challenge = (realm: string): Fault => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="${realm}",service="registry.example.org"` },
  body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
});

/** The registry as one that takes tokens only: reading needs a pull scope, writing a push scope. */
function guard({ method, authorization }: SeenRequest): Fault | undefined {
  const scope = authorization?.replace('Bearer token-for:', '') ?? '';
  const needs = ['GET', 'HEAD'].includes(method) ? 'pull' : 'push';
  return scope.includes(needs) ? undefined : challenge(tokens.realm);
}

beforeAll(async () => {
  site = await createSite();
  tokens = await startTokenServer();
  image = `${site.front.host}/acme/api`;
  await pushImage(site.registry, 'acme/api', { seed: 'tokens' }, 'v1');
});
beforeEach(() => {
  site.front.onRequest(guard);
  site.front.seen.length = 0;
  tokens.asked.length = 0;
  tokens.answer = grant;
});
afterAll(async () => {
  tokens.server.closeAllConnections();
  tokens.server.close();
  await site.stop();
});

test('a token is asked for once per scope, with the login, and only at the token server', async () => {
  const client = site.client(login(LOGIN));
  await Promise.all(['v1', 'v1', 'v1', 'v1'].map((tag) => client.headManifest(image, tag)));
  await client.headManifest(image, 'v1');
  await client.checkPush(image);
  await client.headManifest(`${site.front.host}/acme/web`, 'v1');
  expect(tokens.asked.map(({ scope }) => scope)).toEqual([
    'repository:acme/api:pull',
    'repository:acme/api:pull,push',
    'repository:acme/web:pull',
  ]);
  expect(tokens.asked[0]).toMatchObject({ service: 'registry.example.org', authorization: basic(LOGIN) });
  expect(site.front.seen.filter(({ authorization }) => authorization?.startsWith('Basic'))).toEqual([]);
});

test('without a login an anonymous token is asked for', async () => {
  expect(await site.client().headManifest(image, 'v1')).toBeDefined();
  expect(tokens.asked).toMatchObject([{ authorization: undefined }]);
});

test('an identity token is exchanged by OAuth2, in the body and not in the URL', async () => {
  const credentials: Credentials = { identityToken: new Secret('identity-marker') };
  tokens.answer = (scope) => ({ status: 200, body: JSON.stringify({ access_token: `token-for:${scope}` }) });
  expect(await site.client(credentials).headManifest(image, 'v1')).toBeDefined();
  const form = Object.fromEntries(new URLSearchParams(tokens.asked[0]?.form));
  expect(tokens.asked[0]?.method).toBe('POST');
  expect(form).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'identity-marker' });
});

test('a token that is refused before its time is replaced once', async () => {
  const client = site.client(login(LOGIN));
  await client.headManifest(image, 'v1');
  let revoked = true;
  site.front.onRequest((request) => {
    if (revoked && request.path.includes('manifests')) {
      revoked = false;
      return challenge(tokens.realm);
    }
    return guard(request);
  });
  expect(await client.headManifest(image, 'v1')).toBeDefined();
  expect(tokens.asked).toHaveLength(2);
});

test('a token that has expired is not used again', async () => {
  tokens.answer = (scope) => ({
    status: 200,
    body: JSON.stringify({ token: `token-for:${scope}`, expires_in: 1 }),
  });
  const client = site.client(login(LOGIN));
  await client.headManifest(image, 'v1');
  await client.headManifest(image, 'v1');
  expect(tokens.asked).toHaveLength(2);
});

test('a registry that never is content gets no endless questions', async () => {
  site.front.onRequest(() => challenge(tokens.realm));
  const [problem] = await problemsOf(site.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/unauthorized' });
  expect(tokens.asked.length).toBeLessThanOrEqual(2);
});

test.each([
  ['a wrong password', 401, { errors: [{ code: 'UNAUTHORIZED', message: 'bad credentials' }] }],
  ["a wrong password in ghcr.io's words", 403, { errors: [{ code: 'DENIED', message: 'denied' }] }],
])('%s at the token server names the user and not the password', async (_, status, body) => {
  tokens.answer = () => ({ status, body: JSON.stringify(body) });
  const [problem] = await problemsOf(site.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/unauthorized' });
  expect(problem?.message).toContain('does not accept the login of bot');
  expect(JSON.stringify(problem)).not.toContain('marker');
});

test.each([
  ['permission_denied: write_package', 'Manage Actions access'],
  ['installation not allowed to Write organization package', 'packages: write'],
  ['installation not allowed to Create organization package', 'create packages'],
])('ghcr.io\'s "%s" comes with its fix', async (message, fix) => {
  site.front.onRequest((request) =>
    request.method === 'POST'
      ? { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }) }
      : guard(request),
  );
  const [problem] = await problemsOf(site.client(login(LOGIN)).checkPush(image));
  expect(problem).toMatchObject({ code: 'registry/denied' });
  expect(problem?.message).toContain(`does not let bot push to ${image}: denied: ${message}`);
  expect(problem?.fix).toContain(fix);
});

test.each([
  ['no token', JSON.stringify({ hello: 'world' })],
  ['no JSON', '<html></html>'],
  ['null', 'null'],
])('a token server that sends %s is garbage', async (_, body) => {
  tokens.answer = () => ({ status: 200, body });
  const [problem] = await problemsOf(site.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/garbage' });
});

test.each(['http://tokens.example.org/token', 'not a url'])(
  'the login is not sent to a token server at %s',
  async (realm) => {
    site.front.onRequest(() => challenge(realm));
    const [problem] = await problemsOf(site.client(login(LOGIN)).headManifest(image, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/garbage' });
  },
);

test('a token server that fails for a moment is asked again', async () => {
  let failures = 2;
  tokens.answer = (scope) => (failures-- > 0 ? { status: 503, body: '' } : grant(scope));
  expect(await site.client(login(LOGIN)).headManifest(image, 'v1')).toBeDefined();
});

test.each([
  [undefined, undefined],
  ['Negotiate', undefined],
  ['Basic realm="x"', { scheme: 'basic' }],
  ['basic', { scheme: 'basic' }],
  ['Bearer service="x"', undefined],
  [
    'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a/b:pull"',
    { scheme: 'bearer', realm: 'https://ghcr.io/token', service: 'ghcr.io' },
  ],
  [
    'bearer service=quay.io, realm="https://quay.io/v2/auth", error="invalid_token"',
    { scheme: 'bearer', realm: 'https://quay.io/v2/auth', service: 'quay.io', error: 'invalid_token' },
  ],
])('the challenge %s is understood', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});
