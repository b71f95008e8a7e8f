import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildDescription } from '../../src/dockerfile/description.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { describeImage } from './description.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dockerfile-place-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const image = (key: string, dockerfile: string) => describeImage(key, { dockerfile });

async function fingerprints(...builds: BuildDescription[]): Promise<(string | undefined)[]> {
  const inputs = await readFingerprints({ root, builds, bases: {} });
  return builds.map(({ key }) => {
    const found = inputs[key];
    return found?.status === 'known' ? found.fingerprint : undefined;
  });
}

test('need 4: a Dockerfile that its context leaves out is read from the repository all the same', async () => {
  await write({
    '.dockerignore': 'Dockerfile\n.dockerignore\n',
    'a.txt': 'a',
    Dockerfile: 'FROM scratch\nCOPY . /a\n',
  });
  const [before] = await fingerprints(image('api', 'Dockerfile'));
  await write({ Dockerfile: 'FROM scratch\nCOPY . /b\n' });
  const [after] = await fingerprints(image('api', 'Dockerfile'));
  expect(before).toMatch(/^v1:/);
  expect(after).toMatch(/^v1:/);
  expect(after).not.toBe(before);
});

test('need 4: the Dockerfile of another image counts only where it is copied', async () => {
  await write({
    'src/a.txt': 'a',
    'docker/api.Dockerfile': 'FROM scratch\nCOPY src /src\n',
    'docker/all.Dockerfile': 'FROM scratch\nCOPY . /all\n',
    'docker/web.Dockerfile': 'FROM scratch\n',
  });
  const images = [image('api', 'docker/api.Dockerfile'), image('all', 'docker/all.Dockerfile')];
  const before = await fingerprints(...images);
  await write({ 'docker/web.Dockerfile': 'FROM scratch\nCOPY src /web\n' });
  const after = await fingerprints(...images);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});
