import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { startBuildkitProxy } from './buildkit-proxy.js';
import { unpackDebianPackages } from './debian-download.js';
import { startDockerDaemon } from './docker-daemon.js';
import { SERVICE_PATH } from './service.js';

const RELEASE = 'testing';
const PACKAGES = ['docker.io', 'docker-cli', 'docker-buildx', 'containerd', 'runc', 'kustomize'];

/** Programs of a newer generation than the machine's own, unpacked but not installed. */
export interface NewerPrograms {
  /** Folders with docker, dockerd, containerd, runc and kustomize, to stand first in PATH. */
  path: string;
  /** Folder with buildx, to be `cli-plugins` of a docker configuration. */
  plugins: string;
  /** What was unpacked, with versions. */
  packages: string[];
}

/** A daemon of that generation, and what programs need to use it. */
export interface NewerDocker {
  /** `tcp://127.0.0.1:PORT`: its BuildKit, for buildx's `remote` driver. */
  buildkit: string;
  env: { PATH: string; DOCKER_HOST: string; DOCKER_CONFIG: string };
  stop(): Promise<void>;
}

/**
 * Gets the newer programs from Debian's next release; a run within a week of another needs no network.
 * @throws PackagesUnavailable
 */
export async function fetchNewerPrograms(): Promise<NewerPrograms> {
  const { root, files } = await unpackDebianPackages({
    name: 'newer-docker',
    release: RELEASE,
    packages: PACKAGES,
  });
  return {
    path: [join(root, 'usr/bin'), join(root, 'usr/sbin')].join(':'),
    plugins: join(root, 'usr/libexec/docker/cli-plugins'),
    packages: files,
  };
}

/**
 * Starts the newer daemon beside the machine's and the lab's own.
 * @param dir absolute and short, as for `startDockerDaemon`; removed by `stop()`
 */
export async function startNewerDocker(programs: NewerPrograms, dir: string): Promise<NewerDocker> {
  const daemon = await startDockerDaemon({ dir, programs: programs.path });
  try {
    const config = join(dir, 'docker-config');
    await mkdir(config);
    // A plugin of the user's configuration wins over the system's: the machine's own buildx.
    await symlink(programs.plugins, join(config, 'cli-plugins'));
    const proxy = await startBuildkitProxy({ dockerHost: daemon.host });
    return {
      buildkit: proxy.address,
      env: {
        PATH: `${programs.path}:${SERVICE_PATH}`,
        DOCKER_HOST: daemon.host,
        DOCKER_CONFIG: config,
      },
      stop: async () => {
        await proxy.stop();
        await daemon.stop();
      },
    };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}
