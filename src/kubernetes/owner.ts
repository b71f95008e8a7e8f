import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { labelSafe, type RunOwner } from './ownership.js';

/** This process as the owner of what it makes in a cluster. */
export async function currentOwner(run: string): Promise<RunOwner> {
  return {
    run: labelSafe(run),
    host: await thisHost(),
    pid: process.pid,
    started: (await startOf(process.pid)) ?? '0',
  };
}

/** This process in a name of a file. */
export async function processMark(): Promise<string> {
  const { host, pid, started } = await currentOwner('');
  return [host, pid, started].join('-');
}

/** Whether the process of such a mark still runs; undefined: nobody knows. */
export async function isMarkAlive(mark: string): Promise<boolean | undefined> {
  const [host = '', pid, started = ''] = mark.split('-');
  return isAlive({ run: '', host, pid: Number(pid), started });
}

/** Whether the process that owns something still runs; undefined: it is not of this machine, and nobody knows. */
export async function isAlive(owner: RunOwner): Promise<boolean | undefined> {
  if (owner.host !== (await thisHost())) return undefined;
  const start = await startOf(owner.pid);
  if (start !== undefined) return start === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The same only until the machine is started anew, and within one container: beyond, the same id is another process. */
async function thisHost(): Promise<string> {
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256').update(`${hostname()}|${boot}|${namespace}`).digest('hex').slice(0, 16);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the 22nd field; a name in brackets may hold blanks. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
