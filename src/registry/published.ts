import type { Problem } from '../lib/errors.js';
import type { LeaveReason } from './moving-tags/order.js';

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
