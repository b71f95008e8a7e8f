import { execFileSync } from 'node:child_process';
import { Cancelled } from '../../src/lib/errors.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { readFile } from '../../src/fingerprint/tree/blob-id.js';
import { at, fingerprints, image, inNewFolder, root, write } from './input-folder.js';

inNewFolder();

test('files of any size have the same blob id as in git', () => {
  const sizes = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 33, 5 << 20];
  for (const size of sizes) write({ [String(size)]: Buffer.alloc(size, `content of ${size}`) });
  const ids = execFileSync('git', ['hash-object', '--no-filters', ...sizes.map((size) => at(String(size)))]);
  const ours = sizes.map((size) => {
    const steps = readFile(at(String(size)));
    for (let count = 0; ; count += 1) {
      const step = steps.next();
      if (!step.done) continue;
      expect(count).toBeGreaterThanOrEqual(size >> 20);
      return step.value.content;
    }
  });
  expect(ours).toEqual(ids.toString().trim().split('\n'));
});

test('two images that copy a large file have the same fingerprint, and a cancel stops the reading', async () => {
  write({ Dockerfile: 'FROM scratch\nCOPY . /\n', large: Buffer.alloc(3 << 20, 'x') });
  const { one, two } = await fingerprints(image('one'), image('two'));
  expect(one).toBe(two);
  const request = { root, builds: [image('one')], bases: {}, signal: AbortSignal.abort() };
  await expect(readFingerprints(request)).rejects.toThrow(Cancelled);
});
