import type { Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import type { FetchedManifest } from './client.js';
import type { LeaveReason } from './moving-tags/order.js';
import type { MovingImage } from './moving-tags/tag-ordering.js';

/** An image that the registry serves whole: index, platforms and attestations checked, tags put. */
export interface PublishedImage {
  key: string;
  image: string;
  /**
   * built: made by this run · unchanged: an earlier build, used again · adopted: another run of the same commit has
   * published its build of the same inputs first.
   */
  status: 'built' | 'unchanged' | 'adopted';
  digest: string;
  releaseTag: string;
  /** All tags now at `digest`. */
  tags: string[];
  /** Tags of the plan that were left to another release. */
  held: HeldTag[];
  platforms: PublishedPlatform[];
  warnings: Problem[];
}

export interface HeldTag {
  tag: string;
  /** Whose it is: a release tag, a commit or a digest. */
  by: string;
  /** newer-release: it came in between, or the ledger names it · taken: the tag never moves, and names another image. */
  reason: LeaveReason | 'newer-release' | 'taken';
}

export interface PublishedPlatform {
  /** Such as `linux/amd64`. */
  platform: string;
  digest: string;
  /** Compressed size of config and layers, bytes. */
  size: number;
  sbom?: { digest: string; predicateType: string; packages: number };
  provenance?: { digest: string; predicateType: string; source?: string; revision?: string };
}

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

/** An image that was found whole in this run, so that its publication need not verify it again. */
export interface VerifiedDocument {
  /** Repository reference without tag. */
  image: string;
  /** What the tags name: an index, or a manifest. `document.digest` is its digest. */
  document: FetchedManifest;
  platforms: PublishedPlatform[];
}
