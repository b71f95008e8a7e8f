import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JEST } from './test/jest.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** `npm run test:unit [PATH…] [-- --watch]`: the fast tests that need nothing but node and git, with jest's output. */
const args = process.argv.slice(2);
const other = args.find((arg) => /\.(?:lab|slow)\.test\.ts$/.test(arg));
if (other !== undefined) {
  console.error(`${other} needs the lab, or takes long. Run \`npm test -- ${other}\`.`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [...JEST(ROOT), ...args, '--testPathIgnorePatterns', '\\.(lab|slow)\\.test\\.ts$'],
  { cwd: ROOT, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
