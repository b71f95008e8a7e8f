import { spawnSync } from 'node:child_process';

const FIX = process.argv.includes('--fix');
const CHECKS: [string, string[]][] = [
  ['tsc', ['-p', '.']],
  ['eslint', ['.', ...(FIX ? ['--fix'] : [])]],
  ['prettier', [FIX ? '--write' : '--check', '--log-level', 'warn', '.']],
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
