import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPlace } from '../../src/lib/errors.js';
import { configOf } from '../plan/project.js';
import { layTenFaults, lookAt, TEN_FAULTS } from './checkout.js';

test('a repository with ten faults gets ten problems at once, each with its place and a fix', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ten-faults-'));
  try {
    await layTenFaults(root, 'registry.example');
    const problems = lookAt(root, configOf(await readFile(join(root, 'image-release.yml'), 'utf8')));
    const told = problems.map(({ code, place }) => `${code} ${formatPlace(place ?? { file: 'nowhere' })}`);
    expect(told.sort()).toEqual([...TEN_FAULTS].sort());
    for (const { fix, message } of problems) {
      expect(fix).toMatch(/^\S.*\.$/s);
      expect(message).toMatch(/\S.*\.$/s);
    }
    expect(problems.find(({ code }) => code === 'preflight/node-too-old')).toMatchObject({
      severity: 'error',
      image: 'web',
      message: 'next@16.0.1 needs node >=20.9.0, web/Dockerfile:1 says registry.example/node:18-alpine.',
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
