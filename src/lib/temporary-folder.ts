import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder below `temp` that is removed after its use, also after a failure. */
export async function withTemporaryFolder<T>(temp: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(temp, 'image-release-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
