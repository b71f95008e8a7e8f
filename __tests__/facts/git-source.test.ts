import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedOutCommit, sourceFromGit } from '../../src/facts/git-source.js';
import { env, folder, git, inNewHome, NOW, repository, withCommit } from './git-source-stage.js';

inNewHome();

const COMMIT_TIME = 1_740_903_330;

test('a checkout on a branch is released from it, with the committer date and no remote', async () => {
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

test('a detached checkout of a tagged commit is its highest version, pre-releases before their release', async () => {
  const root = withCommit();
  for (const tag of ['v1.10.0-rc.1', 'v1.9.0', 'v1.10.0']) git(root, 'tag', tag);
  git(root, 'checkout', '-q', '--detach');
  expect((await sourceFromGit({ cwd: root, env, now: NOW })).source.ref).toEqual({
    type: 'tag',
    name: 'v1.10.0',
  });
});

test('a tag does not hide the branch that is checked out', async () => {
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

test('the remote names repository and page, never its credentials', async () => {
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

test('changed, staged, renamed, deleted and untracked paths are uncommitted, relative to the root', async () => {
  const root = repository();
  mkdirSync(join(root, 'api'));
  for (const name of ['changed', 'gone', 'old name', 'same'])
    writeFileSync(join(root, 'api', name), `${name} 1\n`);
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

test('the checkout of a workflow says its commit, also where the container runs as another user', async () => {
  const root = withCommit();
  const expected = { commit: git(root, 'rev-parse', 'HEAD'), time: COMMIT_TIME };
  await expect(checkedOutCommit({ cwd: root, env })).resolves.toEqual(expected);
  const foreign = { ...env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  await expect(checkedOutCommit({ cwd: root, env: foreign })).resolves.toEqual(expected);
});

test('a workflow without actions/checkout is told to add it', async () => {
  const empty = join(folder, 'workspace');
  mkdirSync(empty);
  await expect(checkedOutCommit({ cwd: empty, env })).rejects.toMatchObject({
    code: 'source/no-checkout',
    problems: [{ fix: expect.stringContaining('actions/checkout') }],
  });
});
