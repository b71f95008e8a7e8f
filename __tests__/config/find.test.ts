import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findConfig, type ConfigSource } from '../../src/config/find.js';
import { ReleaseError } from '../../src/lib/errors.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'image-release-find-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string | Uint8Array) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const anywhere: ConfigSource = { from: 'repository' };

async function refusal(wish: ConfigSource) {
  const error: unknown = await findConfig(wish, root).catch((thrown: unknown) => thrown);
  if (error instanceof ReleaseError) return error.problems[0];
  throw new Error('It was found.');
}

test.each(['image-release.yml', 'image-release.yaml', '.github/image-release.yml', '.github/image-release.yaml'])(
  'finds %s',
  async (path) => {
    write('README.md', '');
    write(path, 'images: { api: }');
    expect(await findConfig(anywhere, root)).toEqual({ text: 'images: { api: }', origin: path });
  },
);

test('rejects two configuration files and names both', async () => {
  write('image-release.yml', 'a');
  write('.github/image-release.yml', 'b');
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/ambiguous',
    message: expect.stringContaining('image-release.yml and .github/image-release.yml'),
  });
});

test('a given path takes precedence over image-release.yml', async () => {
  write('image-release.yml', 'a');
  write('ci/release.yml', 'b');
  expect(await findConfig({ from: 'file', path: 'ci/release.yml' }, root)).toEqual({
    text: 'b',
    origin: 'ci/release.yml',
  });
});

test("names the given file if it doesn't exist", async () => {
  write('x', '');
  expect(await refusal({ from: 'file', path: 'ci/release.yml' })).toMatchObject({
    code: 'config/missing',
    message: 'The configuration file ci/release.yml does not exist.',
  });
});

test('suggests `image-release init` if there is no configuration file', async () => {
  write('x', '');
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/missing',
    fix: expect.stringContaining('image-release init'),
  });
});

test('suggests actions/checkout if the folder is empty', async () => {
  expect((await refusal(anywhere)).fix).toContain('actions/checkout');
});

test('reports that a UTF-16 file is not UTF-8', async () => {
  write('image-release.yml', Buffer.from('\ufeffimages: { api: }', 'utf16le'));
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/unreadable',
    message: expect.stringContaining('not UTF-8'),
  });
});

test('reports a folder in place of the file as unreadable', async () => {
  mkdirSync(join(root, 'image-release.yml'));
  expect(await refusal(anywhere)).toMatchObject({ code: 'config/unreadable' });
});

test('reads inline text without a file', async () => {
  expect(await findConfig({ from: 'text', text: 'images: { api: }' }, root)).toEqual({
    text: 'images: { api: }',
    origin: 'input "config-inline"',
  });
});
