import { spawnSync } from 'node:child_process';

const FIX = process.argv.includes('--fix');
/** What has not changed since it passed is not looked at again. */
const CACHE = ['--cache', '--cache-strategy', 'content', '--cache-location', '.lab/prettier'];
const CHECKS: [string, string[]][] = [
  ['tsc', ['-p', '.', '--incremental', '--tsBuildInfoFile', '.lab/tsc.tsbuildinfo']],
  ['eslint', ['.', ...(FIX ? ['--fix'] : [])]],
  ['prettier', [FIX ? '--write' : '--check', '--log-level', 'warn', ...CACHE, '.']],
];

const failed = CHECKS.filter(([tool, args]) => {
  console.error(`${tool} ${args.join(' ')}`);
  return spawnSync('npx', ['--no-install', tool, ...args], { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(
    `Failed: ${failed.map(([tool]) => tool).join(', ')}. \`npm run lint -- --fix\` mends what it can.`,
  );
  process.exit(1);
}
