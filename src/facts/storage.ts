import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramMissing } from '../lib/process.js';
import type { DockerServer } from './docker.js';
import type { Probe } from './probe.js';

/** The file system of the Docker daemon's layers, seen from this machine. */
export type StorageFacts =
  /** The daemon's disk can't be reached from here. */
  | { seen: 'no'; reason: string }
  | {
      seen: 'yes';
      /** Folder that holds the layers, symbolic links resolved. */
      path: string;
      fileSystem: string;
      mount: Mount;
      trial: OverlayTrial;
    };

export type OverlayTrial =
  | { result: 'mounted' }
  /** `error` is the kernel's: `EINVAL` (the file system can't carry an overlay), `EPERM` (nobody may). */
  | { result: 'refused'; error: string; message: string }
  | { result: 'not-tried'; reason: string };

/** Looks at the folder that holds the daemon's layers. Never throws if something can't be found out. */
export async function probeStorage(probe: Probe & { server: DockerServer }): Promise<StorageFacts> {
  const { server, env } = probe;
  if (server.status !== 'ready') return { seen: 'no', reason: 'no daemon answers' };
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '' && !host.startsWith('unix:'))
    return { seen: 'no', reason: `the daemon is at ${host}` };
  if (!(await isOurs(server)))
    return { seen: 'no', reason: `${server.rootDirectory} of the daemon is not on this file system` };
  try {
    const path = await realpath(layersOf(server));
    const mount = mountOf(path, readMounts(await readFile('/proc/self/mountinfo', 'utf8')));
    if (mount === undefined) return { seen: 'no', reason: `no mount holds ${path}` };
    const fileSystem = mount.type === 'overlay' ? 'overlayfs' : mount.type;
    const trial: OverlayTrial =
      fileSystem === 'overlayfs'
        ? await tryOverlay(path, probe)
        : { result: 'not-tried', reason: `${fileSystem} carries overlays` };
    return { seen: 'yes', path, fileSystem, mount, trial };
  } catch (error) {
    return { seen: 'no', reason: `${server.rootDirectory}: ${(error as NodeJS.ErrnoException).code}` };
  }
}

type ReadyServer = Extract<DockerServer, { status: 'ready' }>;

/**
 * A socket may lead out of this container: a folder of the same name proves nothing, the daemon's id in it does (moby,
 * daemon/id.go). If this user may not read the id, the folder counts as the daemon's.
 */
async function isOurs({ rootDirectory, id }: ReadyServer): Promise<boolean> {
  try {
    const text = await readFile(join(rootDirectory, 'engine-id'), 'utf8');
    return id === undefined || text.trim() === id;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/**
 * The classic store keeps layers in a folder named after its driver. The containerd store keeps them with
 * containerd, which dockerd starts below its own root unless the machine runs one.
 */
function layersOf({ rootDirectory, imageStore, storageDriver }: ReadyServer): string {
  const snapshotter = `io.containerd.snapshotter.v1.${storageDriver}`;
  const places =
    imageStore === 'classic'
      ? [join(rootDirectory, storageDriver)]
      : [join(rootDirectory, 'containerd/daemon', snapshotter), join('/var/lib/containerd', snapshotter)];
  return places.find((place) => existsSync(place)) ?? rootDirectory;
}

/**
 * Mounts an overlay whose upper folder is in `folder`, in a separate mount namespace that ends with the trial: nothing
 * is left mounted, whatever happens.
 */
export async function tryOverlay(folder: string, { env, run, signal }: Probe): Promise<OverlayTrial> {
  let place: string;
  try {
    place = await mkdtemp(join(folder, '.image-release-trial-'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { result: 'not-tried', reason: `this user can't write there (${code})` };
  }
  try {
    const layers = ['lower', 'upper', 'work', 'merged'];
    for (const layer of layers) await mkdir(join(place, layer));
    const args = [
      ...['--mount', 'mount', '-t', 'overlay', 'overlay'],
      ...['-o', 'lowerdir=lower,upperdir=upper,workdir=work', 'merged'],
    ];
    const { code, stderr } = await run('unshare', args, { cwd: place, env: { ...env, LC_ALL: 'C' }, signal });
    return code === 0 ? { result: 'mounted' } : refusal(stderr.toString());
  } catch (error) {
    const reason = error instanceof ProgramMissing ? 'there is no program unshare' : String(error);
    return { result: 'not-tried', reason };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Messages of mount (util-linux old and new, busybox) and of unshare, by the kernel's error. */
const REFUSALS: readonly [pattern: RegExp, error: string][] = [
  [/not supported as upperdir|invalid argument|wrong fs type|bad option|bad superblock/i, 'EINVAL'],
  [/operation not permitted|permission denied|must be superuser/i, 'EPERM'],
];

export function refusal(text: string): Extract<OverlayTrial, { result: 'refused' }> {
  // After the folder of the trial, which is gone by now.
  const message = (text.trim().split('\n')[0] ?? '').replace(/^.*\/?merged: /, '');
  const error = REFUSALS.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
  return { result: 'refused', error, message };
}

export interface Mount {
  point: string;
  /** As the kernel names the file system: `overlay`, `ext4`, `tmpfs`. */
  type: string;
  /** `major:minor` of the file system: the same for all its mounts. */
  device: string;
}

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)), in the order of mounting. */
export function readMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', , point] = before.split(' ');
    const [type] = after.split(' ');
    return point === undefined || !type
      ? []
      : [{ point: point.replace(OCTAL, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))), type, device }];
  });
}

/**
 * The mount that holds an absolute path without symbolic links: the longest, and of equal ones the last. If it is a
 * folder of a file system that is mounted further up (dockerd mounts its root upon itself), the one further up.
 */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const holding = mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .sort((a, b) => a.point.length - b.point.length);
  const nearest = holding.at(-1);
  return holding.find(({ device }) => device === nearest?.device);
}

/** Blanks, tabs, line ends and backslashes are written in octal. */
const OCTAL = /\\([0-7]{3})/g;
