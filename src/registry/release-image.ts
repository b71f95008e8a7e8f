import type { PlannedImage } from '../plan/plan.js';
import type { FetchedManifest } from './client.js';
import type { MovingImage } from './moving-tags/precedence.js';
import type { PublishedImage, PublishedPlatform } from './published.js';

/** What a release is made from, and by which run. */
export interface ReleaseSource {
  /** Full id. */
  commit: string;
  /** Seconds since the epoch. */
  commitTime: number;
  /** Id of the run; grows with time. */
  run?: number;
}

/** An image that stands in the registry whole and waits for its tags. */
export interface Verified {
  image: PlannedImage;
  status: PublishedImage['status'];
  document: FetchedManifest;
  platforms: PublishedPlatform[];
}

/** The image as its moving tags see it. */
export function movingImage(
  { image, document }: Pick<Verified, 'image'> & { document: { digest: string } },
  { commit, commitTime, run }: ReleaseSource,
): MovingImage {
  const { key, image: name, releaseTag, movingTags } = image;
  const { digest } = document;
  return {
    ...{ key, image: name, releaseTag, movingTags, digest, commit, committed: commitTime },
    ...(run !== undefined && { run }),
  };
}
