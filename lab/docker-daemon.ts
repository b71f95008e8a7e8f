import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/lib/process.js';
import { type Bridge, addBridge } from './bridge.js';
import { cgroupParent, removeLabDirectory } from './lab-directory.js';
import { type Service, SERVICE_PATH, startService } from './service.js';

export interface LabDaemon {
  /** `unix://…`: the value for DOCKER_HOST. */
  host: string;
  /** Address of the containers' bridge on this machine; undefined for a daemon that isn't ours. */
  gateway?: string;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** Absolute and short (sockets allow 107 bytes); made when it isn't there, removed by `stop()`. */
  dir: string;
  /** `classic` can neither attest nor push an index: what an older Docker does. */
  store?: 'containerd' | 'classic';
  /** Besides 127.0.0.0/8, which every daemon takes as insecure. */
  insecureRegistries?: string[];
  /** `docker's own`: also on overlayfs, where that doesn't work (see `nested-overlay.ts`). */
  storageDriver?: "docker's own";
  /** Folders with another dockerd, containerd and runc than the machine's, as in PATH. */
  programs?: string;
  /** Told when the daemon or its containerd ended by itself, before it is started again. */
  onCrash?: (story: string) => void;
}

const OVERLAYFS_MAGIC = 0x794c7630;

/**
 * Starts a Docker daemon with everything of its own: containerd, data, sockets, bridge. The machine's own
 * Docker and its firewall rules are left alone; so containers reach this machine, but no other.
 * @throws Error with the end of the daemon's log when it doesn't start
 */
export async function startDockerDaemon(options: DaemonOptions): Promise<LabDaemon> {
  const { dir } = options;
  await mkdir(dir, { recursive: true });
  const bridge = await addBridge(dir);
  const services: Service[] = [];
  const stop = async () => {
    for (const service of services.reverse()) await service.stop();
    await removeLabDirectory(dir);
  };
  try {
    services.push(await startContainerd(options));
    services.push(await startDockerd(options, bridge));
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: hostOf(dir), gateway: bridge.address, stop };
}

const hostOf = (dir: string): string => `unix://${join(dir, 'docker.sock')}`;

/** A containerd of our own even where the machine runs one: else images and mounts would land in that one. */
async function startContainerd(options: DaemonOptions): Promise<Service> {
  const { dir } = options;
  const env = environmentOf(options);
  const socket = join(dir, 'containerd.sock');
  const config = join(dir, 'containerd.toml');
  await writeFile(
    config,
    [
      'version = 2',
      `root = ${JSON.stringify(join(dir, 'containerd'))}`,
      `state = ${JSON.stringify(join(dir, 'containerd-state'))}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = ${JSON.stringify(socket)}`,
      '',
    ].join('\n'),
  );
  return startService({
    program: 'containerd',
    args: ['--config', config],
    log: join(dir, 'containerd.log'),
    env,
    ready: async () => (await run('ctr', ['--address', socket, 'version'], { env })).code === 0,
    onCrash: options.onCrash,
  });
}

async function startDockerd(options: DaemonOptions, bridge: Bridge): Promise<Service> {
  const { dir } = options;
  const config = join(dir, 'daemon.json');
  const env = environmentOf(options);
  await writeFile(config, JSON.stringify(await configuration(options, bridge), null, 2));
  return startService({
    program: 'dockerd',
    args: ['--config-file', config],
    log: join(dir, 'dockerd.log'),
    env,
    ready: () => answers(hostOf(dir), env),
    patienceMs: 60_000,
    onCrash: options.onCrash,
  });
}

async function configuration(options: DaemonOptions, bridge: Bridge): Promise<Record<string, unknown>> {
  const { dir } = options;
  const nested = options.storageDriver === undefined && (await statfs(dir)).type === OVERLAYFS_MAGIC;
  return {
    features: { 'containerd-snapshotter': options.store !== 'classic' },
    // On overlayfs (a container's own file system) no further overlay can be mounted: plain copies then.
    ...(nested && { 'storage-driver': options.store === 'classic' ? 'vfs' : 'native' }),
    'data-root': join(dir, 'data'),
    'cgroup-parent': `/${cgroupParent(dir)}`,
    'exec-root': join(dir, 'exec'),
    pidfile: join(dir, 'dockerd.pid'),
    hosts: [hostOf(dir)],
    containerd: join(dir, 'containerd.sock'),
    'insecure-registries': options.insecureRegistries ?? [],
    bridge: bridge.name,
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
  };
}

const PATH_ONLY = { PATH: SERVICE_PATH };

function environmentOf({ programs }: DaemonOptions): { PATH: string } {
  return programs === undefined ? PATH_ONLY : { PATH: `${programs}:${SERVICE_PATH}` };
}

async function answers(host: string, env: { PATH: string }): Promise<boolean> {
  return (await run('docker', ['version'], { env: { ...env, DOCKER_HOST: host } })).code === 0;
}
