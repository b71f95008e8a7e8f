import type { Fault } from './fixtures/front.js';
import { codesOf, openClientFixture, problemsOf, type ClientFixture } from './fixtures/clients.js';

let fixture: ClientFixture;
beforeEach(async () => (fixture = await openClientFixture()));
afterEach(() => fixture.stop());

const page = (body: object, next?: string): Fault => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...(next && { link: `<${next}>; rel="next"` }) },
  body: JSON.stringify(body),
});

/** The tags in these answers, and the paths of the requests. */
async function list(...answers: Fault[]) {
  fixture.front.onRequest(({ path }) => (path === '/v2/' ? { status: 200 } : answers.shift()));
  const tags = await fixture.client().listTags(`${fixture.front.host}/acme/api`);
  return { tags, paths: fixture.front.seen.map(({ path }) => path).filter((path) => path !== '/v2/') };
}

test('reads all pages of tags', async () => {
  const next = '/v2/acme/api/tags/list?last=b&n=2';
  expect(await list(page({ tags: ['a', 'b'] }, next), page({ tags: ['c'] }))).toEqual({
    tags: ['a', 'b', 'c'],
    paths: ['/v2/acme/api/tags/list?n=1000', next],
  });
});

test("returns no tags if the repository is empty or doesn't exist", async () => {
  expect(await list(page({ name: 'acme/api', tags: null }))).toMatchObject({ tags: [] });
  const headers = { 'content-type': 'application/json' };
  expect(await list({ status: 404, headers, body: '{}' })).toMatchObject({ tags: [] });
});

test('fails if the next page is missing or a tag is malformed', async () => {
  const broken = { status: 404, headers: { 'content-type': 'application/json' }, body: '{}' };
  expect(codesOf(await problemsOf(list(page({ tags: ['a'] }, '/v2/acme/api/tags/list?last=a'), broken)))).toEqual([
    'registry/denied',
  ]);
  expect(codesOf(await problemsOf(list(page({ tags: [1] }))))).toEqual(['registry/garbage']);
});
