import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';

/** As Vitest's JSON report has it; times in milliseconds. */
export interface TestFile {
  name: string;
  status: string;
  assertionResults: { status: string; ancestorTitles: string[] }[];
  startTime: number;
  endTime: number;
}

export interface TestRun {
  files: TestFile[];
  /** Vitest says that everything is well. */
  ok: boolean;
}

export interface TestOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  /** Overwritten. */
  resultFile: string;
}

const VITEST = (root: string): string => join(root, 'node_modules/vitest/vitest.mjs');

/** Absolute paths of the test files that run for these arguments. */
export async function listTestFiles(args: readonly string[], root: string): Promise<string[]> {
  const command = [VITEST(root), 'list', ...args, '--filesOnly', '--json'];
  const { code, stdout, stderr } = await run(process.execPath, command, { cwd: root, env: process.env });
  if (code !== 0) throw new Error(`The tests can't be listed: ${stderr.toString()}`);
  return (JSON.parse(stdout.toString()) as { file: string }[]).map(({ file }) => file);
}

/**
 * Runs the test files whose paths contain one of `args`, or all. What the tests print goes to stderr.
 * @throws Error when it ended before it had results
 */
export async function runTests(args: readonly string[], { root, env, resultFile }: TestOptions): Promise<TestRun> {
  rmSync(resultFile, { force: true });
  const child = spawn(
    process.execPath,
    [
      ...[VITEST(root), 'run', ...args],
      // Stories wait for daemons, servers and signals half of the time.
      '--maxWorkers=3',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${resultFile}`,
    ],
    { cwd: root, env, stdio: ['ignore', 2, 'inherit'] },
  );
  const code = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  if (!existsSync(resultFile)) throw new Error(`The tests ended with exit code ${code} before there were results.`);
  const { testResults } = JSON.parse(readFileSync(resultFile, 'utf8')) as { testResults: TestFile[] };
  return { files: testResults, ok: code === 0 };
}

export const isFailed = ({ status }: TestFile): boolean => status === 'failed';

/** `first`, with the results of a second run in place of those of the same files. */
export function replaceFiles(first: TestRun, second: TestRun): TestRun {
  const again = new Set(second.files.map(({ name }) => name));
  return { files: [...first.files.filter(({ name }) => !again.has(name)), ...second.files], ok: second.ok };
}
