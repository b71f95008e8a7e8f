/** @programs docker kustomize */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { viewRepository } from './registry-view.js';
import { openShop, type Shop } from './shop.js';

jest.setTimeout(180_000);

const execute = promisify(execFile);

/** Path of a node of that major version: this one, or the one that npm has as a package. */
async function nodeOfMajor(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const { stdout } = await execute('npx', [
    ...['--yes', '--package', `node@${major}`, '--'],
    ...['node', '--print', 'process.execPath'],
  ]);
  return stdout.trim();
}

let shop: Shop;
beforeEach(async () => (shop = await openShop()));
afterEach(() => shop.close());

test.each([20, 24])('a push is released by node %i', async (major) => {
  const node = await nodeOfMajor(major);
  const { stdout } = await execute(node, ['--version']);
  expect(stdout).toMatch(new RegExp(`^v${major}\\.`));

  const { main, post } = await shop.job({ node, withoutPost: false });
  expect(main.exitCode).toBe(0);
  expect(main.stderr).toBe('');
  const tag = `main-${(await shop.git('rev-parse', 'HEAD')).slice(0, 7)}`;
  expect(await viewRepository(`${shop.prefix}/web`).tags()).toEqual(['latest', tag]);
  expect(await shop.origin('show', 'main:k8s/kustomization.yaml')).toContain(`newTag: '${tag}'`);
  expect(post).toMatchObject({ exitCode: 0, stderr: '' });
});
