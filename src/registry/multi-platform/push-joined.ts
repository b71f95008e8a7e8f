import type { BuildResult } from '../../builders/built.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { RegistryClient } from '../client.js';
import { settle } from '../tagging.js';
import { INDEX_TYPE } from './index-parts.js';
import { documentOf } from './plan-joined.js';
import type { JoinedImage } from './read-parts.js';

/**
 * Pushes the joined indexes by digest. Their platforms stand in the registry already, so nothing else is sent.
 * @throws ReleaseError `registry/*`; Cancelled
 */
export async function pushJoined(order: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  joined: readonly JoinedImage[];
}): Promise<BuildResult> {
  const { client, images, joined } = order;
  const pushed = await settle(
    images
      .filter(({ status }) => status === 'build')
      .map(async (image) => {
        const own = joined.find(({ key }) => key === image.key);
        if (own === undefined) return [];
        const { digest, bytes } = documentOf(image, own);
        if (bytes !== undefined) await client.putManifest(image.image, digest, bytes, INDEX_TYPE);
        const { key, image: name } = image;
        return [
          {
            key,
            image: name,
            digest,
            pushed: 'by-digest' as const,
            seconds: 0,
            steps: { total: 0, cached: 0 },
          },
        ];
      }),
  );
  return { images: pushed.flat(), steps: [] };
}
