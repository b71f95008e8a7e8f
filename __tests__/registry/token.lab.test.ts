import { Secret } from '../../src/lib/secret.js';
import type { Credentials } from '../../src/registry/credentials.js';
import { basic, openRegistryFixture, login, type RegistryFixture } from './fixtures/registry.js';
import { pushImage } from './fixtures/images.js';
import { challenge, grant, LOGIN, startTokenServer, type TokenServer } from './fixtures/token-server.js';

let fixture: RegistryFixture;
let image: string;
let tokens: TokenServer;

beforeAll(async () => {
  fixture = await openRegistryFixture();
  tokens = await startTokenServer();
  image = `${fixture.front.host}/acme/api`;
  await pushImage(fixture.registry, 'acme/api', { seed: 'tokens' }, 'v1');
});
beforeEach(() => {
  fixture.front.onRequest(tokens.guard);
  fixture.front.seen.length = 0;
  tokens.reset();
});
afterAll(async () => {
  tokens.stop();
  await fixture.stop();
});

test('requests one token per scope, and sends the login only to the token server', async () => {
  const client = fixture.client(login(LOGIN));
  await Promise.all(['v1', 'v1', 'v1', 'v1'].map((tag) => client.headManifest(image, tag)));
  await client.headManifest(image, 'v1');
  await client.checkPush(image);
  await client.headManifest(`${fixture.front.host}/acme/web`, 'v1');
  expect(tokens.asked.map(({ scope }) => scope)).toEqual([
    'repository:acme/api:pull',
    'repository:acme/api:pull,push',
    'repository:acme/web:pull',
  ]);
  expect(tokens.asked[0]).toMatchObject({ service: 'registry.example.org', authorization: basic(LOGIN) });
  expect(fixture.front.seen.filter(({ authorization }) => authorization?.startsWith('Basic'))).toEqual([]);
});

test('requests an anonymous token if there is no login', async () => {
  expect(await fixture.client().headManifest(image, 'v1')).toBeDefined();
  expect(tokens.asked).toMatchObject([{ authorization: undefined }]);
});

test('exchanges an identity token by OAuth2 in the body of a POST request', async () => {
  const credentials: Credentials = { identityToken: new Secret('identity-marker') };
  tokens.answer = (scope) => ({ status: 200, body: JSON.stringify({ access_token: `token-for:${scope}` }) });
  expect(await fixture.client(credentials).headManifest(image, 'v1')).toBeDefined();
  const form = Object.fromEntries(new URLSearchParams(tokens.asked[0]?.form));
  expect(tokens.asked[0]?.method).toBe('POST');
  expect(form).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'identity-marker' });
});

test('requests one new token if the registry rejects a token that has not expired', async () => {
  const client = fixture.client(login(LOGIN));
  await client.headManifest(image, 'v1');
  let revoked = true;
  fixture.front.onRequest((request) => {
    if (revoked && request.path.includes('manifests')) {
      revoked = false;
      return challenge(tokens.realm);
    }
    return tokens.guard(request);
  });
  expect(await client.headManifest(image, 'v1')).toBeDefined();
  expect(tokens.asked).toHaveLength(2);
});

test('requests a new token if the old one has expired', async () => {
  tokens.answer = (scope) => ({
    status: 200,
    body: JSON.stringify({ token: `token-for:${scope}`, expires_in: 1 }),
  });
  const client = fixture.client(login(LOGIN));
  await client.headManifest(image, 'v1');
  await client.headManifest(image, 'v1');
  expect(tokens.asked).toHaveLength(2);
});

test('retries if the token server fails temporarily', async () => {
  let failures = 2;
  tokens.answer = (scope) => (failures-- > 0 ? { status: 503, body: '' } : grant(scope));
  expect(await fixture.client(login(LOGIN)).headManifest(image, 'v1')).toBeDefined();
});
