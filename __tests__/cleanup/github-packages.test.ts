import { GHCR, openGithub, packageOf, tagsIn, type TokenName } from './github.js';
import type { FakePackage } from '../../testing/fake-github/rest-packages.js';
import type { VersionStore, ListedVersion, Version } from '../../src/cleanup/version.js';
import { codesOf, problemsOf } from '../registry/fixtures/clients.js';

let close = async () => {};
afterEach(() => close());

async function open(published: FakePackage, token: TokenName = 'ghs_deletes') {
  const made = await openGithub(published);
  close = () => made.github.stop();
  return { ...made, published, store: await made.storeOf(token) };
}

const versionOf = (listed: ListedVersion): Version => ({ ...listed, image: GHCR, parts: [], found: 'listed' });
const remove = async (store: VersionStore, listed: ListedVersion) => store.delete(versionOf(listed));

test.each(['Organization', 'User'] as const)('lists all pages of versions if the owner is of type %s', async (of) => {
  const { store, published, github } = await open(packageOf(230, { of }));
  const versions = await store.list(GHCR, tagsIn(published));
  expect(versions).toHaveLength(230);
  expect(versions[0]).toMatchObject({ digest: published.versions[0]!.name, tags: ['main-0000230'] });
  expect(versions[0]!.at).toBe(Date.parse('2026-02-01T00:00:00Z'));
  expect(github.requests.map(({ path }) => path).filter((path) => path.includes('page=3'))).toHaveLength(1);
});

test("fails if GitHub's list lacks a known tag", async () => {
  const { store, published } = await open(packageOf(3));
  const problems = await problemsOf(store.list(GHCR, [...tagsIn(published), 'main-9999999']));
  expect(codesOf(problems)).toEqual(['cleanup/unreadable']);
});

test('pauses before each deletion, waits for rate limits, and reports a missing version as deleted', async () => {
  const { store, published, github, pauses } = await open(packageOf(4));
  const [first, second] = await store.list(GHCR, tagsIn(published));
  github.faults.push({ match: { method: 'DELETE' }, fault: { type: 'rate-limited', status: 403, retryAfter: 60 } });
  expect(await remove(store, first!)).toEqual({ status: 'deleted' });
  expect(pauses).toEqual([1000, 60_000]);
  github.faults.push({ match: { method: 'DELETE' }, fault: { type: '5xx-after-landing' } });
  expect(await remove(store, second!)).toEqual({ status: 'deleted' });
  expect(await remove(store, second!)).toEqual({ status: 'deleted' });
  expect(published.versions.map(({ id }) => id)).toEqual([2, 1]);
});

test('leaves the last tagged version of a public package and a version with over 5000 downloads', async () => {
  const { store, published } = await open(packageOf(3));
  published.versions[0]!.downloads = 5001;
  const [popular, , last] = await store.list(GHCR, tagsIn(published));
  expect(await remove(store, popular!)).toMatchObject({ status: 'left', reason: expect.stringContaining('5000') });
  published.versions.shift();
  expect(await remove(store, last!)).toMatchObject({ status: 'left', reason: expect.stringContaining('last tagged') });
});

test.each<[TokenName, RegExp]>([
  ['ghs_none', /HTTP 403: Resource not accessible by integration/],
  ['ghp_none', /read:packages/],
])('fails with the reason if the token %s lacks permission to list versions', async (token, words) => {
  const { store, published } = await open(packageOf(1), token);
  const [problem] = await problemsOf(store.list(GHCR, tagsIn(published)));
  expect(problem).toMatchObject({ code: 'cleanup/refused', message: expect.stringMatching(words) });
});

test('fails at the first deletion if the token is read-only, although GitHub answers 404', async () => {
  const { store, published } = await open(packageOf(2), 'ghs_reads');
  const [first] = await store.list(GHCR, tagsIn(published));
  expect(codesOf(await problemsOf(remove(store, first!)))).toEqual(['cleanup/refused']);
});

test('reports GitHub as unavailable, instead of the token as refused, if requests keep failing', async () => {
  const { store, published, github } = await open(packageOf(1));
  github.faults.push({ match: { path: 'versions' }, times: 4, fault: { type: '5xx-before' } });
  expect(codesOf(await problemsOf(store.list(GHCR, tagsIn(published))))).toEqual(['registry/unavailable']);
});
