import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeBuildFiles } from '../../src/facts/build-files.js';
import { readBuildSecrets } from '../../src/facts/build-secrets.js';
import { configOf } from '../plan/fixtures.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'build-secrets-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(text: string) {
  writeFileSync(join(root, 'token'), text);
  return {
    kept: () =>
      readBuildSecrets([{ secrets: [{ id: 't', file: 'token' }] }], root, {}).map((secret) =>
        secret.reveal(),
      ),
    missing: () => {
      const { images } = configOf(
        'registry: ghcr.io/acme\nimages: { api: { secrets: { t: { file: token } } } }',
      );
      return probeBuildFiles(root, images[0]!, {}).missingSecretFiles;
    },
  };
}

test('of a secret’s file the lines of 8 characters and more are kept out of the output, up to 64 KiB', () => {
  expect(write('{\n  hunter2 \n  12345678\r\n}\n').kept()).toEqual(['12345678']);
  expect(write('x'.repeat(64 * 1024)).kept()).toHaveLength(1);
  expect(write('x'.repeat(64 * 1024 + 1)).kept()).toEqual([]);
});

test('a secret has at most 500 KiB', () => {
  expect(write('x'.repeat(500 * 1024)).missing()).toEqual([]);
  expect(write('x'.repeat(500 * 1024 + 1)).missing()).toEqual(['token']);
});
