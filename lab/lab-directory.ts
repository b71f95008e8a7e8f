import { mkdtemp, readFile, readdir, readlink, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/lib/process.js';
import { deleteBridge, notedBridges, removeBridge } from './bridge.js';
import { endProcess, startTime } from '../testing/processes.js';
import { SERVICE_PATH } from './service.js';

const PREFIX = 'release-lab-';
const OWNER = 'owner';

/**
 * Makes a directory in that of the running lab, for daemons, sockets and data of one part of it.
 * @throws Error outside of `npm test` and `npm run lab`, which remove what is left at their end
 */
export async function createLabDirectory(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const parent = env.LAB_DIR;
  if (!parent) throw new Error('LAB_DIR is not set. Start this with `npm test [PATH]` or `npm run lab [PART]`.');
  // Short: see enclosure.mjs.
  return mkdtemp(join(parent, 'l-'));
}

/** The namespace, id and start time of a process: names it for good. */
async function identify(pid: number): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${namespace} ${pid} ${await startTime(pid)}`;
}

/** Marks a lab's directory as this process's: it is abandoned when the process is gone. */
export async function signLabDirectory(dir: string): Promise<void> {
  await writeFile(join(dir, OWNER), await identify(process.pid));
}

async function isAbandoned(dir: string): Promise<boolean> {
  const owner = await readFile(join(dir, OWNER), 'utf8').catch(() => undefined);
  if (owner === undefined) {
    // Just made and not signed yet; or half removed long ago.
    const made = await stat(dir).catch(() => undefined);
    return made !== undefined && Date.now() - made.mtimeMs > 60_000;
  }
  const [namespace, pid] = owner.split(' ');
  const current = await identify(Number(pid));
  // The process ids of another namespace can't be looked up from here.
  return current.startsWith(`${namespace} `) && current !== owner;
}

/** Removes the directories of labs whose guardian was killed, or whose machine was switched off. */
export async function removeAbandonedLabs(parent = '/var/tmp'): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const dir = join(parent, name);
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
  await removeBridges(dir);
  await removeCgroups(dir);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A lab's daemons lie at most two folders deep in it, except those of labs that its tests have started. */
async function removeBridges(dir: string, depth = 4): Promise<void> {
  await removeBridge(dir);
  for (const name of await notedBridges(dir)) await deleteBridge(name);
  if (depth === 0) return;
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await removeBridges(join(dir, entry.name), depth - 1);
  }
}

/** Names the control groups of a daemon's containers, so that they can be found when it was killed. */
export const cgroupParent = (dir: string): string =>
  dir
    .split('/')
    .filter((name) => name !== '')
    .slice(2)
    .join('-');

/** Of every hierarchy that is mounted here: one with version 2, several with version 1. */
async function removeCgroups(dir: string): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const roots = table
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4]!);
  for (const root of roots) {
    for (const name of await readdir(root).catch(() => [])) {
      const prefix = cgroupParent(dir);
      if (name === prefix || name.startsWith(`${prefix}-`)) await removeCgroup(join(root, name));
    }
  }
}

async function removeCgroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  await rmdir(path).catch(() => {});
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
