import { jest } from '@jest/globals';
import { AT, commitOn, graphqlRefusal, moveRefs, refusal, setStage } from './fake-github/fixtures.js';
import type { Stage } from './fake-github/fixtures.js';

// Real git processes on a machine that may be busy.
jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

const head = () => stage.git(['rev-parse', 'main'], 'app.git');
const readMain = () => stage.octokit.rest.git.getRef({ ...AT, ref: 'heads/main' });

test('stale: a real commit lands just before, once', async () => {
  stage.github.faults.push({
    match: { operation: 'updateRefs' },
    fault: { type: 'stale', land: { files: { 'bin/run': 'changed\n', 'README.md': null } } },
  });
  const after = await commitOn(stage.octokit, stage.first, 'a', 'a');
  const move = (beforeOid: string, afterOid: string) =>
    moveRefs(stage.octokit, [{ name: 'refs/heads/main', beforeOid, afterOid }]);
  expect((await graphqlRefusal(move(stage.first, after))).type).toBe('STALE_REF');
  expect(await stage.git(['diff', '--raw', '--abbrev=4', stage.first, 'main'], 'app.git')).toMatch(
    /^:100644 000000 \w+ 0000 D\tREADME.md\n:100755 100755 \w+ \w+ M\tbin\/run$/,
  );
  const now = await head();
  await move(now, await commitOn(stage.octokit, now, 'a', 'a'));
  expect(await stage.git(['rev-list', '--count', 'main'], 'app.git')).toBe('3');
});

test.each([
  ['an answer of 502', { type: '5xx-after-landing' } as const, 502],
  ['a cut connection', { type: '5xx-after-landing', end: 'cut' } as const, 500],
])('5xx after landing: the write stands, and all that is heard is %s', async (_, fault, status) => {
  stage.github.faults.push({ match: { method: 'PATCH', path: '/git/refs/' }, fault });
  const sha = await commitOn(stage.octokit, stage.first, 'a', 'a');
  const update = stage.octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha });
  expect((await refusal(update)).status).toBe(status);
  expect(await head()).toBe(sha);
});

test.each([
  ['5xx', { type: '5xx-before', status: 503 } as const, 503],
  ['cut', { type: 'cut' } as const, 500],
])('%s before: nothing is done', async (_, fault, status) => {
  stage.github.faults.push({ match: { method: 'PATCH' }, fault });
  const sha = await commitOn(stage.octokit, stage.first, 'a', 'a');
  const update = () => stage.octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha });
  expect((await refusal(update())).status).toBe(status);
  expect(await head()).toBe(stage.first);
  await update();
  expect(await head()).toBe(sha);
});

test.each([403, 429] as const)('a secondary limit answers %i with retry-after', async (status) => {
  stage.github.faults.push({
    match: { path: '/git/ref/heads/main$' },
    fault: { type: 'rate-limited', status, retryAfter: 7 },
  });
  const error = await readMain().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status, response: { headers: { 'retry-after': '7' } } });
  expect(String(error)).toMatch(/secondary rate limit/);
  await readMain();
});

test('a primary limit shows nothing remaining', async () => {
  stage.github.faults.push({ match: {}, fault: { type: 'rate-limited', status: 403, limit: 'primary' } });
  const error = await readMain().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } });
});

test('stale read: a ref shows what stood there before the last update', async () => {
  const sha = await commitOn(stage.octokit, stage.first, 'a', 'a');
  await stage.octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha });
  stage.github.faults.push({ match: { path: '/git/ref/' }, times: 2, fault: { type: 'stale-read' } });
  const seen = [await readMain(), await readMain(), await readMain()];
  expect(seen.map(({ data }) => data.object.sha)).toEqual([stage.first, stage.first, sha]);
});

test('stale read: a ref that has just been created is not there yet', async () => {
  const { git } = stage.octokit.rest;
  await git.createRef({ ...AT, ref: 'refs/image-release/main', sha: stage.first });
  stage.github.faults.push({ match: { path: '/git/ref/' }, fault: { type: 'stale-read' } });
  const read = () => git.getRef({ ...AT, ref: 'image-release/main' });
  expect((await refusal(read())).status).toBe(404);
  expect((await read()).data.object.sha).toBe(stage.first);
});

test('slow: the answer comes all the same', async () => {
  stage.github.faults.push({ match: {}, fault: { type: 'slow', ms: 20 } });
  expect((await readMain()).status).toBe(200);
  expect(stage.github.requests.at(-1)).toMatchObject({ faults: ['slow'], status: 200 });
});

test('a fault waits for its turn and is pending until it has hit', async () => {
  stage.github.faults.push({ match: { method: 'GET' }, skip: 1, fault: { type: '5xx-before' } });
  await readMain();
  expect(stage.github.faults.pending()).toHaveLength(1);
  expect((await refusal(readMain())).status).toBe(502);
  expect(stage.github.faults.pending()).toEqual([]);
});

test('faults and records are reached over HTTP too, and records name no token', async () => {
  const lab = `${stage.github.url}/_lab`;
  const pushed = await fetch(`${lab}/faults`, {
    method: 'POST',
    body: JSON.stringify({ match: { path: '/git/ref/heads/main$' }, fault: { type: '5xx-before' } }),
  });
  expect(pushed.status).toBe(201);
  expect((await refusal(readMain())).status).toBe(502);
  const text = await (await fetch(`${lab}/requests`)).text();
  expect(text).not.toContain('writers-token');
  expect(JSON.parse(text)).toEqual([
    {
      method: 'GET',
      path: '/repos/acme/app/git/ref/heads/main',
      operations: [],
      token: expect.stringMatching(/^[0-9a-f]{12}$/),
      faults: ['5xx-before'],
      status: 502,
      begun: expect.any(Number),
      ended: expect.any(Number),
    },
  ]);
  await fetch(`${lab}/requests`, { method: 'DELETE' });
  expect(stage.github.requests).toEqual([]);
});
