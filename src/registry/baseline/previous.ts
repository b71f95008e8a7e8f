import { ReleaseError } from '../../lib/errors.js';
import type { Candidate, PreviousImage } from '../../plan/baseline.js';
import type { RegistryClient } from '../client.js';
import {
  imageSize,
  MalformedDocument,
  parseConfigPlatform,
  parseImageDocument,
  parseManifest,
} from '../index-manifest.js';
import type { Patience } from '../patience.js';

/**
 * How large the previous release is, by platform. Its index was read already; what is missing is a manifest per
 * platform. It is only told, so whatever can't be read is left out.
 * @param client one that remembers
 */
export async function measurePrevious(
  client: RegistryClient,
  image: string,
  { tag, digest, commit }: Candidate,
  patience: Patience,
): Promise<PreviousImage> {
  const previous = { tag, digest, ...(commit !== undefined && { commit }) };
  try {
    return { ...previous, sizes: Object.fromEntries(await sizesOf(client, image, digest)) };
  } catch (error) {
    const unread = error instanceof ReleaseError || error instanceof MalformedDocument;
    if (!unread && !patience.isLate(error)) throw error;
    return { ...previous, sizes: {} };
  }
}

async function sizesOf(client: RegistryClient, image: string, digest: string): Promise<[string, number][]> {
  const fetched = await client.getManifest(image, digest);
  if (fetched === undefined) return [];
  const document = parseImageDocument(fetched.bytes);
  if (document.type === 'manifest') {
    const config = await client.getBlob(image, document.manifest.config.digest);
    return config === undefined ? [] : [[parseConfigPlatform(config), imageSize(document.manifest)]];
  }
  const sizes = document.platforms.map(async (entry): Promise<[string, number][]> => {
    const manifest = await client.getManifest(image, entry.digest);
    return manifest === undefined ? [] : [[entry.platform, imageSize(parseManifest(manifest.bytes))]];
  });
  return (await Promise.all(sizes)).flat();
}
