import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../lab/root-filesystem.js';

/** Runs a job on a machine that has git, but no Docker. */
export async function withoutDocker<T>(use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'no-docker-'));
  try {
    await mkdir(join(folder, 'bin'));
    await symlink(await findProgram('git'), join(folder, 'bin', 'git'));
    return await use({ PATH: join(folder, 'bin'), DOCKER_HOST: `unix://${folder}/none.sock` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
