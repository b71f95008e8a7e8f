import { mkdtemp, mkdir, readFile, realpath, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramMissing, type run as runProcess } from '../lib/process.js';
import type { DockerServer } from './docker.js';
import { mountOf, readMounts, type Mount } from './mountinfo.js';

/** What the layers of the Docker daemon lie on, as this machine sees it. */
export type StorageFacts =
  /** The daemon's disk can't be looked at from here. */
  | { seen: 'no'; reason: string }
  | {
      seen: 'yes';
      /** Folder that holds the layers, symbolic links resolved. */
      path: string;
      /** By the kernel: `overlayfs`, `ext4`, `tmpfs`; `0x…` for one without a name here. */
      fileSystem: string;
      /** Undefined: the table of mounts could not be read. */
      mount?: Mount;
      trial: OverlayTrial;
    };

/** What came of mounting an overlay there. */
export type OverlayTrial =
  | { result: 'mounted' }
  /** `error` is the kernel's: `EINVAL` (the file system can't carry an overlay), `EPERM` (nobody may). */
  | { result: 'refused'; error: string; message: string }
  | { result: 'not-tried'; reason: string };

export interface StorageProbe {
  server: DockerServer;
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
  /** `needed`: only where the file system is an overlay itself. */
  trial: 'always' | 'needed';
}

/** Magic numbers of statfs(2). */
const FILE_SYSTEMS: Record<number, string> = {
  0x794c7630: 'overlayfs',
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x2fc12fc1: 'zfs',
  0x01021994: 'tmpfs',
  0x65735546: 'fuse',
  0x6969: 'nfs',
  0x01021997: '9p',
  0xf2f52010: 'f2fs',
  0x61756673: 'aufs',
};

/** Looks at the folder that holds the daemon's layers. Never throws for what can't be found out. */
export async function probeStorage(probe: StorageProbe): Promise<StorageFacts> {
  const { server, env } = probe;
  if (server.status !== 'ready') return { seen: 'no', reason: 'no daemon answers' };
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '' && !host.startsWith('unix:'))
    return { seen: 'no', reason: `the daemon is at ${host}` };
  if (!(await isOurs(server)))
    return { seen: 'no', reason: `${server.rootDirectory} of the daemon is not on this file system` };
  try {
    const path = await realpath(await layersOf(server));
    const fileSystem = nameOf((await statfs(path)).type);
    const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
    const mount = mountOf(path, readMounts(table));
    const trial: OverlayTrial =
      probe.trial === 'always' || fileSystem === 'overlayfs'
        ? await tryOverlay(path, probe)
        : { result: 'not-tried', reason: `${fileSystem} carries overlays` };
    return { seen: 'yes', path, fileSystem, ...(mount && { mount }), trial };
  } catch (error) {
    return { seen: 'no', reason: `${server.rootDirectory}: ${(error as NodeJS.ErrnoException).code}` };
  }
}

type ReadyServer = Extract<DockerServer, { status: 'ready' }>;

/**
 * A socket may lead out of this container: a folder of the same name proves nothing, the daemon's id in it
 * does (moby, daemon/id.go). Who may not read it is given the benefit of the doubt.
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
async function layersOf({ rootDirectory, imageStore, storageDriver }: ReadyServer): Promise<string> {
  const places =
    imageStore === 'classic'
      ? [join(rootDirectory, storageDriver)]
      : [
          join(rootDirectory, 'containerd/daemon', snapshotterFolder(storageDriver)),
          join('/var/lib/containerd', snapshotterFolder(storageDriver)),
        ];
  for (const place of places) {
    if (await isFolder(place)) return place;
  }
  return rootDirectory;
}

const snapshotterFolder = (name: string) => `io.containerd.snapshotter.v1.${name}`;

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function nameOf(magic: number): string {
  // Some kernels report the numbers sign-extended.
  return FILE_SYSTEMS[magic >>> 0] ?? `0x${(magic >>> 0).toString(16)}`;
}

/**
 * Mounts an overlay whose upper folder lies in `folder`, in a mount namespace of its own that ends with the
 * trial: nothing is left mounted, whatever happens.
 */
export async function tryOverlay(
  folder: string,
  { env, run, signal }: Pick<StorageProbe, 'env' | 'run' | 'signal'>,
): Promise<OverlayTrial> {
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

/** Words of mount (util-linux old and new, busybox) and of unshare, by the kernel's error. */
const REFUSALS: readonly [pattern: RegExp, error: string][] = [
  [/not supported as upperdir|invalid argument|wrong fs type|bad option|bad superblock/i, 'EINVAL'],
  [/operation not permitted|permission denied|must be superuser/i, 'EPERM'],
  [/no space left/i, 'ENOSPC'],
  [/no such device|unknown filesystem/i, 'ENODEV'],
];

export function refusal(text: string): Extract<OverlayTrial, { result: 'refused' }> {
  // After the folder of the trial, which is gone by now.
  const message = (text.trim().split('\n')[0] ?? '').replace(/^.*\/?merged: /, '');
  const error = REFUSALS.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
  return { result: 'refused', error, message };
}
