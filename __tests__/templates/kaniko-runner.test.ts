import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ReleaseError } from '../../src/lib/errors.js';
import { run } from '../../src/lib/process.js';
import { kanikoRunner } from '../../src/templates/kaniko-runner/kaniko-runner.js';
import { planRunner } from '../../src/templates/kaniko-runner/runner.js';
import { writeFiles } from '../../src/templates/write-files.js';
import { BIG, configOf, ORIGIN, runnerOf } from './fixtures.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaniko-runner-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('the pod mounts the registry login and executable scripts, uses a debug image, and gets no cluster token', () => {
  const text = runnerOf(BIG, 'pvc').find(({ path }) => path.endsWith('deployment.yml'))!.text;
  const { spec } = (parse(text) as { spec: { template: { spec: Record<string, unknown> } } }).spec.template;
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    nodeSelector: { pool: 'builds' },
    tolerations: [{ key: 'builds', effect: 'NoSchedule' }],
    containers: [
      {
        image: 'mirror.example.org/kaniko:v1.28.3-debug',
        resources: { limits: { memory: '4Gi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  });
  expect(spec['volumes']).toEqual(
    expect.arrayContaining([
      { name: 'scripts', configMap: { name: 'kaniko-build-runner-scripts', defaultMode: 0o755 } },
      {
        name: 'registry',
        secret: { secretName: 'push', items: [{ key: '.dockerconfigjson', path: 'config.json' }] },
      },
      { name: 'caches', persistentVolumeClaim: { claimName: 'kaniko-build-runner-cache' } },
      { name: 'build-secrets', secret: { secretName: 'kaniko-build-secrets', defaultMode: 0o400 } },
    ]),
  );
});

test('writes no Secret manifest, and the README shows how to create the Secret', () => {
  const files = runnerOf(BIG);
  expect(files.filter(({ text }) => /^kind: Secret$/m.test(text))).toEqual([]);
  expect(files.some(({ path, text }) => path.endsWith('README.md') && text.includes('create secret'))).toBe(true);
});

test('passes arguments to the executor unchanged, including quotes, variables, and backticks', async () => {
  const files = runnerOf(BIG);
  const line = files.find(({ path }) => path.endsWith('build-api.sh'))!.text;
  const call = line.slice(line.indexOf('build api'));
  const { stdout } = await run('sh', ['-c', `build() { printf '%s\\n' "$@"; }\n${call}`], {
    env: process.env,
  });
  expect(stdout.toString().split('\n')).toEqual([
    'api',
    'ghcr.io/acme/api',
    '',
    '--context-sub-path=api',
    '--dockerfile=/kaniko/buildcontext/docker/api.Dockerfile',
    '--cache-repo=ghcr.io/acme/api/cache',
    '--target=runtime',
    '--build-arg=GREETING=it\'s "quoted" $HOME `id`',
    '--build-arg=EMPTY=',
    '--label=team=shop',
    '--secret=id=npm,type=file,src=/kaniko/build-secrets/npm',
    '',
  ]);
});

test('removes git progress and usage text from the executor output, and keeps the exit code', async () => {
  const common = runnerOf(BIG).find(({ path }) => path.endsWith('common.sh'))!.text;
  const said = [
    'Enumerating objects: 140, done.',
    'Counting objects:   1% (1/140)\rCounting objects: 100% (140/140), done.',
    'Error: error resolving source context: reference not found',
    ...['Usage:', '  executor [flags]', '', 'Flags:', '      --context string'],
    ...['', 'Use "executor [command] --help" for more information about a command.', 'the end'],
  ];
  const script = `${common}\nset -eu\nset -o pipefail\n{ cat; exit 7; } | readable`;
  const { code, stdout } = await run('bash', ['-c', script], { env: process.env, input: said.join('\n') });
  expect({ code, lines: stdout.toString().trim().split('\n') }).toEqual({
    code: 7,
    lines: ['Enumerating objects: 140, done.', 'Error: error resolving source context: reference not found', 'the end'],
  });
});

test('the role permits get, list, and watch of the Deployment, which `rollout status` needs', () => {
  const rbac = runnerOf(BIG).find(({ path }) => path.endsWith('rbac.yml'))!.text;
  expect(rbac).toMatch(/resourceNames:\n +- kaniko-build-runner\n +verbs:\n +- get\n +- list\n +- watch\n/);
});

test('the example in this repository equals the generated files', async () => {
  const config = configOf(await readFile('examples/acme/image-release.yml', 'utf8'));
  const source = { ...ORIGIN, url: 'https://github.com/acme/app' };
  for (const { path, text } of kanikoRunner(planRunner({ config, source, cache: 'emptyDir' }), 'k8s/kaniko'))
    expect(await readFile(join('examples/acme', path), 'utf8')).toBe(text);
});

test('reports an unknown repository and all unsupported settings at once, the settings with their lines', () => {
  const text = `
images:
  api: { contexts: { base: 'image:web', tools: 'docker-image://alpine:3' } }
  web: { platforms: 'linux/amd64,linux/arm64' }`;
  const problems = problemsOf(() =>
    planRunner({ config: configOf(text), source: { repository: 'acme/shop' }, cache: 'emptyDir' }),
  );
  expect(problems.map(({ code, place }) => `${code} ${place?.line ?? ''}`)).toEqual([
    'scaffold/repository-unknown ',
    'kaniko/unsupported 3',
    'kaniko/unsupported 3',
    'kaniko/unsupported 4',
  ]);
});

test('writes nothing if an existing file differs, unless it may be overwritten; skips unchanged files', async () => {
  const files = [
    { path: 'a.txt', text: 'a\n' },
    { path: 'b.sh', text: 'b\n', executable: true },
  ];
  await writeFiles([{ path: 'b.sh', text: 'mine\n' }], { root, existing: 'keep', mode: 'write' });
  await expect(writeFiles(files, { root, existing: 'keep', mode: 'write' })).rejects.toMatchObject({
    problems: [{ code: 'scaffold/file-exists', place: { file: 'b.sh' } }],
  });
  expect(await readdir(root)).toEqual(['b.sh']);
  expect(await writeFiles(files, { root, existing: 'overwrite', mode: 'write' })).toEqual([
    { path: 'a.txt', status: 'written' },
    { path: 'b.sh', status: 'overwritten' },
  ]);
  expect(await readFile(join(root, 'b.sh'), 'utf8')).toBe('b\n');
  expect(await writeFiles(files, { root, existing: 'keep', mode: 'write' })).toEqual([
    { path: 'a.txt', status: 'unchanged' },
    { path: 'b.sh', status: 'unchanged' },
  ]);
});

function problemsOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
  throw new Error('Nothing stood against it.');
}
