// What the lab starts ends with it, however that went: the program runs in a PID and a mount namespace of its own, so
// that the kernel ends all its processes and mounts together, and a guardian removes its folder and network bridges.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// /var/tmp, not os.tmpdir(): /tmp is memory on many machines, and sockets need a path of at most 107 bytes.
const PARENT = process.platform === 'linux' ? '/var/tmp' : tmpdir();

/**
 * Starts a program with a folder for all that it makes, `LAB_DIR`. As root on Linux nothing of it can stay behind;
 * elsewhere no daemon can be started, and the program itself is ended.
 * @param {string[]} command
 * @param {string} root of the repository
 * @returns {{ ended: Promise<{ code: number | null, signal: string | null }>, end: (signal: string) => void }}
 *   `ended` settles when everything is cleaned up; `end` kills the program
 */
export function enclose(command, root) {
  const dir = mkdtempSync(process.env.LAB_DIR ? join(process.env.LAB_DIR, 'l-') : join(PARENT, 'release-lab-'));
  const guardian = spawn(process.execPath, ['--import', 'tsx', 'lab/guardian.ts', dir], {
    cwd: root,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const privileged = process.platform === 'linux' && process.getuid?.() === 0;
  const [program, ...args] = privileged ? [...NAMESPACES, ...command] : command;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...process.env, LAB_DIR: dir, LAB_PATH: process.env.LAB_PATH ?? process.env.PATH },
  });
  let asked = null;
  const ended = (async () => {
    const { code, signal } = await endOf(child);
    guardian.stdin.end();
    await endOf(guardian);
    return { code, signal: asked ?? signal };
  })();
  return {
    ended,
    end(signal) {
      asked ??= signal;
      child.kill('SIGKILL');
    },
  };
}

const NAMESPACES = [
  // The kernel kills `unshare` when this process ends, and with it the first process of the namespace.
  ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'],
  // A shell as the first process: it takes note of every orphan that ends.
  ...['sh', '-c', '"$@" & wait $!', 'sh'],
];

function endOf(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}
