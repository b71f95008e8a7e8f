import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LESS_GC } from '../testing/processes.js';

const PROGRAMS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.bin');
const FIX = process.argv.includes('--fix');
const CHECKS: [string, string[]][] = [
  // Several threads check much of it twice.
  ['tsc', ['-p', '.', '--singleThreaded']],
  ['oxlint', ['-c', 'oxlint.config.mjs', ...(FIX ? ['--fix'] : [])]],
  ['oxfmt', [FIX ? '--write' : '--check']],
  ['tsx', ['scripts/prose.ts']],
];
const ENVIRONMENT = { ...process.env, ...LESS_GC };

const failed = CHECKS.filter(([tool, args]) => {
  console.error(`${tool} ${args.join(' ')}`);
  return spawnSync(join(PROGRAMS, tool), args, { stdio: 'inherit', env: ENVIRONMENT }).status !== 0;
});
if (failed.length > 0) {
  console.error(`Failed: ${failed.map(([tool]) => tool).join(', ')}. \`npm run lint -- --fix\` fixes what it can.`);
  process.exit(1);
}
