import { mkdir } from 'node:fs/promises';
import { run } from '../src/lib/process.js';
import { SERVICE_PATH } from './service.js';

/**
 * Makes a folder, in memory if that may be mounted here: git waits for the disk at each object that it writes.
 * What lies in a lab's directory is unmounted with the lab.
 */
export async function makeMemoryFolder(dir: string): Promise<string> {
  await mkdir(dir, { mode: 0o1777 });
  const mount = ['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', dir];
  await run('mount', mount, { env: { PATH: SERVICE_PATH } }).catch(() => {});
  return dir;
}
