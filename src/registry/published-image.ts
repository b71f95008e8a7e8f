import type { Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import type { FetchedManifest } from './client.js';
import type { LeaveReason } from './moving-tags/order.js';
import type { MovingImage } from './moving-tags/tag-ordering.js';

/** An image that the registry serves completely: index, platforms and attestations verified, tags moved. */
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
  skippedTags: SkippedTag[];
  platforms: PublishedPlatform[];
  warnings: Problem[];
  /** All tags but a new release tag named it already when the run began. */
  tagsFound?: 'current';
}

export interface SkippedTag {
  tag: string;
  /** The release that has it: a release tag, a commit or a digest. */
  by: string;
  /** newer-release: pushed meanwhile, or named by the ledger · taken: the tag never moves, and names another image. */
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

/** The source of a release, and the run that makes it. */
export interface ReleaseSource {
  /** Full id. */
  commit: string;
  /** Seconds since the epoch. */
  commitTime: number;
  /** Id of the run; grows with time. */
  run?: number;
}

/** An image that was verified in this run, so that publishing need not verify it again. */
export interface VerifiedDocument {
  /** Repository reference without tag. */
  image: string;
  /** The index, or the manifest, that the tags name. */
  document: FetchedManifest;
  platforms: PublishedPlatform[];
}

/** A verified image that gets its tags next. */
export interface VerifiedImage extends Omit<VerifiedDocument, 'image'> {
  image: PlannedImage;
  status: PublishedImage['status'];
}

export function movingImage(
  { key, image, releaseTag, movingTags }: PlannedImage,
  digest: string,
  { commit, commitTime, run }: ReleaseSource,
): MovingImage {
  return {
    ...{ key, image, releaseTag, movingTags, digest, commit, committed: commitTime },
    ...(run !== undefined && { run }),
  };
}
