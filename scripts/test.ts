import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeMemoryFolder } from '../lab/memory-folder.js';
import { fetchNewerPrograms } from '../lab/newer-docker.js';
import { stopOnSignals } from '../lab/program.js';
import { startSharedLab } from '../lab/shared-lab.js';
import { run } from '../src/lib/process.js';
import {
  countTests,
  isFailed,
  replaceFiles,
  runJest,
  slowest,
  type JestOptions,
  type TestRun,
} from './test/jest.js';

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

/**
 * Runs the tests. A daemon that crashes takes down whatever used it in that moment, so those files are run once more,
 * and only then.
 * @param crashes how many daemons of the lab have crashed so far
 */
async function runTests(args: string[], options: JestOptions, crashes: () => number): Promise<TestRun> {
  const first = await runJest(args, options);
  const failed = first.files.filter(isFailed).map(({ name }) => name);
  if (failed.length === 0 || crashes() === 0) return first;
  console.error(`A daemon crashed in the meantime: these are run once more.\n${failed.join('\n')}`);
  return replaceFiles(first, await runJest(['--runTestsByPath', ...failed], options));
}

async function main(args: string[]): Promise<number> {
  const everything = args.length === 0;
  const ending = new AbortController();
  const checking = everything ? runChecks(ending.signal) : Promise.resolve([]);
  const scratch = mkdtempSync(join(tmpdir(), 'image-release-test-'));
  // Once, before several tests ask for it; where it can't be had, they say so.
  const newer = everything ? fetchNewerPrograms().catch(() => {}) : undefined;
  let crashes = 0;
  const onCrash = (story: string) => {
    crashes++;
    console.error(`A daemon of the lab crashed, and with it what tests did there. ${story}`);
  };
  const lab = await startSharedLab({ onCrash }).catch((error: unknown) => {
    ending.abort();
    throw error;
  });
  stopOnSignals(() => {
    ending.abort();
    return lab.stop();
  });
  await newer;
  try {
    const env = {
      ...process.env,
      ...lab.env,
      DOCKER_HOST: lab.lab.dockerHost,
      TMPDIR: await makeMemoryFolder(join(lab.dir, 't')),
    };
    const options = { root, env, resultFile: join(scratch, 'results.json') };
    const { files, ok } = await runTests(args, options, () => crashes);
    const checks = await checking;
    const tests = countTests(files);
    const failed = tests.failed + checks.filter((passed) => !passed).length;
    const passed = tests.passed + checks.filter((passed) => passed).length;
    const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
    if (everything) console.error(slowest(files, 10, root));
    console.log(`${passed} passed, ${failed} failed${skipped}`);
    return failed > 0 || !ok ? 1 : 0;
  } finally {
    ending.abort();
    await lab.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
