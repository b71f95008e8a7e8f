// Runs a TypeScript program of this repository: `node scripts/run.mjs [--lab] PROGRAM [ARGUMENT…]`. Installs the npm
// packages first if they are missing, so that every `npm run …` works in a fresh clone. With `--lab`, the program may
// start daemons: see lab/enclosure.mjs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enclose } from '../lab/enclosure.mjs';

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

function installPackages() {
  if (installed()) return;
  console.error('Installing npm packages (npm ci) …');
  const args = ['ci', '--no-audit', '--no-fund', '--prefix', root];
  const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 2, 'inherit'] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Parent process of a process; undefined on systems without /proc. */
function parentOf(pid) {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : undefined;
  return stat && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** A killed npm leaves its shell and this process behind, so the parent is checked, and the parent of npm's shell. */
function onParentGone(react) {
  const parent = process.ppid;
  const name = existsSync(`/proc/${parent}/comm`) ? readFileSync(`/proc/${parent}/comm`, 'utf8').trim() : '';
  const grandparent = /^(?:sh|dash|bash|busybox)$/.test(name) ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    const same = process.ppid === parent && (grandparent === undefined || parentOf(parent) === grandparent);
    if (!same) react();
  }, 500);
  timer.unref();
}

const [lab, program, ...args] = process.argv[2] === '--lab' ? process.argv.slice(2) : ['', ...process.argv.slice(2)];
installPackages();

const command = [process.execPath, '--import', 'tsx', resolve(root, program), ...args];
const running = lab ? enclose(command, root) : startPlainly(command);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => running.end(signal));
onParentGone(() => running.end('SIGTERM'));
const { code, signal } = await running.ended;
process.exit(signal ? 128 + constants.signals[signal] : code);

function startPlainly([node, ...rest]) {
  const child = spawn(node, rest, { stdio: 'inherit' });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  // Ctrl-C reaches the program from the terminal.
  return { ended, end: (signal) => signal !== 'SIGINT' && child.kill(signal) };
}
