import { mkdtempSync, readFileSync, rmSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImages } from '../../../src/deploy/set.js';
import { createWorld } from '../rollout-world.js';
import { LIST } from './golden-edits.js';

test('16 same values: no commit', async () => {
  const world = createWorld();
  const release = world.source();
  await world.release(release);
  const { deployments } = await world.release({ ...release, run: release.run + 1 });
  expect(deployments.map(({ status }) => status)).toEqual(['unchanged']);
  expect(world.deployCommits()).toBe(1);
});

test('16 same values: no write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const file = join(folder, 'kustomization.yaml');
    writeFileSync(file, LIST);
    utimesSync(file, 1, 1);
    const request = {
      path: '.',
      cwd: folder,
      specs: ['api=:v1', 'web=:v1'],
      missing: 'add',
      mode: 'write',
    } as const;
    expect(await setImages(request)).toEqual({ status: 'unchanged', path: 'kustomization.yaml' });
    expect(statSync(file).mtimeMs).toBe(1000);
    expect(readFileSync(file, 'utf8')).toBe(LIST);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
