import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { probeBuildFiles, readBuildSecrets, type ImageFiles } from '../../src/facts/build-files.js';
import { configOf } from '../plan/fixtures.js';

/** `toMatchObject` distinguishes a missing key from an undefined one. */
const ABSENT = { dockerfileFromRoot: undefined };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'build-files-'));
  const paths = [
    ...['api/Dockerfile', 'api/.dockerignore', 'api/server.js', 'bare/Dockerfile', 'web/index.html', 'token'],
    ...['docker/web.Dockerfile', 'docker/web.Dockerfile.dockerignore'],
  ];
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), path);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each<[string, string, Partial<ImageFiles>]>([
  ['a context and its Dockerfile', '{}', { context: 'directory', dockerfile: 'api/Dockerfile' }],
  ['a context with only a Dockerfile', '{ context: bare }', { context: 'empty', dockerfile: 'bare/Dockerfile' }],
  ['the ignore file of a context', '{}', { ignore: { path: 'api/.dockerignore', text: 'api/.dockerignore' } }],
  [
    'the ignore file of a Dockerfile, which replaces that of the context',
    '{ dockerfile: ../docker/web.Dockerfile }',
    { ignore: { path: 'docker/web.Dockerfile.dockerignore', text: 'docker/web.Dockerfile.dockerignore' } },
  ],
  ['a context that is a file', '{ context: api/Dockerfile }', { context: 'file' }],
  [
    'a missing context',
    '{ context: srv }',
    { context: 'missing', dockerfile: undefined, dockerfileFromRoot: undefined },
  ],
  [
    'the repository as context',
    '{ context: ., dockerfile: api/Dockerfile }',
    { context: 'directory', dockerfile: 'api/Dockerfile' },
  ],
  [
    'a Dockerfile outside the context',
    '{ context: web, dockerfile: ../docker/web.Dockerfile }',
    { dockerfile: 'docker/web.Dockerfile' },
  ],
  ['a missing Dockerfile', '{ context: web }', { dockerfile: undefined, dockerfileFromRoot: undefined }],
  [
    'a Dockerfile that exists relative to the root',
    '{ context: web, dockerfile: docker/web.Dockerfile }',
    { dockerfile: undefined, dockerfileFromRoot: 'docker/web.Dockerfile' },
  ],
  [
    'a folder in place of a Dockerfile',
    '{ context: ., dockerfile: api }',
    { dockerfile: undefined, dockerfileFromRoot: undefined },
  ],
  ['an existing secret file', '{ secrets: { t: { file: token } } }', { missingSecretFiles: [] }],
  ['a missing secret file', '{ secrets: { t: { file: tokne } } }', { missingSecretFiles: ['tokne'] }],
  [
    'secret variables that are set, empty and missing',
    '{ secrets: ["id=a,env=SET", "id=b,env=EMPTY", "id=c,env=NONE"] }',
    { missingSecretVariables: ['EMPTY', 'NONE'] },
  ],
])('recognizes %s', (_, image, expected) => {
  const [config] = configOf(`images: { api: ${image} }`).images;
  const found = probeBuildFiles(root, config!, { SET: 'x', EMPTY: '' });
  expect({ ...ABSENT, ...found }).toMatchObject(expected);
});

function write(text: string) {
  writeFileSync(join(root, 'secret'), text);
  return {
    kept: () =>
      readBuildSecrets([{ secrets: [{ id: 't', file: 'secret' }] }], root, {}).map((secret) => secret.reveal()),
    missing: () => {
      const { images } = configOf('registry: ghcr.io/acme\nimages: { api: { secrets: { t: { file: secret } } } }');
      return probeBuildFiles(root, images[0]!, {}).missingSecretFiles;
    },
  };
}

test('lines of at least 8 characters in a secret file of up to 64 KiB are secrets', () => {
  expect(write('{\n  hunter2 \n  12345678\r\n}\n').kept()).toEqual(['12345678']);
  expect(write('x'.repeat(64 * 1024)).kept()).toHaveLength(1);
  expect(write('x'.repeat(64 * 1024 + 1)).kept()).toEqual([]);
});

test('a secret file of more than 500 KiB counts as missing', () => {
  expect(write('x'.repeat(500 * 1024)).missing()).toEqual([]);
  expect(write('x'.repeat(500 * 1024 + 1)).missing()).toEqual(['secret']);
});
