import { join } from 'node:path';
import { repositoryFromGit, sourceFromGit } from '../../src/facts/git-source.js';
import { env, folder, git, inNewHome, NOW, repository, withCommit } from './git-source-stage.js';

inNewHome();

test('the default branch is asked of the remote where the clone does not know it', async () => {
  const upstream = withCommit(repository('upstream'));
  git(upstream, 'branch', '-m', 'release/next');
  const root = withCommit();
  git(root, 'remote', 'add', 'origin', upstream);
  const { source } = await sourceFromGit({ cwd: root, env, now: NOW });
  expect(source.defaultBranch).toBe('release/next');
  expect(source.url).toBeUndefined();
});

test('where no remote answers, main and master count as the default branch, and no other', async () => {
  const root = withCommit();
  git(root, 'remote', 'add', 'origin', join(folder, 'gone'));
  const found: Record<string, string | undefined> = {};
  for (const name of ['main', 'master', 'trunk']) {
    git(root, 'checkout', '-q', '-B', name);
    found[name] = (await sourceFromGit({ cwd: root, env, now: NOW })).source.defaultBranch;
  }
  expect(found).toEqual({ main: 'main', master: 'master', trunk: undefined });
});

test('a repository whose origin says nothing has the default branch of a usual name', async () => {
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
