// Runs a TypeScript program of this repository; installs the npm packages first when they are missing,
// so that every `npm run …` works in a fresh clone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function installed() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(marker)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const have = JSON.parse(readFileSync(marker, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  );
}

function run(command, args) {
  const result = spawnSync(command, args, { stdio: 'inherit', cwd: process.cwd() });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

if (!installed()) {
  console.error('Installing npm packages (npm ci) …');
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', root]);
  if (status !== 0) process.exit(status);
}
const [program, ...args] = process.argv.slice(2);
const child = spawn(process.execPath, ['--import', 'tsx', join(root, program), ...args], {
  stdio: 'inherit',
});
// Ctrl-C reaches the program from the terminal; what is sent to this process alone is handed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  throw error;
});
child.on('close', (code) => process.exit(code ?? 1));
