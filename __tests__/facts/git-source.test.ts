import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkedOutCommit, repositoryFromGit, sourceFromGit } from '../../src/facts/git-source.js';

const NOW = 1_740_903_400;

let folder: string;
let env: NodeJS.ProcessEnv;

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim();
}

function repository(name = 'shop'): string {
  const path = join(folder, name);
  mkdirSync(path);
  git(path, 'init', '-q', '-b', 'main');
  return path;
}

function withCommit(path = repository(), message = 'Round prices'): string {
  git(path, 'commit', '-q', '--allow-empty', '-m', message);
  return path;
}

// A home without configuration for each test.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-source-'));
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Developer',
    GIT_AUTHOR_EMAIL: 'developer@example.org',
    GIT_COMMITTER_NAME: 'Developer',
    GIT_COMMITTER_EMAIL: 'developer@example.org',
    GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
    GIT_COMMITTER_DATE: '2025-03-02T08:15:30Z',
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const COMMIT_TIME = 1_740_903_330;

test('reads branch, commit and committer date of a checkout without a remote', async () => {
  const root = withCommit();
  const { source, root: found, uncommitted } = await sourceFromGit({ cwd: root, env, now: NOW });
  expect(source).toEqual({
    commit: git(root, 'rev-parse', 'HEAD'),
    commitTime: COMMIT_TIME,
    ref: { type: 'branch', name: 'main' },
    event: { name: 'manual' },
    defaultBranch: 'main',
    now: NOW,
  });
  expect(found).toBe(root);
  expect(uncommitted).toEqual([]);
});

test('a detached checkout is released from the highest version tag of its commit, which ranks above its pre-releases', async () => {
  const root = withCommit();
  for (const tag of ['v1.10.0-rc.1', 'v1.9.0', 'v1.10.0']) git(root, 'tag', tag);
  git(root, 'checkout', '-q', '--detach');
  expect((await sourceFromGit({ cwd: root, env, now: NOW })).source.ref).toEqual({
    type: 'tag',
    name: 'v1.10.0',
  });
});

test('the checked-out branch takes precedence over a tag', async () => {
  const root = withCommit();
  git(root, 'tag', 'v1.0.0');
  expect((await sourceFromGit({ cwd: root, env, now: NOW })).source.ref).toEqual({
    type: 'branch',
    name: 'main',
  });
});

test('a detached checkout without a tag is a commit on no branch', async () => {
  const root = withCommit();
  git(root, 'tag', 'v1.0.0');
  withCommit(root, 'Another');
  git(root, 'checkout', '-q', '--detach');
  expect((await sourceFromGit({ cwd: root, env, now: NOW })).source.ref).toEqual({ type: 'commit' });
});

test('reads repository, URL and default branch from the remote, without its credentials', async () => {
  const root = withCommit();
  git(root, 'remote', 'add', 'origin', 'https://x-access-token:ghs_marker@github.com/Acme-Corp/Shop.git');
  git(root, 'update-ref', 'refs/remotes/origin/trunk', 'HEAD');
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk');
  const { source } = await sourceFromGit({ cwd: root, env, now: NOW });
  expect(source).toMatchObject({
    repository: 'Acme-Corp/Shop',
    url: 'https://github.com/Acme-Corp/Shop',
    defaultBranch: 'trunk',
  });
  expect(JSON.stringify(source)).not.toContain('ghs_marker');
});

test('lists changed, staged, renamed, deleted and untracked paths as uncommitted, relative to the root', async () => {
  const root = repository();
  mkdirSync(join(root, 'api'));
  for (const name of ['changed', 'gone', 'old name', 'same']) writeFileSync(join(root, 'api', name), `${name} 1\n`);
  writeFileSync(join(root, '.gitignore'), 'ignored\n');
  git(root, 'add', '-A');
  withCommit(root);
  writeFileSync(join(root, 'api', 'changed'), 'other\n');
  rmSync(join(root, 'api', 'gone'));
  git(root, 'mv', 'api/old name', 'api/new "name"');
  writeFileSync(join(root, 'api', 'staged'), 'x\n');
  git(root, 'add', 'api/staged');
  mkdirSync(join(root, 'web'));
  writeFileSync(join(root, 'web', 'ünträcked'), 'x\n');
  writeFileSync(join(root, 'ignored'), 'x\n');

  const { uncommitted } = await sourceFromGit({ cwd: join(root, 'api'), env, now: NOW });
  expect([...uncommitted].sort()).toEqual(
    ['api/changed', 'api/gone', 'api/new "name"', 'api/old name', 'api/staged', 'web/ünträcked'].sort(),
  );
});

