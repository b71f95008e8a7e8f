import { join } from 'node:path';
import { pushBaseImages } from './base-images.js';
import { pushBuildkitImage } from './buildkit-image.js';
import { startBuildkitProxy } from './buildkit-proxy.js';
import { startDockerDaemon } from './docker-daemon.js';
import { createLabDirectory, removeLabDirectory } from './lab-directory.js';
import { makeMemoryFolder } from './memory-folder.js';
import { ensureDebianPackages } from './packages.js';
import { startRegistry } from './registry.js';

/** The parts that all tests and the demo share; references are `host/repository:tag`. */
export interface Lab {
  /** `unix://…`, with the containerd image store. */
  dockerHost: string;
  /** `127.0.0.1:PORT`, without authentication. */
  registry: string;
  /** `tcp://127.0.0.1:PORT`: the daemon's BuildKit, for buildx's `remote` driver. */
  buildkit: string;
  /** Stands for `node:24-alpine`; `npm ci` of the example works in it without a network. */
  baseNode: string;
  /** A shell alone. */
  baseBusybox: string;
  /** For `attest.scanner`. */
  scanner: string;
  /** For `--driver-opt image=…` of a docker-container builder. */
  buildkitImage: string;
}

const VARIABLES = {
  dockerHost: 'LAB_DOCKER_HOST',
  registry: 'LAB_REGISTRY',
  buildkit: 'LAB_BUILDKIT',
  baseNode: 'LAB_BASE_NODE',
  baseBusybox: 'LAB_BASE_BUSYBOX',
  scanner: 'LAB_SCANNER',
  buildkitImage: 'LAB_BUILDKIT_IMAGE',
} as const satisfies Record<keyof Lab, string>;

export interface SharedLab {
  lab: Lab;
  /** What `labFromEnvironment` reads, for another process. */
  env: Record<string, string>;
  /** A folder for the lab's further parts; gone after `stop()`. */
  dir: string;
  stop(): Promise<void>;
}

/**
 * Starts a Docker daemon and a registry of the lab's own, with base images. Installs what is missing.
 * @param options.onCrash told when a daemon of the lab's own ended by itself, before it is started again
 * @param options.memory keeps all data in memory, where only processes of this lab's mount namespace see it
 * @throws Error that says what is missing or the end of the log of what did not start
 */
export async function startSharedLab(
  options: { onCrash?: (story: string) => void; memory?: boolean } = {},
): Promise<SharedLab> {
  await ensureDebianPackages();
  const made = await createLabDirectory();
  const dir = options.memory ? await makeMemoryFolder(join(made, 'm')) : made;
  const running: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const part of running.reverse()) await part.stop();
    await removeLabDirectory(made);
  };
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  try {
    const daemon = await startDockerDaemon({ dir: join(dir, 'd'), onCrash: options.onCrash });
    running.push(daemon);
    const registry = await startRegistry({ dir: join(dir, 'registry') });
    running.push(registry);
    const proxy = await startBuildkitProxy({ dockerHost: daemon.host, gateway: daemon.gateway });
    running.push(proxy);
    const bases = await pushBaseImages({ host: registry.host });
    const lab: Lab = {
      dockerHost: daemon.host,
      registry: registry.host,
      buildkit: proxy.address,
      baseNode: bases.node,
      baseBusybox: bases.busybox,
      scanner: bases.scanner,
      buildkitImage: await pushBuildkitImage({
        registry: registry.host,
        proxyPort: proxy.port,
        gateway: daemon.gateway,
      }),
    };
    return { lab, env: environmentOf(lab), dir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environmentOf(lab: Lab): Record<string, string> {
  const names = Object.entries(VARIABLES) as [keyof Lab, string][];
  return Object.fromEntries(names.map(([key, variable]) => [variable, lab[key]]));
}

/**
 * The lab that `npm test` has started, or that `npm run lab` has printed the variables of.
 * @throws Error when there is none
 */
export function labFromEnvironment(env: NodeJS.ProcessEnv = process.env): Lab {
  const read = (variable: string): string => {
    const value = env[variable];
    if (value) return value;
    throw new Error(
      `${variable} is not set: this test needs the lab. \`npm test [FILE]\` starts one, ` +
        'or run `npm run lab` and set the variables that it prints.',
    );
  };
  return Object.fromEntries(
    Object.entries(VARIABLES).map(([key, variable]) => [key, read(variable)]),
  ) as unknown as Lab;
}
