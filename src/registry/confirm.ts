import { failure, throwProblems, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { mergeProblems } from './check.js';
import type { RegistryClient } from './client.js';
import { normalizePlatform } from './manifest.js';
import type { PublishedImage } from './published-image.js';
import { expectedOf, verifyImage } from './verify.js';

/** An image as a run elsewhere says that it has published it. */
export interface ClaimedImage {
  key: string;
  image: string;
  digest?: string;
  tags: readonly string[];
  /** `built`, `unchanged`, `adopted` or `superseded`. */
  status: string;
}

/**
 * Verifies what a run elsewhere has published as if it had been published from here, and puts no tag.
 * @throws ReleaseError `registry/*` with all problems of all images
 */
export async function confirmPublished(order: {
  client: RegistryClient;
  images: readonly PlannedImage[];
  /** Of an image that holds other platforms besides, only those that the plan has are told. */
  platforms: 'all' | 'planned';
  published: readonly ClaimedImage[];
}): Promise<PublishedImage[]> {
  const { client, images, published } = order;
  const problems: Problem[] = [];
  const confirmed = await Promise.all(
    published.map(async (claimed): Promise<PublishedImage[]> => {
      const { key, image, digest, tags, status } = claimed;
      const planned = images.find((each) => each.key === key);
      // What was not asked for here may be released there, too.
      if (planned === undefined) return [];
      if (digest === undefined) {
        problems.push(...notPublished(claimed));
        return [];
      }
      const verification = await verifyImage({ client, key, image, digest, expected: expectedOf(planned) });
      if (verification.status === 'unsound') {
        problems.push(...verification.problems);
        return [];
      }
      const platforms = verification.platforms.filter(
        ({ platform }) =>
          order.platforms === 'all' || planned.platforms.map(normalizePlatform).includes(platform),
      );
      const [releaseTag = planned.releaseTag] = [...tags];
      return [
        {
          ...{ key, image, digest, releaseTag, platforms, held: [], warnings: [] },
          status: status === 'built' ? 'built' : 'unchanged',
          tags: [...tags],
        },
      ];
    }),
  );
  throwProblems(mergeProblems(problems));
  return confirmed.flat();
}

function notPublished({ key, image }: ClaimedImage): readonly Problem[] {
  return failure({
    code: 'registry/not-pushed',
    image: key,
    message: `Image ${key} was not pushed by the run, so there is nothing published as ${image}.`,
    fix: 'See the log of the run.',
  }).problems;
}
