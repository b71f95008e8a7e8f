import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';
import { ROOT } from './repository-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'declared-programs-'));
  await mkdir(join(folder, 'bin'));
  for (const program of ['kubectl', 'some-tool']) {
    await writeFile(join(folder, 'bin', program), '#!/bin/sh\necho here\n', { mode: 0o755 });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs one test file with `body` in its test, on a machine that has kubectl and some-tool. */
async function runTest(header: string, body: string): Promise<{ code: number; output: string }> {
  const dir = await mkdtemp(join(folder, 'test-'));
  const imports = "import { execFileSync, spawnSync } from 'node:child_process';";
  await writeFile(join(dir, 'a.test.mjs'), `${header}\n${imports}\ntest('a promise', () => {${body}});\n`);
  const test = { globals: true, runner: join(ROOT, 'scripts/test/declared-programs.ts') };
  await writeFile(join(dir, 'vitest.config.mjs'), `export default ${JSON.stringify({ cacheDir: 'cache', test })};`);
  const env = { PATH: process.env.PATH, LAB_PATH: join(folder, 'bin'), TMPDIR: dir };
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'];
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: dir, env });
  return { code, output: `${stdout.toString()}${stderr.toString()}` };
}

test('a test sees only declared programs and the base system, and its failure names the declaration to add', async () => {
  const header = '/** @programs some-tool */';
  const works = "if (`${execFileSync('some-tool')}` !== 'here\\n') throw new Error('?');";
  // The base system is available even if PATH doesn't contain it.
  const base =
    "for (const name of ['git', 'sh', 'tar', 'node']) if (spawnSync(name, ['--version']).error) throw new Error(name);";
  expect(await runTest(header, works + base)).toEqual({ code: 0, output: expect.anything() });
  const { code, output } = await runTest(header, "execFileSync('sh', ['-c', 'kubectl']);");
  expect(code).toBe(1);
  expect(output).toContain('This test file sees the base system and some-tool, not kubectl.');
  expect(output).toContain('declare it in the first comment of the file: @programs some-tool kubectl');
});

test('also names a program that image-release misses, and leaves other failures unchanged', async () => {
  const missed = await runTest('', "throw new Error('Builder kaniko: The program kubectl is not on PATH.');");
  expect(missed.output).toContain('This test file sees the base system, not kubectl.');
  const { output } = await runTest('', "throw new Error('1 is not 2');");
  expect(output).toContain('1 is not 2');
  expect(output).not.toContain('@programs');
});
