import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeMemoryFolder } from '../lab/memory-folder.js';
import { fetchNewerPrograms } from '../lab/newer-docker.js';
import { stopOnSignals } from '../lab/program.js';
import { startSharedLab } from '../lab/shared-lab.js';
import { run } from '../src/lib/process.js';

interface JestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  /** Times in milliseconds. */
  testResults: {
    name: string;
    status: string;
    assertionResults: unknown[];
    startTime: number;
    endTime: number;
  }[];
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Lint, generated files and `dist/` are checked as tests are: each counts as one. */
const CHECKS: { promise: string; program: string }[] = [
  { promise: 'types, lint and format are clean', program: 'scripts/lint.ts' },
  {
    promise: 'generated documents and schema agree with their sources',
    program: 'scripts/generate.ts --check',
  },
  { promise: 'dist/ is what the build makes', program: 'scripts/check-dist.ts' },
];

/** One after the other beside the tests, which wait for daemons often enough. */
async function runChecks(signal: AbortSignal): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (const { promise, program } of CHECKS) {
    const args = ['--import', 'tsx', ...program.split(' ')];
    const { code, stdout, stderr } = await run(process.execPath, args, {
      cwd: root,
      env: process.env,
      group: 'own',
      signal,
    });
    if (code !== 0) process.stderr.write(Buffer.concat([stdout, stderr]));
    console.error(`${code === 0 ? '✓' : '✗'} ${promise}`);
    passed.push(code === 0);
  }
  return passed;
}

function runJest(args: string[], env: NodeJS.ProcessEnv, resultFile: string): Promise<number> {
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
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

/** Files that take long stay visible, and with them what to look at when the whole takes too long. */
function slowest({ testResults }: JestResults, count: number): string {
  const seconds = ({ startTime, endTime }: JestResults['testResults'][number]) =>
    (endTime - startTime) / 1000;
  const lines = testResults
    .sort((a, b) => seconds(b) - seconds(a))
    .slice(0, count)
    .map((file) => `${seconds(file).toFixed(0).padStart(5)} s  ${relative(root, file.name)}`);
  return `The slowest files:\n${lines.join('\n')}`;
}

async function main(args: string[]): Promise<number> {
  const everything = args.length === 0;
  const ending = new AbortController();
  const checking = everything ? runChecks(ending.signal) : Promise.resolve([]);
  const scratch = mkdtempSync(join(tmpdir(), 'image-release-test-'));
  // Once, before several tests ask for it; where it can't be had, they say so.
  const newer = everything ? fetchNewerPrograms().catch(() => {}) : undefined;
  const lab = await startSharedLab().catch((error: unknown) => {
    ending.abort();
    throw error;
  });
  stopOnSignals(() => {
    ending.abort();
    return lab.stop();
  });
  await newer;
  try {
    const resultFile = join(scratch, 'results.json');
    const env = {
      ...process.env,
      ...lab.env,
      DOCKER_HOST: lab.lab.dockerHost,
      TMPDIR: await makeMemoryFolder(join(lab.dir, 't')),
    };
    const code = await runJest(args, env, resultFile);
    if (!existsSync(resultFile)) throw new Error(`jest ended with exit code ${code} before it had results.`);
    const checks = await checking;
    const results = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResults;
    const brokenSuites = results.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
    const failed = results.numFailedTests + brokenSuites + checks.filter((ok) => !ok).length;
    const passed = results.numPassedTests + checks.filter((ok) => ok).length;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    if (everything) console.error(slowest(results, 10));
    console.log(`${passed} passed, ${failed} failed${skipped}`);
    return failed > 0 || code !== 0 ? 1 : 0;
  } finally {
    ending.abort();
    await lab.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
