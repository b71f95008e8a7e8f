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
  '%s is found',
  async (path) => {
    write('README.md', '');
    write(path, 'images: { api: }');
    expect(await findConfig(anywhere, root)).toEqual({ text: 'images: { api: }', origin: path });
  },
);

test('two files are refused, and both are named', async () => {
  write('image-release.yml', 'a');
  write('.github/image-release.yml', 'b');
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/ambiguous',
    message: expect.stringContaining('image-release.yml and .github/image-release.yml'),
  });
});

test('a file that is named wins over those that are found', async () => {
  write('image-release.yml', 'a');
  write('ci/release.yml', 'b');
  expect(await findConfig({ from: 'file', path: 'ci/release.yml' }, root)).toEqual({
    text: 'b',
    origin: 'ci/release.yml',
  });
});

test('a named file that is missing is named', async () => {
  write('x', '');
  expect(await refusal({ from: 'file', path: 'ci/release.yml' })).toMatchObject({
    code: 'config/missing',
    message: 'The configuration file ci/release.yml does not exist.',
  });
});

test('no file: the way to begin is shown', async () => {
  write('x', '');
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/missing',
    fix: expect.stringContaining('image-release init'),
  });
});

test('an empty folder points to the missing checkout', async () => {
  expect((await refusal(anywhere)).fix).toContain('actions/checkout');
});

test('a file in UTF-16, as some shells write it, is reported as such', async () => {
  write('image-release.yml', Buffer.from('\ufeffimages: { api: }', 'utf16le'));
  expect(await refusal(anywhere)).toMatchObject({
    code: 'config/unreadable',
    message: expect.stringContaining('not UTF-8'),
  });
});

test('a folder in place of the file is reported as such', async () => {
  mkdirSync(join(root, 'image-release.yml'));
  expect(await refusal(anywhere)).toMatchObject({ code: 'config/unreadable' });
});

test('inline text needs no file', async () => {
  expect(await findConfig({ from: 'text', text: 'images: { api: }' }, root)).toEqual({
    text: 'images: { api: }',
    origin: 'input "config-inline"',
  });
});
