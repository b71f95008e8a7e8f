import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/lib/process.js';
import { type LabDaemon, startDockerDaemon } from './docker-daemon.js';
import { removeLabDirectory } from './lab-directory.js';
import { SERVICE_PATH } from './service.js';

export interface NestedDaemon extends LabDaemon {
  /** The overlay mount that holds the daemon's data. */
  mountPoint: string;
}

/**
 * Starts a Docker daemon as a devpod has it: everything of its own lies on an overlay mount, as if it were in a
 * container's own file system, and nobody has told it so.
 * @param place.dir absolute and short, made and removed here; must not lie on overlayfs itself
 * @throws Error with what mount or the daemon said
 */
export async function startNestedDaemon({ dir }: { dir: string }): Promise<NestedDaemon> {
  const [lower, upper, work, mountPoint] = ['lower', 'upper', 'work', 'pod'].map((name) => join(dir, name));
  for (const folder of [lower!, upper!, work!, mountPoint!]) await mkdir(folder, { recursive: true });
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await mount(['-t', 'overlay', 'overlay', '-o', layers, mountPoint!]);
  try {
    const daemon = await startDockerDaemon({
      dir: join(mountPoint!, 'd'),
      storageDriver: "docker's own",
    });
    return {
      ...daemon,
      mountPoint: mountPoint!,
      stop: async () => {
        await daemon.stop();
        await removeLabDirectory(dir);
      },
    };
  } catch (error) {
    await removeLabDirectory(dir);
    throw error;
  }
}

async function mount(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run('mount', args, { env: { PATH: SERVICE_PATH } });
  if (code !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr.toString().trim()}`);
}
