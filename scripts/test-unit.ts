import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** `npm run test:unit [PATH…] [-- --watch]`: the tests that need nothing but node and git, in jest's own words. */
const args = process.argv.slice(2);
const lab = args.find((arg) => arg.endsWith('.lab.test.ts'));
if (lab !== undefined) {
  console.error(`${lab} needs Docker: run \`npm test -- ${lab}\`.`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    ...args,
    '--testPathIgnorePatterns',
    '\\.(lab|slow)\\.test\\.ts$',
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
