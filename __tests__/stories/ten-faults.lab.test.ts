/** @programs docker kustomize */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { startRegistry, type LabRegistry } from '../../lab/registry.js';
import { runCli } from '../../testing/runner.js';
import { layTenFaults, TEN_FAULTS } from '../preflight/fixtures.js';
import { lab } from './shop.js';

let base: string;
let labFolder: string;
let registry: LabRegistry;
const app = () => join(base, 'app');

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'ten-faults-'));
  labFolder = await createLabDirectory();
  registry = await startRegistry({ dir: join(labFolder, 'registry') });
  await git(base, ['init', '--quiet', '--bare', '--initial-branch=main', 'app.git']);
  await git(base, ['init', '--quiet', '--initial-branch=main', 'app']);
  await layTenFaults(app(), registry.host);
  await git(app(), ['add', '--all']);
  const author = ['-c', 'user.name=Acme developer', '-c', 'user.email=developer@acme.example'];
  await git(app(), [...author, 'commit', '--quiet', '--message', 'Ten faults']);
  await git(app(), ['remote', 'add', 'origin', join(base, 'app.git')]);
  await git(app(), ['push', '--quiet', 'origin', 'HEAD']);
});
afterAll(async () => {
  await registry?.stop();
  await removeLabDirectory(labFolder);
  await rm(base, { recursive: true, force: true });
});

test('one release reports ten faults, each with code and place, and pushes and commits nothing', async () => {
  const before = await git(join(base, 'app.git'), ['for-each-ref']);
  const { exitCode, stderr, stdout } = await runCli({
    args: ['release'],
    cwd: app(),
    env: { HOME: base, TMPDIR: base, DOCKER_HOST: lab.dockerHost },
  });
  expect(exitCode).toBe(2);
  const told = [...`${stderr}\n${stdout}`.matchAll(/^(?:error|warning) \[(\S+)\] (\S+)/gm)];
  expect([...new Set(told.map(([, code, place]) => `${code} ${place}`))].sort()).toEqual([...TEN_FAULTS].sort());
  expect(stderr).toContain(`next@16.0.1 needs node >=20.9.0, web/Dockerfile:1 says ${registry.host}/node:18-alpine.`);
  const requests = await registry.requests();
  expect(requests.filter(({ method }) => !['GET', 'HEAD'].includes(method)).map(({ path }) => path)).toEqual(
    // The check of the push permission opens an upload, but sends no data.
    requests
      .filter(({ method, path }) => ['POST', 'DELETE'].includes(method) && /\/blobs\/uploads\//.test(path))
      .map(({ path }) => path),
  );
  expect(requests.some(({ method }) => ['PUT', 'PATCH'].includes(method))).toBe(false);
  expect(await git(join(base, 'app.git'), ['for-each-ref'])).toBe(before);
  expect(await readFile(join(app(), 'k8s/kustomization.yaml'), 'utf8')).toContain('main-0000000');
});
