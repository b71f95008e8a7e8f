import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** As jest's `--json` has it; times in milliseconds. */
export interface TestFile {
  name: string;
  status: string;
  assertionResults: { status: string; ancestorTitles: string[] }[];
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

/** Arguments of node that run jest. */
export const JEST = (root: string): string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
];

/**
 * Runs jest over the files that `args` name, or over all.
 * @throws Error when it ended before it had results
 */
export async function runJest(args: readonly string[], { root, env, resultFile }: JestOptions): Promise<TestRun> {
  rmSync(resultFile, { force: true });
  const child = spawn(
    process.execPath,
    [
      ...JEST(root),
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

/** `first`, with the results of a second run in place of those of the same files. */
export function replaceFiles(first: TestRun, second: TestRun): TestRun {
  const again = new Set(second.files.map(({ name }) => name));
  return { files: [...first.files.filter(({ name }) => !again.has(name)), ...second.files], ok: second.ok };
}
