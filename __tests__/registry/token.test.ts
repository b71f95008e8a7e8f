import { parseChallenge } from '../../src/registry/authorization.js';
import { openClientFixture, login, problemsOf, type ClientFixture } from './fixtures/clients.js';
import { challenge, LOGIN, startTokenServer, type TokenServer } from './fixtures/token-server.js';

let fixture: ClientFixture;
let image: string;
let tokens: TokenServer;

beforeAll(async () => {
  fixture = await openClientFixture();
  tokens = await startTokenServer();
  image = `${fixture.front.host}/acme/api`;
});
beforeEach(() => {
  fixture.front.onRequest(tokens.guard);
  tokens.reset();
});
afterAll(async () => {
  tokens.stop();
  await fixture.stop();
});

test('fails after at most two token requests if the registry rejects every token', async () => {
  fixture.front.onRequest(() => challenge(tokens.realm));
  const [problem] = await problemsOf(fixture.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/unauthorized' });
  expect(tokens.asked.length).toBeLessThanOrEqual(2);
});

test.each([
  ['401 for a wrong password', 401, { errors: [{ code: 'UNAUTHORIZED', message: 'bad credentials' }] }],
  ['403 for a wrong password, as ghcr.io does', 403, { errors: [{ code: 'DENIED', message: 'denied' }] }],
])('names the user but not the password if the token server returns %s', async (_, status, body) => {
  tokens.answer = () => ({ status, body: JSON.stringify(body) });
  const [problem] = await problemsOf(fixture.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/unauthorized' });
  expect(problem?.message).toContain('rejects the login of bot');
  expect(JSON.stringify(problem)).not.toContain('marker');
});

test.each([
  ['permission_denied: write_package', 'Manage Actions access'],
  ['installation not allowed to Write organization package', 'packages: write'],
  ['installation not allowed to Create organization package', 'create packages'],
])('quotes the ghcr.io error "%s" and names its fix', async (message, fix) => {
  fixture.front.onRequest((request) =>
    request.method === 'POST'
      ? { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }) }
      : tokens.guard(request),
  );
  const [problem] = await problemsOf(fixture.client(login(LOGIN)).checkPush(image));
  expect(problem).toMatchObject({ code: 'registry/denied' });
  expect(problem?.message).toContain(`does not let bot push to ${image} (403): denied: ${message}`);
  expect(problem?.fix).toContain(fix);
});

test.each([
  ['no token', JSON.stringify({ hello: 'world' })],
  ['invalid JSON', '<html></html>'],
  ['null', 'null'],
])('rejects an answer of the token server with %s', async (_, body) => {
  tokens.answer = () => ({ status: 200, body });
  const [problem] = await problemsOf(fixture.client(login(LOGIN)).headManifest(image, 'v1'));
  expect(problem).toMatchObject({ code: 'registry/garbage' });
});

test.each(['http://tokens.example.org/token', 'not a url'])(
  'rejects the token server %s without sending the login',
  async (realm) => {
    fixture.front.onRequest(() => challenge(realm));
    fixture.front.seen.length = 0;
    const [problem] = await problemsOf(fixture.client(login(LOGIN)).headManifest(image, 'v1'));
    expect(problem).toMatchObject({ code: 'registry/garbage' });
    expect(fixture.front.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  },
);

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
])('parses the challenge %s', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});

test('without a login, concurrent requests share one token and send no ping', async () => {
  fixture.front.seen.length = 0;
  const gone = { status: 404, headers: { 'content-type': 'application/json' }, body: '{"errors":[]}' };
  fixture.front.onRequest((request) => tokens.guard(request) ?? gone);
  const client = fixture.client();
  const found = await Promise.all(['a', 'b', 'c'].map((tag) => client.headManifest(image, tag)));
  expect(found).toEqual([undefined, undefined, undefined]);
  expect(tokens.asked.map(({ scope }) => scope)).toEqual(['repository:acme/api:pull']);
  expect(fixture.front.seen.filter(({ path }) => path === '/v2/')).toEqual([]);
});
