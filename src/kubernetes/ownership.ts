import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Manifest, ObjectMeta } from './pod.js';

/** The process that created an object in the cluster, so that a later run can tell whether it is still alive. */
export interface RunOwner {
  /** Id of the run, valid as a label. */
  run: string;
  /** Names a machine since its boot, or a container on it: process ids are unique only there. */
  host: string;
  pid: number;
  /** Start time of the process: process ids are reused. */
  started: string;
}

export interface Ownership {
  owner: RunOwner;
  /** Seconds after which nobody needs the object. */
  lifetime: number;
}

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const PROGRAM = 'image-release';
const RUN = 'image-release.dev/run';
const OWNER = 'image-release.dev/owner';
const LIFETIME = 'image-release.dev/lifetime';
/** On Deployments and pods of a temporary BuildKit builder: its name. */
export const BUILDER = 'image-release.dev/builder';

/** Selector of everything that one run, or any run, created. */
export function createdBy(run?: string): string {
  return `${MANAGED_BY}=${PROGRAM},${run === undefined ? RUN : `${RUN}=${run}`}`;
}

export function withOwner<Kind extends Manifest>(manifest: Kind, { owner, lifetime }: Ownership) {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [MANAGED_BY]: PROGRAM, [RUN]: owner.run },
      annotations: { ...metadata.annotations, ...ownerAnnotations({ owner, lifetime }) },
    },
  };
}

export function builderMarks(name: string, ownership: Ownership) {
  return { labels: { [BUILDER]: name, [MANAGED_BY]: PROGRAM }, annotations: ownerAnnotations(ownership) };
}

function ownerAnnotations({ owner, lifetime }: Ownership): Record<string, string> {
  return { [OWNER]: `${owner.host}/${owner.pid}/${owner.started}`, [LIFETIME]: String(lifetime) };
}

/** Undefined: not ours, or created by a version with other marks. */
export function ownershipOf({ labels, annotations }: ObjectMeta): Ownership | undefined {
  const run = labels?.[RUN] ?? labels?.[BUILDER];
  const [host, pid, started] = annotations?.[OWNER]?.split('/') ?? [];
  const lifetime = Number(annotations?.[LIFETIME]);
  if (labels?.[MANAGED_BY] !== PROGRAM || run === undefined || !(lifetime > 0)) return undefined;
  if (host === undefined || started === undefined || !Number.isInteger(Number(pid))) return undefined;
  return { owner: { run, host, pid: Number(pid), started }, lifetime };
}

export async function currentOwner(run: string): Promise<RunOwner> {
  const [host, started = '0'] = await Promise.all([currentHost(), startOf(process.pid)]);
  return { run, host, pid: process.pid, started };
}

/** This process as a part of file names. */
export async function processMark(): Promise<string> {
  const { host, pid, started } = await currentOwner('');
  return [host, pid, started].join('-');
}

/** Whether the process of such a mark still runs; undefined: unknown. */
export async function isMarkAlive(mark: string): Promise<boolean | undefined> {
  const [host = '', pid, started = ''] = mark.split('-');
  return isAlive({ run: '', host, pid: Number(pid), started });
}

/** Whether the owner's process still runs; undefined: it is on another machine. */
export async function isAlive(owner: RunOwner): Promise<boolean | undefined> {
  if (owner.host !== (await currentHost())) return undefined;
  const start = await startOf(owner.pid);
  if (start !== undefined) return start === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Differs after a reboot and in each container, where the same process id is another process. */
async function currentHost(): Promise<string> {
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256').update(`${hostname()}|${boot}|${namespace}`).digest('hex').slice(0, 16);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the 22nd field; a name in brackets may contain blanks. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
