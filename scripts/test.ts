import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchNewerPrograms } from '../lab/newer-docker.js';
import { stopOnSignals } from '../lab/program.js';
import { startSharedLab } from '../lab/shared-lab.js';

interface JestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: { status: string; assertionResults: unknown[] }[];
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

function check({ promise, program }: (typeof CHECKS)[number]): boolean {
  const args = ['--import', 'tsx', ...program.split(' ')];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.error(`${status === 0 ? '✓' : '✗'} ${promise}`);
  return status === 0;
}

function runJest(args: string[], env: NodeJS.ProcessEnv, resultFile: string): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      '--maxWorkers=2',
      // Starting git costs a large process several times what it costs a small one, and tests start it often.
      '--workerIdleMemoryLimit=400MB',
      // A socket that a test left open must not keep CI from ending.
      '--forceExit',
      `--outputFile=${resultFile}`,
      ...args,
    ],
    { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

async function main(args: string[]): Promise<number> {
  const everything = args.length === 0;
  const checks = everything ? CHECKS.map(check) : [];
  const scratch = mkdtempSync(join(tmpdir(), 'image-release-test-'));
  // Once, before several tests ask for it; where it can't be had, they say so.
  const newer = everything ? fetchNewerPrograms().catch(() => {}) : undefined;
  const lab = await startSharedLab();
  stopOnSignals(lab.stop);
  await newer;
  try {
    const resultFile = join(scratch, 'results.json');
    const code = await runJest(
      args,
      { ...process.env, ...lab.env, DOCKER_HOST: lab.lab.dockerHost },
      resultFile,
    );
    if (!existsSync(resultFile)) throw new Error(`jest ended with exit code ${code} before it had results.`);
    const results = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResults;
    const brokenSuites = results.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
    const failed = results.numFailedTests + brokenSuites + checks.filter((ok) => !ok).length;
    const passed = results.numPassedTests + checks.filter((ok) => ok).length;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    console.log(`${passed} passed, ${failed} failed${skipped}`);
    return failed > 0 || code !== 0 ? 1 : 0;
  } finally {
    await lab.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
