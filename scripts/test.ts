import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeMemoryFolder } from '../lab/memory-folder.js';
import { fetchNewerPrograms } from '../lab/newer-docker.js';
import { ensureDebianPackages, packagesOf } from '../lab/packages.js';
import { startSharedLab } from '../lab/shared-lab.js';
import { run } from '../src/lib/process.js';
import { declaredPrograms } from './test/declared-programs.js';
import { isFailed, listTestFiles, replaceFiles, runTests, type TestOptions, type TestRun } from './test/vitest.js';
import { countTests, skippedTests, slowest } from './test/summary.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Lint, generated files and `dist/` are checked as tests are: each counts as one. */
const CHECKS: { promise: string; program: string }[] = [
  { promise: 'types, lint and format are clean', program: 'scripts/lint.ts' },
  {
    promise: 'generated documents and schema agree with their sources',
    program: 'scripts/generate.ts --check',
  },
  { promise: 'dist/ is what the build makes', program: 'scripts/check-dist.ts' },
];

/** One after the other while the lab starts, and next to the tests, which wait for daemons often enough. */
async function runChecks(): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (const { promise, program } of CHECKS) {
    const args = ['--import', 'tsx', ...program.split(' ')];
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: ROOT, env: process.env });
    if (code !== 0) process.stderr.write(Buffer.concat([stdout, stderr]));
    console.error(`${code === 0 ? '✓' : '✗'} ${promise}`);
    passed.push(code === 0);
  }
  return passed;
}

/**
 * Runs the tests. A daemon that crashes fails every test that uses it at that moment, so only then the failed files
 * run once more.
 * @param crashes how many daemons of the lab have crashed so far
 */
async function runAll(
  args: string[],
  options: TestOptions,
  crashes: () => number,
): Promise<TestRun & { repeated: string[] }> {
  const first = await runTests(args, options);
  const repeated = first.files.filter(isFailed).map(({ name }) => name);
  if (repeated.length === 0 || crashes() === 0) return { ...first, repeated: [] };
  console.error(`A daemon crashed during these tests. They run once more:\n${repeated.join('\n')}`);
  return { ...replaceFiles(first, await runTests(repeated, options)), repeated };
}

/** What the selected tests need: the programs that they declare, and a lab if one of them uses it. */
async function prepare(files: readonly string[], dir: string, onCrash: (story: string) => void) {
  await ensureDebianPackages(packagesOf(new Set(files.flatMap(declaredPrograms))));
  const TMPDIR = await makeMemoryFolder(join(dir, 't'));
  if (!files.some((file) => file.endsWith('.lab.test.ts'))) return { TMPDIR };
  const { env, lab } = await startSharedLab({ onCrash, memory: true });
  return { TMPDIR, ...env, DOCKER_HOST: lab.dockerHost };
}

/** `npm test [PATH…]` runs everything, or the files whose paths match. */
async function main(args: string[]): Promise<number> {
  const dir = process.env.LAB_DIR!;
  const everything = args.length === 0;
  const files = await listTestFiles(args, ROOT);
  const checking = everything ? runChecks() : Promise.resolve([]);
  // Several tests use them: fetched once, before the first asks. If they can't be had, those tests say so.
  const newer = everything ? fetchNewerPrograms().catch(() => {}) : undefined;
  let crashes = 0;
  const env = await prepare(files, dir, (story) => {
    crashes++;
    console.error(`A daemon of the lab crashed. ${story}`);
  });
  await newer;
  const resultFile = join(dir, 'results.json');
  const options = { root: ROOT, env: { ...process.env, ...env }, resultFile };
  const result = await runAll(args, options, () => crashes);
  const checks = await checking;

  const tests = countTests(result.files);
  const outside = tests.failed === 0 && !result.ok;
  if (outside) console.error('Something failed outside of the tests, see above.');
  const failed = tests.failed + Number(outside) + checks.filter((passed) => !passed).length;
  const passed = tests.passed + checks.filter((passed) => passed).length;
  if (everything) console.error(slowest(result.files, 10, ROOT));
  for (const line of skippedTests(result.files, ROOT)) console.error(line);
  if (crashes > 0) {
    console.error(`Daemons that crashed: ${crashes}. Test files that ran a second time: ${result.repeated.length}.`);
  }
  console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`);
  return failed > 0 ? 1 : 0;
}

// The lab is not stopped here: it ends with this process (lab/enclosure.mjs).
process.exit(await main(process.argv.slice(2)));
