/** @programs shellcheck */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';
import { wrapperScripts } from '../../src/templates/wrapper-scripts.js';
import { writeFiles } from '../../src/templates/write-files.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wrapper-scripts-'));
  await writeFiles(wrapperScripts(['api', 'frontend']), { root, existing: 'keep', mode: 'write' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the scripts are clean to shellcheck', async () => {
  const scripts = wrapperScripts(['api', 'frontend']).map(({ path }) => join(root, path));
  const { code, stdout } = await run('shellcheck', scripts, { env: process.env });
  expect({ code, said: stdout.toString() }).toEqual({ code: 0, said: '' });
});
