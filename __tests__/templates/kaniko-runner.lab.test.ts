/** @programs kustomize shellcheck */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { manifestProblems } from '../../testing/fake-cluster/admission/schema.js';
import { run } from '../../src/lib/process.js';
import { wrapperScripts } from '../../src/templates/wrapper-scripts.js';
import { writeFiles } from '../../src/templates/write-files.js';
import { BIG, runnerOf } from './fixtures.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaniko-runner-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test.each([
  ['a minimal configuration', 'images: { api: , web: { context: frontend } }', 'emptyDir'],
  ['a configuration with every setting', BIG, 'pvc'],
] as const)('%s yields files that kustomize, the Kubernetes schemas, and shellcheck accept', async (_, text, cache) => {
  await writeFiles(runnerOf(text, cache), { root, existing: 'keep', mode: 'write' });
  const folder = join(root, 'k8s/kaniko');
  const built = await run('kustomize', ['build', folder], { env: process.env });
  expect(built.stderr.toString()).toBe('');
  const manifests = parseAllDocuments(built.stdout.toString()).map((document) => document.toJS() as { kind: string });
  expect(manifests.flatMap(manifestProblems)).toEqual([]);
  expect(manifests.map(({ kind }) => kind).sort()).toEqual(
    ['ConfigMap', 'Deployment', 'Role', 'ServiceAccount', ...(cache === 'pvc' ? ['PersistentVolumeClaim'] : [])].sort(),
  );
  const scripts = await readdir(join(folder, 'scripts'));
  expect(scripts.sort()).toEqual(['build-all.sh', 'build-api.sh', 'build-web.sh', 'common.sh']);
  for (const name of scripts) {
    const script = join(folder, 'scripts', name);
    expect((await stat(script)).mode & 0o111).toBe(0o111);
  }
  const { code, stdout } = await run('shellcheck', scripts, { env: process.env, cwd: join(folder, 'scripts') });
  expect({ code, said: stdout.toString() }).toEqual({ code: 0, said: '' });
});

test('shellcheck reports nothing for the wrapper scripts', async () => {
  const files = wrapperScripts(['api', 'frontend']);
  await writeFiles(files, { root, existing: 'keep', mode: 'write' });
  const scripts = files.map(({ path }) => join(root, path));
  const { code, stdout } = await run('shellcheck', scripts, { env: process.env });
  expect({ code, said: stdout.toString() }).toEqual({ code: 0, said: '' });
});
