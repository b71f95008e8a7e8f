import type { PlannedImage } from '../plan/plan.js';
import type { RegistryClient } from './client.js';
import { normalizePlatform } from './manifest.js';
import { notPushed } from './publish.js';
import type { PublishedImage } from './published-image.js';
import { expectedOf, verifyAll, verifyImage } from './verify.js';

/** An image that another run reports as published. */
export interface ClaimedImage {
  key: string;
  image: string;
  digest?: string;
  tags: readonly string[];
  /** `built`, `unchanged`, `adopted` or `superseded`. */
  status: string;
}

/**
 * Verifies what another run has published as if it had been published from here, and moves no tag. Images that are not
 * in the plan are left out.
 * @throws ReleaseError `registry/*` with all problems of all images
 */
export async function confirmPublished(request: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  /** `planned`: other platforms of an image are left out of the result. */
  platforms: 'all' | 'planned';
  published: readonly ClaimedImage[];
}): Promise<PublishedImage[]> {
  const { client, images } = request;
  const claims = request.published.flatMap((claim) => {
    const planned = images.find(({ key }) => key === claim.key);
    return planned ? [{ ...claim, planned }] : [];
  });
  const verified = await verifyAll(claims, async ({ key, image, digest, planned }) =>
    digest === undefined
      ? { status: 'unsound', problems: [notPushed(key, image)] }
      : verifyImage({ client, key, image, digest, expected: expectedOf(planned) }),
  );
  return verified.map(({ item: { key, image, tags, status, planned }, document: { digest }, platforms }) => {
    const wanted = planned.platforms.map(normalizePlatform);
    const [releaseTag = planned.releaseTag] = tags;
    return {
      ...{ key, image, digest, releaseTag, tags: [...tags], skippedTags: [], warnings: [] },
      platforms: platforms.filter(({ platform }) => request.platforms === 'all' || wanted.includes(platform)),
      status: status === 'built' ? 'built' : 'unchanged',
    };
  });
}
