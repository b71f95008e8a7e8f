import { run } from '../../src/lib/process.js';
import { declaredPrograms } from './declared-programs.js';
import { VITEST } from './vitest.js';

/** Absolute paths of the test files that run for these arguments. */
export async function listTestFiles(args: readonly string[], root: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(
    process.execPath,
    [VITEST(root), 'list', ...args, '--filesOnly', '--json'],
    {
      cwd: root,
      env: process.env,
    },
  );
  if (code !== 0) throw new Error(`The tests can't be listed: ${stderr.toString()}`);
  return (JSON.parse(stdout.toString()) as { file: string }[]).map(({ file }) => file);
}

export const programsOf = (files: readonly string[]): Set<string> => new Set(files.flatMap(declaredPrograms));
