import { readFileSync } from 'node:fs';
import { run } from '../../src/lib/process.js';
import { JEST } from './jest.js';

/** Absolute paths of the test files that jest runs for these arguments. */
export async function listTestFiles(args: readonly string[], root: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(process.execPath, [...JEST(root), '--listTests', ...args], {
    cwd: root,
    env: process.env,
  });
  if (code !== 0) throw new Error(`jest can't list the tests: ${stderr.toString()}`);
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.endsWith('.test.ts'));
}

/** The programs that the first comments of test files declare: `@programs docker kubectl`. */
export function declaredPrograms(files: readonly string[]): Set<string> {
  const programs = new Set<string>();
  for (const file of files) {
    const [comment = ''] = /^\s*\/\*\*.*?\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
    for (const [, names = ''] of comment.matchAll(/@programs ([^\n*]*)/g)) {
      for (const name of names.trim().split(/\s+/)) programs.add(name);
    }
  }
  return programs;
}
