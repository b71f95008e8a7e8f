import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PackagesUnavailable } from '../../lab/debian-download.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import { fetchNewerPrograms, startNewerDocker, type NewerPrograms } from '../../lab/newer-docker.js';
import { run } from '../../src/lib/process.js';

/**
 * Fetches the newer programs. Returns the reason if they are unavailable.
 * @throws PackagesUnavailable instead in CI
 */
export async function findNewerPrograms(): Promise<
  { status: 'here'; programs: NewerPrograms } | { status: 'unavailable'; reason: string }
> {
  try {
    return { status: 'here', programs: await fetchNewerPrograms() };
  } catch (error) {
    if (!(error instanceof PackagesUnavailable) || process.env['CI'] === 'true') throw error;
    process.stderr.write(`No newer Docker to test with: ${error.message}\n`);
    return { status: 'unavailable', reason: error.message };
  }
}

/** A running newer Docker with a separate folder and buildx configuration. */
export interface NewerDockerStage {
  folder: string;
  /** Address of its BuildKit: `tcp://…`. */
  buildkit: string;
  dockerHost: string;
  /** Environment for docker and image-release. */
  env: Record<string, string>;
  /** Runs docker, by default in `folder`; @returns stdout */
  docker(args: readonly string[], cwd?: string): Promise<string>;
  close(): Promise<void>;
}

export async function openNewerDocker(programs: NewerPrograms): Promise<NewerDockerStage> {
  const folder = await mkdtemp(join(tmpdir(), 'newer-docker-'));
  const labDirectory = await createLabDirectory();
  const newer = await startNewerDocker(programs, join(labDirectory, 'd'));
  const env = { ...newer.env, BUILDX_CONFIG: join(folder, 'buildx') };
  return {
    folder,
    buildkit: newer.buildkit,
    dockerHost: newer.env.DOCKER_HOST,
    env,
    docker: async (args, cwd = folder) => {
      const { code, stdout, stderr } = await run('docker', args, { env, cwd });
      if (code !== 0) throw new Error(`docker ${args.join(' ')}\n${stderr.toString()}`);
      return stdout.toString();
    },
    close: async () => {
      await newer.stop();
      await removeLabDirectory(labDirectory);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
