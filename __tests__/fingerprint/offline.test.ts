import type { BaseImages, BuildDescription } from '../../src/dockerfile/description.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { describeImage } from './description.js';
import { inNewFolder, root, told, write } from './input-folder.js';

inNewFolder();

async function fingerprints(builds: BuildDescription[], bases?: BaseImages): Promise<string[]> {
  const read = await readFingerprints({ root, builds, bases });
  return builds.map(({ key }) => told(read[key]!));
}

const image = (key: string, contexts: Record<string, string> = {}) =>
  describeImage(key, { context: key, dockerfile: `${key}/Dockerfile`, contexts });

const ASKED: BaseImages = {
  'node:22': { digest: `sha256:${'a'.repeat(64)}`, onBuild: [], env: { NODE_VERSION: '22.1.0' } },
}; // oxfmt-ignore

test('computes the same fingerprints offline as with registry answers, even for an image built on another', async () => {
  write({
    'base/Dockerfile': 'FROM node:22\nCOPY lib /lib\n',
    'base/lib/a.js': 'a',
    'api/Dockerfile': 'FROM base\nARG MODE=x\nCOPY package.json src/$MODE* /app/\n',
    'api/package.json': '{}',
    'api/src/x.js': 'x',
  });
  const builds = [image('base'), image('api', { base: 'image:base' })];
  const before = await fingerprints(builds);
  expect(before).toEqual(await fingerprints(builds, ASKED));
  write({ 'base/README.md': 'not copied', 'api/README.md': 'not copied' });
  expect(await fingerprints(builds)).toEqual(before);
  write({ 'api/src/x.js': 'other' });
  const after = await fingerprints(builds);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test.each([
  ['the base image is tagged `onbuild`', 'FROM acme/node:22-onbuild\n', undefined],
  ['the base image could not be resolved', 'FROM node:22\n', { 'node:22': { unresolved: 'No answer.' } }],
])('the complete context counts if %s', async (_, text, bases) => {
  write({ 'api/Dockerfile': text, 'api/a.txt': 'a' });
  const before = await fingerprints([image('api')], bases);
  write({ 'api/a.txt': 'b' });
  expect(await fingerprints([image('api')], bases)).not.toEqual(before);
});
