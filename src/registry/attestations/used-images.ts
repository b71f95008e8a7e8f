import type { BaseImages } from '../../dockerfile/description.js';
import { ReleaseError } from '../../lib/errors.js';
import { parseReference } from '../../plan/references.js';
import type { RegistryClient } from '../client.js';
import type { UsedImage } from './provenance.js';

/**
 * Says by which digests images went into a build that does not say so itself: a tag that named the same before and
 * after it has named that all the time.
 * @param before as the registries had them when the release was planned
 * @returns `unresolved`: references of which it can't be said
 * @throws Cancelled
 */
export async function usedImages(
  client: RegistryClient,
  references: readonly string[],
  before: BaseImages,
): Promise<{ used: UsedImage[]; unresolved: string[] }> {
  const found = await Promise.all(
    [...new Set(references)].map(async (reference) => ({
      reference,
      digest: await digestOf(client, reference, before),
    })),
  );
  return {
    used: found.flatMap(({ reference, digest }) => (digest === undefined ? [] : [{ reference, digest }])),
    unresolved: found.flatMap(({ reference, digest }) => (digest === undefined ? [reference] : [])),
  };
}

async function digestOf(
  client: RegistryClient,
  reference: string,
  before: BaseImages,
): Promise<string | undefined> {
  const parsed = parseReference(reference);
  if (parsed?.digest !== undefined) return parsed.digest;
  const planned = Object.hasOwn(before, reference) ? before[reference] : undefined;
  if (parsed === undefined || planned === undefined || 'unresolved' in planned) return undefined;
  const now = await client.headManifest(parsed.name, parsed.tag ?? 'latest').catch((error: unknown) => {
    if (error instanceof ReleaseError) return undefined;
    throw error;
  });
  return now?.digest === planned.digest ? now.digest : undefined;
}
