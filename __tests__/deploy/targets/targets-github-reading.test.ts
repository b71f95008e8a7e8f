import { jest } from '@jest/globals';
import { getOctokit } from '@actions/github';
import { createGitHubTarget } from '../../../src/deploy/targets/github/github.js';
import { createGitHubAncestry } from '../../../src/deploy/targets/github/history.js';
import { OWN, PATH, readAndSwap, refsOf, requestsOf } from './github-calls.js';
import { problemsOf } from '../requests.js';
import { BASE, createStage, KUSTOMIZATION, READ_TOKEN, type Stage } from '../stage.js';

jest.setTimeout(60_000);

let stage: Stage;
beforeEach(async () => {
  stage = await createStage('the GitHub API');
});
afterEach(async () => {
  expect(stage.github.faults.pending()).toEqual([]);
  await stage.close();
});

const served = () => stage.github.repository('acme/app');
const GRAPHQL = { method: 'POST', path: '/graphql' };
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('utf8');

describe('files of a snapshot', () => {
  const files = Object.fromEntries(
    Array.from({ length: 55 }, (_, n) => [`overlays/${n}/kustomization.yml`, `# ${n}\r\n${KUSTOMIZATION}`]),
  );

  test('come in few requests, byte for byte, each with its mode', async () => {
    stage.land({ ...files, 'bom.yml': '\ufeffimages: []\n', 'odd.txt': '\u0001é\u2028\n', 'empty.yml': '' });
    const snapshot = await stage.openTarget().snapshot();
    const from = stage.github.requests.length;
    const paths = [...Object.keys(files), 'bom.yml', 'odd.txt', 'empty.yml', 'not-there.yml', 'overlays'];
    const read = await snapshot.readAll(paths);
    expect(read.size).toBe(58);
    for (const [path, content] of Object.entries(files)) expect(text(read.get(path)?.bytes)).toBe(content);
    expect(text(read.get('bom.yml')?.bytes)).toBe('\ufeffimages: []\n');
    expect(text(read.get('odd.txt')?.bytes)).toBe('\u0001é\u2028\n');
    expect(read.get('bom.yml')?.mode).toBe('100644');
    expect(requestsOf(stage, from)).toEqual(['GET /git/trees/…?recursive=1', 'repository', 'repository']);
  });

  test('that GraphQL can not give are fetched one by one: binary, not UTF-8, cut off', async () => {
    const large = '# x\n'.repeat(200_000);
    stage.land({ 'large.yml': large, 'other.yml': 'a\n', 'zero.bin': 'a\0b' });
    const latin = { path: 'latin.yml', bytes: Buffer.from('# caf\xe9\n', 'latin1'), mode: '100644' };
    await readAndSwap(stage.openTarget(), { files: [latin] });
    const snapshot = await stage.openTarget().snapshot();
    const read = await snapshot.readAll(['large.yml', 'other.yml', 'zero.bin', 'latin.yml']);
    expect(text(read.get('large.yml')?.bytes)).toBe(large);
    expect(text(read.get('zero.bin')?.bytes)).toBe('a\0b');
    expect(text(read.get('other.yml')?.bytes)).toBe('a\n');
    expect(Buffer.from(read.get('latin.yml')?.bytes ?? []).toString('latin1')).toBe('# caf\xe9\n');
  });

  test('are read where GraphQL does not answer at all', async () => {
    stage.land({ 'other.yml': 'a\n' });
    await readAndSwap(stage.openTarget(), { files: [] });
    stage.github.faults.push({ match: GRAPHQL, times: 2, fault: { type: '5xx-before', status: 403 } });
    const target = stage.openTarget();
    expect(await target.readLedgers(['main'])).toEqual([
      { channel: 'main', oid: refsOf(stage)[OWN], text: 'with none after ()' },
    ]);
    const read = await (await target.snapshot()).readAll(['other.yml', PATH]);
    expect([...read.keys()]).toEqual(['other.yml', PATH]);
  });

  test('are found in a tree that GitHub cuts short, listed and read', async () => {
    served().treeLimit = 3;
    stage.land({ 'deep/er/still/a.yml': 'a\n', 'deep/b.yml': 'b\n', 'deep/er/c.yml': 'c\n', 'z.yml': 'z\n' });
    const snapshot = await stage.openTarget().snapshot();
    expect((await snapshot.list()).sort()).toEqual([
      'README.md',
      ...Object.keys(BASE),
      'deep/b.yml',
      'deep/er/c.yml',
      'deep/er/still/a.yml',
      PATH,
      'z.yml',
    ]);
    const read = await snapshot.readAll(['deep/er/still/a.yml', 'deep/er/c.yml', 'deep/none.yml', 'z.yml/x']);
    expect([...read].map(([path, { bytes }]) => [path, text(bytes)])).toEqual([
      ['deep/er/still/a.yml', 'a\n'],
      ['deep/er/c.yml', 'c\n'],
    ]);
  });

  test('of a head that other requests have not heard of yet are those of that head', async () => {
    const first = stage.head();
    await readAndSwap(stage.openTarget());
    expect(stage.head()).not.toBe(first);
    stage.github.faults.push({
      match: { method: 'GET', path: '/git/ref/heads' },
      fault: { type: 'stale-read' },
    });
    const snapshot = await stage.openTarget().snapshot();
    expect([snapshot.head, text((await snapshot.read(PATH))?.bytes)]).toEqual([first, KUSTOMIZATION]);
  });
});

