import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/lib/process.js';
import { removeBridge } from './bridge.js';
import { endProcess, SERVICE_PATH, startTime } from './system.js';

// /var/tmp, not os.tmpdir(): /tmp is memory on many machines, and sockets need a path of at most 107 bytes.
const PARENT = '/var/tmp';
const PREFIX = 'release-lab-';
const OWNER = 'owner';

async function isAbandoned(dir: string): Promise<boolean> {
  const owner = await readFile(join(dir, OWNER), 'utf8').catch(() => undefined);
  if (owner === undefined) {
    // Just made, and its owner about to sign it; or emptied half-way long ago.
    const made = await stat(dir).catch(() => undefined);
    return made !== undefined && Date.now() - made.mtimeMs > 60_000;
  }
  const [pid, started] = owner.split(' ');
  return (await startTime(Number(pid))) !== started;
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
    if (name.startsWith(PREFIX) && (await isAbandoned(dir))) await removeLabDirectory(dir);
  }
}

/** Ends every process that was started for `dir`, releases its mounts and removes it. Safe to repeat. */
export async function removeLabDirectory(dir: string): Promise<void> {
  // Daemons before the processes that they supervise: what a daemon can end itself, it ends best.
  for (const pid of await processesNaming(dir)) await endProcess(pid);
  // A build step that ran when its daemon was ended goes on alone.
  for (const pid of await processesRootedIn(dir)) await endProcess(pid, 0);
  await releaseMounts(dir);
  const folders = await readdir(dir).catch(() => []);
  for (const folder of ['.', ...folders]) await removeBridge(join(dir, folder));
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

/** Ids of the processes whose root file system lies inside `dir`: those of containers and build steps. */
async function processesRootedIn(dir: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const table = await readFile(`/proc/${name}/mountinfo`, 'utf8').catch(() => '');
    const root = table.split('\n').find((line) => line.split(' ')[4] === '/');
    if (root?.includes(`${dir}/`)) pids.push(Number(name));
  }
  return pids;
}

/** Only what the lab starts as a service is ended: never a person's editor or shell that looks at its files. */
async function isService(pid: number): Promise<boolean> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
  return /^(dockerd|containerd|containerd-shim|docker-registry|docker-proxy|runc)/.test(name);
}

/** Unmounts everything below `dir`, the innermost first. */
async function releaseMounts(dir: string): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.reverse()) {
    await run('umount', ['--lazy', point], { env: { PATH: SERVICE_PATH } });
  }
}
