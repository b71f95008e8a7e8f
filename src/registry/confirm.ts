import { throwProblems, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';
import { normalizePlatform } from './manifest.js';
import { notPushed } from './publish.js';
import type { PublishedImage } from './published-image.js';
import { expectedOf, verifyImage } from './verify.js';

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
  const { client, images, published } = request;
  const problems: Problem[] = [];
  const confirmed = await Promise.all(
    published.map(async ({ key, image, digest, tags, status }): Promise<PublishedImage[]> => {
      const planned = images.find((each) => each.key === key);
      if (planned === undefined) return [];
      if (digest === undefined) {
        problems.push(notPushed(key, image));
        return [];
      }
      const verification = await verifyImage({ client, key, image, digest, expected: expectedOf(planned) });
      if (verification.status === 'unsound') {
        problems.push(...verification.problems);
        return [];
      }
      const wanted = planned.platforms.map(normalizePlatform);
      const platforms = verification.platforms.filter(
        ({ platform }) => request.platforms === 'all' || wanted.includes(platform),
      );
      const [releaseTag = planned.releaseTag] = tags;
      return [
        {
          ...{ key, image, digest, releaseTag, platforms, tags: [...tags], skippedTags: [], warnings: [] },
          status: status === 'built' ? 'built' : 'unchanged',
        },
      ];
    }),
  );
  throwProblems(mergeProblems(problems));
  return confirmed.flat();
}