test('a ledger longer than GraphQL shows is read whole', async () => {
  const long = JSON.stringify({ entries: 'é'.repeat(400_000) });
  const ledgers = [{ channel: 'main', text: () => long, message: 'Long' }];
  await readAndSwap(stage.openTarget(), { files: [], ledgers });
  const [reading] = await stage.openTarget().readLedgers(['main']);
  expect(reading?.text).toBe(long);
});

test('a reading of the ledger that lags behind loses the race; the next one wins it', async () => {
  const target = stage.openTarget();
  await readAndSwap(target);
  stage.github.faults.push({
    match: { method: 'GET', path: '/git/ref/image-release' },
    fault: { type: 'stale-read' },
  });
  expect(await readAndSwap(target)).toEqual({ status: 'stale' });
  expect(await readAndSwap(target)).toMatchObject({ status: 'committed' });
});

test.each([
  ['429', { type: 'rate-limited', status: 429, retryAfter: 7 }],
  ['503', { type: '5xx-before', status: 503 }],
  ['a cut connection', { type: 'cut' }],
] as const)('%s while the ledger is read: waited for, then read', async (_, fault) => {
  await readAndSwap(stage.openTarget(), { files: [] });
  stage.github.faults.push({ match: { method: 'GET', path: '/git/ref/image-release' }, fault });
  const [reading] = await stage.openTarget().readLedgers(['main']);
  expect(reading?.oid).toBe(refsOf(stage)[OWN]);
  expect(stage.waits).toHaveLength(1);
});

describe('ancestry', () => {
  test('is one small request per pair of commits, asked once', async () => {
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const target = stage.openTarget();
    const from = stage.github.requests.length;
    expect(await target.compare(first, second)).toBe('ahead');
    expect(await target.compare(first, second)).toBe('ahead');
    expect(await target.compare(first, first)).toBe('identical');
    expect(requestsOf(stage, from)).toEqual(['GET /compare/…...…?per_page=1&page=2']);
  });

  test('takes abbreviated ids, and no name of a branch for one', async () => {
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    stage.git('branch', 'abcdef1', first);
    const target = stage.openTarget();
    expect(await target.compare(first.slice(0, 7), second)).toBe('ahead');
    expect(await target.compare(second.slice(0, 12), first)).toBe('behind');
    expect(await target.compare('abcdef1', second)).toBe('unknown');
    expect(await target.compare('main', second)).toBe('unknown');
    expect(await target.compare('0000000', second)).toBe('unknown');
  });

  test('of a history without a common beginning: another line', async () => {
    const tree = stage.git('rev-parse', 'main^{tree}');
    const orphan = stage.git('commit-tree', '-m', 'Another beginning', tree);
    stage.git('branch', 'orphan', orphan);
    expect(await stage.openTarget().compare(orphan, stage.head())).toBe('diverged');
  });

  test('of another repository needs no branch and a token that reads there', async () => {
    const octokit = getOctokit(READ_TOKEN, { baseUrl: stage.github.apiUrl });
    const { clockwork } = stage;
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const ancestry = createGitHubAncestry({ octokit, owner: 'acme', repo: 'app', clockwork });
    expect(await ancestry.compare(second, first)).toBe('behind');
    const hidden = createGitHubAncestry({ octokit, owner: 'acme', repo: 'unseen', clockwork });
    expect(await hidden.compare(second, first)).toBe('unknown');
  });
});

test('a repository out of reach: what GITHUB_TOKEN reaches, and which input helps', async () => {
  const octokit = getOctokit(READ_TOKEN, { baseUrl: stage.github.apiUrl });
  const { clockwork } = stage;
  const target = createGitHubTarget({ octokit, owner: 'acme', repo: 'gitops', branch: 'main', clockwork });
  expect(await target.readLedgers(['main'])).toEqual([{ channel: 'main' }]);
  const [problem] = await problemsOf(target.snapshot());
  expect(problem).toMatchObject({ code: 'deploy/repository-missing' });
  expect(problem?.message).toContain('acme/gitops');
  expect(problem?.fix).toMatch(/GITHUB_TOKEN reaches the workflow's own repository only.*deploy-token/);
});
