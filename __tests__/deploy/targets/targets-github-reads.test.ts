import type { PullRequest } from '../../../testing/fake-github/pull-requests.js';
import { createGitHubAncestry } from '../../../src/deploy/targets/github/history.js';
import { connectOctokit } from '../../../src/github/octokit.js';
import { Secret } from '../../../src/lib/secret.js';
import { onGitHub, OWN, PATH, PROPOSAL, READ_REFS, readAndCommit, refsOf, requestsOf, stage } from './fixtures.js';
import { BASE, KUSTOMIZATION, READ_TOKEN } from '../stage.js';

onGitHub();

const served = () => stage.github.repository('acme/app');
const GRAPHQL = { method: 'POST', path: '/graphql' };
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('utf8');

describe('files of a snapshot', () => {
  const files = Object.fromEntries(
    Array.from({ length: 55 }, (_, n) => [`overlays/${n}/kustomization.yml`, `# ${n}\r\n${KUSTOMIZATION}`]),
  );

  test('are read in three requests, byte for byte, with their mode', async () => {
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

  test("that GraphQL can't return are read anyway: binary, not UTF-8, truncated", async () => {
    const large = '# x\n'.repeat(200_000);
    stage.land({ 'large.yml': large, 'other.yml': 'a\n', 'zero.bin': 'a\0b' });
    const latin = { path: 'latin.yml', bytes: Buffer.from('# caf\xe9\n', 'latin1'), mode: '100644' };
    await readAndCommit(stage.openTarget(), { files: [latin] });
    const snapshot = await stage.openTarget().snapshot();
    const read = await snapshot.readAll(['large.yml', 'other.yml', 'zero.bin', 'latin.yml']);
    expect(text(read.get('large.yml')?.bytes)).toBe(large);
    expect(text(read.get('zero.bin')?.bytes)).toBe('a\0b');
    expect(text(read.get('other.yml')?.bytes)).toBe('a\n');
    expect(Buffer.from(read.get('latin.yml')?.bytes ?? []).toString('latin1')).toBe('# caf\xe9\n');
  });

  test('and the ledger are read even if GraphQL refuses requests', async () => {
    stage.land({ 'other.yml': 'a\n' });
    await readAndCommit(stage.openTarget(), { files: [] });
    stage.github.faults.push({ match: GRAPHQL, times: 2, fault: { type: '5xx-before', status: 403 } });
    const target = stage.openTarget();
    const message = expect.stringContaining('with none');
    expect(await target.readLedgers(['main'])).toMatchObject([
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'after ()', message },
    ]);
    const read = await (await target.snapshot()).readAll(['other.yml', PATH]);
    expect([...read.keys()]).toEqual(['other.yml', PATH]);
  });

  test('are listed and read even if GitHub truncates the tree', async () => {
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

  test('match the head of the snapshot even if that head is outdated', async () => {
    const first = stage.head();
    await readAndCommit(stage.openTarget());
    expect(stage.head()).not.toBe(first);
    stage.github.faults.push({
      match: READ_REFS,
      fault: { type: 'stale-read' },
    });
    const snapshot = await stage.openTarget().snapshot();
    expect([snapshot.head, text((await snapshot.readAll([PATH])).get(PATH)?.bytes)]).toEqual([first, KUSTOMIZATION]);
  });
});

describe('comparing commits', () => {
  test('takes one small request for two different commits and none for equal ones', async () => {
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const target = stage.openTarget();
    const from = stage.github.requests.length;
    expect(await target.compare(first, second)).toBe('ahead');
    expect(await target.compare(first, first)).toBe('identical');
    expect(requestsOf(stage, from)).toEqual(['GET /compare/…...…?per_page=1&page=2']);
  });

  test('accepts abbreviated ids, but no branch names', async () => {
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

  test('returns diverged for commits without a common root', async () => {
    const tree = stage.git('rev-parse', 'main^{tree}');
    const orphan = stage.git('commit-tree', '-m', 'Another beginning', tree);
    stage.git('branch', 'orphan', orphan);
    expect(await stage.openTarget().compare(orphan, stage.head())).toBe('diverged');
  });

  test("works for a readable repository and returns unknown for one that the token can't see", async () => {
    const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
    const { clockwork } = stage;
    const first = stage.head();
    const second = stage.land({ a: 'a' });
    const ancestry = createGitHubAncestry({ octokit, owner: 'acme', repo: 'app', clockwork });
    expect(await ancestry.compare(second, first)).toBe('behind');
    const hidden = createGitHubAncestry({ octokit, owner: 'acme', repo: 'unseen', clockwork });
    expect(await hidden.compare(second, first)).toBe('unknown');
  });
});

test('lists the files of a commit only if it edits existing files, not if it adds files or merges', async () => {
  const octokit = (await connectOctokit(stage.github.apiUrl, {}))(new Secret(READ_TOKEN));
  const { clockwork } = stage;
  const history = createGitHubAncestry({ octokit, owner: 'acme', repo: 'app', clockwork });
  const added = stage.land({ a: 'a', b: 'b' });
  const edited = stage.land({ a: 'second', b: 'second' });
  const merged = stage.git('commit-tree', '-m', 'Merge', '-p', edited, '-p', added, `${added}^{tree}`);
  stage.git('update-ref', 'refs/heads/main', merged);
  expect(await history.editedFiles(edited)).toEqual(['a', 'b']);
  expect(await history.editedFiles(added)).toBeUndefined();
  expect(await history.editedFiles(merged)).toBeUndefined();
});

/** A pull request from the proposal branch. */
const pull = (number: number, state: PullRequest['state']): PullRequest => ({
  number,
  ...{
    title: `Deploy ${number}`,
    body: '',
    head: PROPOSAL,
    base: 'main',
    state,
  },
  ...{ labels: [], comments: [], lastHead: stage.head() },
});
const closed = (count: number) => Array.from({ length: count }, (_, index) => pull(index + 2, 'closed'));

describe('paginated lists of GitHub:', () => {
  test('all rules of a branch are read', async () => {
    const { rules } = served();
    for (let count = 0; count < 100; count++) rules.push({ branch: 'main', type: 'deletion' });
    expect(await stage.openTarget().foreseeRules?.()).toEqual([]);
    rules.push({ branch: 'main', type: 'pull_request' });
    expect(await stage.openTarget().foreseeRules?.()).toMatchObject([{ code: 'deploy/rules-refuse' }]);
  });

  test('all commits since a base are read', async () => {
    const first = stage.head();
    const own = stage.land({ own: '1' });
    for (let count = 0; count < 104; count++) stage.land({ other: `${count}` });
    const found = await stage.openTarget().commitsSince(first);
    expect([found.length, found[0]?.oid, found.at(-1)?.oid]).toEqual([105, stage.head(), own]);
  });

  test('an open pull request is found behind 100 closed ones', async () => {
    stage.commit({ branch: PROPOSAL, parents: [stage.head()] });
    const { pulls } = served();
    const target = stage.openTarget();
    pulls.push(pull(1, 'open'), ...closed(100));
    expect(await target.proposals?.find(PROPOSAL)).toMatchObject({ number: 1 });
  });

  test('one page of pull requests takes one request', async () => {
    served().pulls.push(pull(1, 'closed'));
    const from = stage.github.requests.length;
    await stage.openTarget().proposals?.latest(PROPOSAL);
    expect(requestsOf(stage, from)).toHaveLength(1);
  });
});
