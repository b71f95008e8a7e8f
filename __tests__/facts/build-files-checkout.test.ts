import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { probeCheckout } from '../../src/facts/build-files-checkout.js';
import { withCheckout } from '../preflight/fixtures.js';

test('reads package files, workflows and manifests, but skips installed packages, hidden folders and linked folders', async () => {
  const files = {
    'package.json': '{}',
    'yarn.lock': '',
    'node_modules/next/package.json': '{"name":"next"}',
    'shared/package-lock.json': '{}',
    '.hidden/package.json': '{}',
    'k8s/pod.yaml': 'spec:\n  containers: []\n',
    'k8s/other.yaml': 'a: b\n',
    'pnpm-lock.yaml': 'packages: {}\n',
    '.github/workflows/a.yml': 'on: push\n',
    '.github/workflows/note.txt': '',
  };
  await withCheckout(files, async (root) => {
    await symlink('shared', join(root, 'again'));
    await symlink('../shared/package-lock.json', join(root, 'k8s/package-lock.json'));
    const found = probeCheckout(root);
    expect(found.node.map(({ path }) => path).sort()).toEqual([
      'k8s/package-lock.json',
      'package.json',
      'pnpm-lock.yaml',
      'shared/package-lock.json',
      'yarn.lock',
    ]);
    expect(found.workflows).toEqual([{ path: '.github/workflows/a.yml', text: 'on: push\n' }]);
    expect(found.manifests.map(({ path }) => path)).toEqual(['k8s/pod.yaml']);
  });
  expect(probeCheckout('/nonexistent')).toEqual({ node: [], workflows: [], manifests: [] });
});
