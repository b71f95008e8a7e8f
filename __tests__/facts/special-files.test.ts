import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mountKey } from '../../src/builders/buildx/cache/cache-mounts.js';
import { buildSecrets } from '../../src/builders/kaniko/prepare.js';
import { findConfig } from '../../src/config/find.js';
import { loadBakeImages } from '../../src/facts/bake-file.js';
import { probeCheckout } from '../../src/facts/build-files-checkout.js';
import { probeBuildFiles, readBuildSecrets } from '../../src/facts/build-files.js';
import type { BuildDescription } from '../../src/dockerfile/description.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { messageOf } from '../../src/lib/errors.js';
import { setImages } from '../../src/deploy/set.js';
import { readRepository } from '../../src/init/read-repository.js';
import { writeFiles } from '../../src/templates/write-files.js';
import { configOf } from '../plan/fixtures.js';
import { lookAt } from '../preflight/fixtures.js';

const MARK = 'what the runner holds';
let base: string;
let root: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'special-files-'));
  root = join(base, 'repository');
  mkdirSync(join(root, 'api'), { recursive: true });
  writeFileSync(join(root, 'api/Dockerfile'), 'FROM scratch\nCOPY x /\n');
  writeFileSync(join(root, 'api/x'), '');
  writeFileSync(join(base, 'outside'), MARK);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** What a path may be instead of a regular file. */
const KINDS: Record<string, (path: string) => void> = {
  'a link out of the repository': (path) => symlinkSync(join(base, 'outside'), path),
  'a link to a link out of the repository': (path) => {
    symlinkSync(join(base, 'outside'), join(root, 'hop'));
    symlinkSync(join(root, 'hop'), path);
  },
  'a link to the environment of the process': (path) => symlinkSync('/proc/self/environ', path),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a link to a pipe': (path) => {
    execFileSync('mkfifo', [join(base, 'pipe')]);
    symlinkSync(join(base, 'pipe'), path);
  },
  'a file of 8 GB': (path) => {
    writeFileSync(path, MARK);
    truncateSync(path, 8e9);
  },
};

const images = (text: string) => configOf(`registry: ghcr.io/acme\n${text}`).images;
const api = () => images('images: { api: }')[0]!;

/** Every reader of a file in the repository: the path, and a function that reads it. */
const READERS: Record<string, [path: string, read: () => unknown]> = {
  configuration: ['image-release.yml', () => findConfig({ from: 'repository' }, root)],
  'configuration at a given path': ['ci/images.yml', () => findConfig({ from: 'file', path: 'ci/images.yml' }, root)],
  Dockerfile: ['api/Dockerfile', () => probeBuildFiles(root, api(), {})],
  'ignore file': ['api/.dockerignore', () => probeBuildFiles(root, api(), {})],
  'Dockerfile, for the fingerprint': ['api/Dockerfile', () => readFingerprints({ root, builds: [described()] })],
  'ignore file, for the fingerprint': ['api/.dockerignore', () => readFingerprints({ root, builds: [described()] })],
  'file of a context': ['api/x', () => readFingerprints({ root, builds: [described()] })],
  'bake file': [
    'docker-bake.hcl',
    () =>
      loadBakeImages({
        config: configOf('registry: ghcr.io/acme\nbake: docker-bake.hcl'),
        root,
        env: {},
        run: async () => ({ code: 1, stdout: Buffer.from(''), stderr: Buffer.from('') }),
      }),
  ],
  workflow: ['.github/workflows/release.yml', () => probeCheckout(root)],
  lockfile: ['api/package-lock.json', () => probeCheckout(root)],
  manifest: ['k8s/pod.yaml', () => probeCheckout(root)],
  'lockfile, for a cache key': ['api/yarn.lock', () => cacheKey()],
  'Kustomization on disk': [
    'k8s/kustomization.yaml',
    () => setImages({ path: 'k8s', cwd: root, specs: ['api=:v1'], missing: 'add', mode: 'write' }),
  ],
  'file that init reads': [
    'Makefile',
    () => readRepository({ root, repository: 'acme/app', defaultBranch: 'main', paths: ['Makefile'] }),
  ],
  'file that init would write': [
    'image-release.yml',
    () => writeFiles([{ path: 'image-release.yml', text: 'x' }], { root, existing: 'overwrite', mode: 'write' }),
  ],
};

