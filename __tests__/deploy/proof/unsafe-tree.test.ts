import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findKustomize } from '../../../src/deploy/proof/kustomize.js';
import type { TargetFile } from '../../../src/deploy/target.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unsafe-tree-'));
  for (const name of ['bin', 'temp']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'bin/kustomize'), '#!/bin/sh\necho built\n', { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function build(path: string, of = 'k8s') {
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, HOME: folder };
  const kustomize = await findKustomize({ env, temp: join(folder, 'temp') });
  if (kustomize.status !== 'found') throw new Error('no kustomize');
  const file: TargetFile = { bytes: Buffer.from('from the tree'), mode: '100644' };
  return kustomize.build(
    new Map([
      ['k8s/kustomization.yaml', file],
      [path, file],
    ]),
    of,
  );
}

test.each([
  '../../escaped',
  'k8s/../../../escaped',
  '/escaped',
  'k8s//escaped',
  'k8s/./escaped',
  '.git/hooks/pre-commit',
  'k8s/.GIT/config',
  'k8s\\..\\escaped',
  'k8s/a\0b',
])('refuses a tree with the unsafe path %j, and leaves no file behind', async (path) => {
  const result = await build(path);
  expect(result).toEqual({ status: 'failed', output: expect.stringContaining(JSON.stringify(path)) });
  expect(await readdir(folder)).toEqual(['bin', 'temp']);
  expect(await readdir(join(folder, 'temp'))).toEqual([]);
});

test('refuses to build a folder outside of the tree', async () => {
  expect(await build('k8s/app.yaml', '../temp')).toMatchObject({ status: 'failed' });
});

test.each(['k8s/..app.yaml', 'k8s/.github/app.yaml', 'a.git/b', '...'])(
  'builds a tree with the path %s',
  async (path) => {
    expect(await build(path)).toMatchObject({ status: 'built' });
  },
);