test('reads the commit of a checkout, even if another user owns it', async () => {
  const root = withCommit();
  const expected = { commit: git(root, 'rev-parse', 'HEAD'), time: COMMIT_TIME };
  await expect(checkedOutCommit({ cwd: root, env })).resolves.toEqual(expected);
  const foreign = { ...env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  await expect(checkedOutCommit({ cwd: root, env: foreign })).resolves.toEqual(expected);
});

test('suggests actions/checkout if the workspace is empty', async () => {
  const empty = join(folder, 'workspace');
  mkdirSync(empty);
  await expect(checkedOutCommit({ cwd: empty, env })).rejects.toMatchObject({
    code: 'source/no-checkout',
    problems: [{ fix: expect.stringContaining('actions/checkout') }],
  });
});

test("asks the remote for the default branch if the clone doesn't know it", async () => {
  const upstream = withCommit(repository('upstream'));
  git(upstream, 'branch', '-m', 'release/next');
  const root = withCommit();
  git(root, 'remote', 'add', 'origin', upstream);
  const { source } = await sourceFromGit({ cwd: root, env, now: NOW });
  expect(source.defaultBranch).toBe('release/next');
  expect(source.url).toBeUndefined();
});

test('if no remote answers, only main and master count as the default branch', async () => {
  const root = withCommit();
  git(root, 'remote', 'add', 'origin', join(folder, 'gone'));
  const found: Record<string, string | undefined> = {};
  for (const name of ['main', 'master', 'trunk']) {
    git(root, 'checkout', '-q', '-B', name);
    found[name] = (await sourceFromGit({ cwd: root, env, now: NOW })).source.defaultBranch;
  }
  expect(found).toEqual({ main: 'main', master: 'master', trunk: undefined });
});

test("without a remote, an existing main is the default branch, even if it isn't checked out", async () => {
  const path = repository();
  git(path, 'commit', '-q', '--allow-empty', '-m', 'Begin');
  git(path, 'switch', '-q', '-c', 'feature/cart');
  expect(await repositoryFromGit({ cwd: path, env })).toMatchObject({
    defaultBranch: 'main',
    head: 'branch',
    upstream: 'none',
  });
  git(path, 'switch', '-q', '--detach');
  expect(await repositoryFromGit({ cwd: path, env })).toMatchObject({
    defaultBranch: 'main',
    head: 'detached',
  });
});

test.each<[string, string, (path: string) => void]>([
  ['a folder outside any repository', 'source/no-checkout', (path) => mkdirSync(path)],
  ['a folder that does not exist', 'source/no-checkout', () => undefined],
  ['a repository without a commit', 'source/no-checkout', () => repository()],
  ['a bare repository', 'source/no-checkout', (path) => git(folder, 'init', '-q', '--bare', path)],
])('rejects %s as %s', async (_, code, make) => {
  const path = join(folder, 'shop');
  make(path);
  await expect(sourceFromGit({ cwd: path, env, now: NOW })).rejects.toMatchObject({ code });
});

test('reports a missing git', async () => {
  const root = withCommit();
  const without = { ...env, PATH: join(folder, 'empty') };
  await expect(sourceFromGit({ cwd: root, env: without, now: NOW })).rejects.toMatchObject({
    code: 'source/git-missing',
  });
});

test('rejects a repository of another user and suggests safe.directory', async () => {
  const root = withCommit();
  const foreign = { ...env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  await expect(sourceFromGit({ cwd: root, env: foreign, now: NOW })).rejects.toMatchObject({
    code: 'source/unsafe-directory',
    problems: [{ fix: expect.stringContaining(`safe.directory ${root}`) }],
  });
});
