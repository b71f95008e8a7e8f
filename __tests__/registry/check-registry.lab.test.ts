import { checkRegistry } from '../../src/registry/publish.js';
import { LOGIN } from './release.js';
import { createSite, login, type Site } from './site.js';

let site: Site;

beforeAll(async () => {
  site = await createSite(LOGIN);
});
beforeEach(() => site.front.onRequest(() => undefined));
afterAll(() => site.stop());

const images = () => ['api', 'web'].map((key) => ({ key, image: `${site.front.host}/check/${key}` }));

test('a registry that lets every image be pushed is no problem, and keeps no upload', async () => {
  site.front.seen.length = 0;
  expect(await checkRegistry(site.client(login(LOGIN)), images())).toEqual([]);
  expect(site.front.seen.map(({ method }) => method).sort()).toEqual([
    'DELETE',
    'DELETE',
    'GET',
    'POST',
    'POST',
  ]);
});

test('a wrong password is told once, not once per image', async () => {
  const client = site.client(login({ username: 'bot', password: 'wrong' }));
  const problems = await checkRegistry(client, images());
  expect(problems).toMatchObject([{ code: 'registry/unauthorized' }]);
  expect(problems[0]?.image).toBeUndefined();
});

test('several registries and several refusals are told together', async () => {
  site.front.onRequest(({ method }) => (method === 'POST' ? { status: 403, body: 'no' } : undefined));
  const problems = await checkRegistry(site.client(login(LOGIN)), [
    ...images(),
    { key: 'down', image: '127.0.0.1:1/acme/down' },
  ]);
  expect(problems.map(({ image, code }) => [image, code])).toEqual([
    ['api', 'registry/denied'],
    ['web', 'registry/denied'],
    ['down', 'registry/unreachable'],
  ]);
});
