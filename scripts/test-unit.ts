import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VITEST } from './test/vitest.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** `npm run test:unit [PATH…] [-- --watch]`: the fast tests that need nothing but node and git, with Vitest's output. */
const args = process.argv.slice(2);
const other = args.find((arg) => /\.(?:lab|slow)\.test\.ts$/.test(arg));
if (other !== undefined) {
  console.error(`${other} needs the lab, or takes long. Run \`npm test -- ${other}\`.`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [
    VITEST(ROOT),
    ...(args.includes('--watch') ? [] : ['run']),
    ...args,
    '--exclude=**/*.{lab,slow}.test.ts',
    '--testTimeout=60000',
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
