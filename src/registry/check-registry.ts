import { ReleaseError, type Problem } from '../lib/errors.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';

/**
 * Finds out before anything is built whether the registry can be reached, takes the login, and lets it push
 * each image. Lists everything that is wrong; what concerns the registry as a whole is said once.
 * @throws Cancelled
 */
export async function checkRegistry(
  client: RegistryClient,
  images: readonly { key: string; image: string }[],
): Promise<Problem[]> {
  const found = await Promise.all(images.map((image) => checkImage(client, image)));
  return mergeProblems(found.flat());
}

async function checkImage(
  client: RegistryClient,
  { key, image }: { key: string; image: string },
): Promise<Problem[]> {
  try {
    await client.checkPush(image);
    return [];
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return error.problems.map((problem) => ({ ...problem, image: key }));
  }
}
