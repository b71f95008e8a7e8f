import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../src/lib/process.js';

// /var/tmp, not os.tmpdir(): /tmp is memory on many machines, and sockets need a path of at most 107 bytes.
const PARENT = '/var/tmp';
const PREFIX = 'release-lab-';
const OWNER = 'owner';

/** A process's start time in clock ticks since boot: together with the id it names a process for good. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc_pid_stat(5); the name in field 2 may hold blanks and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

async function ownerLives(dir: string): Promise<boolean> {
  const [pid, started] = (await readFile(join(dir, OWNER), 'utf8').catch(() => '')).split(' ');
  return pid !== undefined && pid !== '' && (await startTime(Number(pid))) === started;
}

/**
 * Makes a directory for one lab and marks it as owned by this process. Directories whose owner is gone
 * (killed before it could clean up) are emptied and removed first.
 */
export async function createLabDirectory(): Promise<string> {
  await removeAbandonedLabs();
  const dir = await mkdtemp(join(PARENT, PREFIX));
  await writeFile(join(dir, OWNER), `${process.pid} ${await startTime(process.pid)}`);
  return dir;
}

async function removeAbandonedLabs(): Promise<void> {
  for (const name of await readdir(PARENT)) {
    const dir = join(PARENT, name);
    if (!name.startsWith(PREFIX) || (await ownerLives(dir))) continue;
    await removeLabDirectory(dir);
  }
}

/** Ends every process that was started for `dir`, releases its mounts and removes it. Safe to repeat. */
export async function removeLabDirectory(dir: string): Promise<void> {
  // Daemons before the processes that they supervise: what a daemon can end itself, it ends best.
  for (const pid of await processesNaming(dir)) await endProcess(pid);
  await releaseMounts(dir);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Ids of the processes whose command line names a path inside `dir`, oldest first. */
async function processesNaming(dir: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.some((word) => word.includes(`${dir}/`)) && (await isService(pid))) pids.push(pid);
  }
  return pids.sort((a, b) => a - b);
}

/** Only what the lab starts as a service is ended: never a person's editor or shell that looks at its files. */
async function isService(pid: number): Promise<boolean> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
  return /^(dockerd|containerd|containerd-shim|docker-registry|docker-proxy|runc)/.test(name);
}

/** Asks a process to end (SIGTERM) and makes it (SIGKILL) when it has not after `graceMs`. */
export async function endProcess(pid: number, graceMs = 15_000): Promise<void> {
  const started = await startTime(pid);
  const gone = async () =>
    started === undefined || (await startTime(pid)) !== started || (await isZombie(pid));
  for (const [signal, patience] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < patience; waited += 50) {
      if (await gone()) return;
      await delay(50);
    }
  }
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** Unmounts everything below `dir`, the innermost first. */
export async function releaseMounts(dir: string): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.reverse()) {
    await run('umount', ['--lazy', point], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  }
}
