import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFromGit } from '../../src/facts/git-source.js';
import { env, folder, git, inNewHome, NOW, repository, withCommit } from './git-source-stage.js';

inNewHome();

test.each<[string, string, (path: string) => void]>([
  ['a folder outside a repository', 'source/no-checkout', (path) => mkdirSync(path)],
  ['a folder that does not exist', 'source/no-checkout', () => undefined],
  ['a repository without a commit', 'source/no-checkout', () => repository()],
  ['a bare repository', 'source/no-checkout', (path) => git(folder, 'init', '-q', '--bare', path)],
])('%s is refused as %s', async (_, code, make) => {
  const path = join(folder, 'shop');
  make(path);
  await expect(sourceFromGit({ cwd: path, env, now: NOW })).rejects.toMatchObject({ code });
});

test('a machine without git is told to install it', async () => {
  const root = withCommit();
  const without = { ...env, PATH: join(folder, 'empty') };
  await expect(sourceFromGit({ cwd: root, env: without, now: NOW })).rejects.toMatchObject({
    code: 'source/git-missing',
  });
});

test('a repository of another user is refused with the way to allow it', async () => {
  const root = withCommit();
  const foreign = { ...env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  await expect(sourceFromGit({ cwd: root, env: foreign, now: NOW })).rejects.toMatchObject({
    code: 'source/unsafe-directory',
    problems: [{ fix: expect.stringContaining(`safe.directory ${root}`) }],
  });
});