function described(): BuildDescription {
  const { key, context, dockerfile } = api();
  return {
    key,
    context,
    dockerfile,
    contexts: {},
    args: {},
    platforms: ['linux/amd64'],
    options: {},
  } as unknown as BuildDescription;
}

const cacheKey = () =>
  mountKey({ key: 'api', machine: 'linux-amd64', context: join(root, 'api'), mounts: [], runs: [] });

/** Tested with every kind. The others use the same function, which two kinds are enough to show. */
const READ_ALL_KINDS = ['configuration', 'file of a context', 'Kustomization on disk', 'file that init would write'];

const cases = Object.entries(READERS).flatMap(([reader, [path, read]]) =>
  Object.entries(KINDS)
    .filter(([kind], index) => READ_ALL_KINDS.includes(reader) || index === 0 || kind === 'a pipe')
    // A file of a context may have any size.
    .filter(([kind]) => reader !== 'file of a context' || kind !== 'a file of 8 GB')
    .map(([kind, make]) => [reader, kind, { path, read, make }] as const),
);

test.each(cases)(
  "%s: doesn't read, wait for or write to %s",
  async (_, __, { path, read, make }) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    make(file);
    const told = await Promise.resolve()
      .then(read)
      .then((value) => JSON.stringify(value), messageOf);
    expect(told).not.toContain(MARK);
    expect(told).not.toContain('PATH=');
    expect(readFileSync(join(base, 'outside'), 'utf8')).toBe(MARK);
  },
  5000,
);

const SECRETS: Record<string, (file: string) => unknown> = {
  'before a build': (file) =>
    probeBuildFiles(root, images(`images: { api: { secrets: { t: { file: ${file} } } } }`)[0]!, {}),
  'to mask it in the log': (file) => readBuildSecrets([{ secrets: [{ id: 't', file }] }], root, {}),
  'for Kaniko': (file) => buildSecrets({ key: 'api', secrets: [{ id: 't', file }] }, { root, env: {} }),
};

const special = ['a link to the environment of the process', 'a link to a device', 'a pipe', 'a file of 8 GB'];
test.each(Object.entries(SECRETS).flatMap(([use, read]) => special.map((kind) => [use, kind, read] as const)))(
  'a secret read %s: rejects %s',
  async (_, kind, read) => {
    KINDS[kind]!(join(root, 'token'));
    const told = await Promise.resolve()
      .then(() => read('token'))
      .then((value) => JSON.stringify(value), messageOf);
    expect(told).toMatch(/"missingSecretFiles":\["token"\]|^\[\]$|can't be read/);
  },
  5000,
);

test('follows a link to another file of the repository, and for a secret to any file', async () => {
  writeFileSync(join(root, 'shared.yml'), 'images: { api: }');
  symlinkSync('shared.yml', join(root, 'image-release.yml'));
  expect((await findConfig({ from: 'repository' }, root)).text).toBe('images: { api: }');
  symlinkSync(join(base, 'outside'), join(root, 'token'));
  const [secret] = readBuildSecrets([{ secrets: [{ id: 't', file: 'token' }] }], root, {});
  expect(secret?.reveal()).toBe(MARK);
});

test('rejects a context that links out of the repository, and computes no fingerprint for it', async () => {
  symlinkSync(base, join(root, 'elsewhere'));
  const [image] = images('images: { api: { context: elsewhere, dockerfile: ../api/Dockerfile } }');
  const [named] = images('images: { api: { contexts: { more: elsewhere } } }');
  const reason = 'is a link that leads out of the repository';
  for (const each of [image!, named!])
    expect(probeBuildFiles(root, each, {}).refused).toEqual([{ path: 'elsewhere', reason }]);
  const builds = [{ ...described(), context: 'elsewhere' }];
  expect(await readFingerprints({ root, builds })).toEqual({
    api: { status: 'unknown', reason: `the context elsewhere ${reason}` },
  });
});

test('reports path and code for a Dockerfile that links out of the repository', async () => {
  rmSync(join(root, 'api/Dockerfile'));
  symlinkSync('/proc/self/environ', join(root, 'api/Dockerfile'));
  expect(probeBuildFiles(root, api(), {})).toMatchObject({
    dockerfile: undefined,
    refused: [{ path: 'api/Dockerfile', reason: 'is a link that leads out of the repository' }],
  });
  expect(lookAt(root, configOf('registry: ghcr.io/acme\nimages: { api: }'))).toMatchObject([
    { code: 'preflight/missing-dockerfile', message: expect.stringContaining('leads out of the repository') },
  ]);
});
