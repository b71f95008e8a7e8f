import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/** As jest's `--json` has it; times in milliseconds. */
export interface TestFile {
  name: string;
  status: string;
  assertionResults: { status: string }[];
  startTime: number;
  endTime: number;
}

export interface TestRun {
  files: TestFile[];
  /** Jest says that everything is well. */
  ok: boolean;
}

export interface JestOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  /** Overwritten. */
  resultFile: string;
}

/**
 * Runs jest over the files that `args` name, or over all.
 * @throws Error when it ended before it had results
 */
export async function runJest(
  args: readonly string[],
  { root, env, resultFile }: JestOptions,
): Promise<TestRun> {
  rmSync(resultFile, { force: true });
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      // Stories wait for daemons, servers and signals half of the time.
      '--maxWorkers=3',
      // Starting git costs a large process several times what it costs a small one, and tests start it often.
      '--workerIdleMemoryLimit=200MB',
      // A socket that a test left open must not keep CI from ending.
      '--forceExit',
      `--outputFile=${resultFile}`,
      ...args,
    ],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const code = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  if (!existsSync(resultFile)) throw new Error(`jest ended with exit code ${code} before it had results.`);
  const { testResults } = JSON.parse(readFileSync(resultFile, 'utf8')) as { testResults: TestFile[] };
  return { files: testResults, ok: code === 0 };
}

export const isFailed = ({ status }: TestFile): boolean => status === 'failed';

/** `first`, with what a second run has of its files in their place. */
export function replaceFiles(first: TestRun, second: TestRun): TestRun {
  const again = new Set(second.files.map(({ name }) => name));
  return { files: [...first.files.filter(({ name }) => !again.has(name)), ...second.files], ok: second.ok };
}

/** Tests by outcome; a file that could not be loaded counts as one that failed. */
export function countTests(files: readonly TestFile[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    if (isFailed(file) && file.assertionResults.length === 0) counts.failed++;
    for (const { status } of file.assertionResults) {
      counts[status === 'passed' || status === 'failed' ? status : 'skipped']++;
    }
  }
  return counts;
}

/** Files that take long stay visible, and with them what to look at when the whole takes too long. */
export function slowest(files: readonly TestFile[], count: number, root: string): string {
  const seconds = ({ startTime, endTime }: TestFile) => (endTime - startTime) / 1000;
  const lines = [...files]
    .sort((a, b) => seconds(b) - seconds(a))
    .slice(0, count)
    .map((file) => `${seconds(file).toFixed(0).padStart(5)} s  ${relative(root, file.name)}`);
  return `The slowest files:\n${lines.join('\n')}`;
}
