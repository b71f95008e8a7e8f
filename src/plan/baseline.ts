import type { FingerprintRecord } from '../fingerprint/fingerprint.js';
import type { Problem } from '../lib/errors.js';

/** The published builds of an image. */
export interface Baseline {
  /** The deployed one, the last tagged one, and those in the ledger's history. */
  candidates: Candidate[];
  /** Tag that a ledger has deployed and the registry no longer has. */
  gone?: string;
  /** The deployed image, or the one that the moving tags name. */
  previous?: PreviousImage;
  /** The image under the planned release tag; undefined: it is free. */
  existingTag?: ExistingTag;
  /** Why nothing could be read (registry down, no rights): warnings. */
  problems: Problem[];
}

export interface Candidate {
  /** Its release tag if one is known, else any tag. */
  tag: string;
  digest: string;
  /** Commit that it was built from, by its annotation or the ledger. */
  commit?: string;
  /** How many commits HEAD is ahead of `commit`; undefined if history doesn't contain it. */
  commitsSince?: number;
  /** `dev.image-release.inputs`; undefined: it has none, or one that can't be read. */
  fingerprint?: string;
  /** `dev.image-release.record`, for the explanation. */
  record?: FingerprintRecord;
  /**
   * When its build began and finished, seconds since the epoch, by its provenance, which a cached build renews;
   * undefined: the provenance was not read, or lacks them.
   */
  startedAt?: number;
  builtAt?: number;
  /** When it was last built without cache (`dev.image-release.cold-build`), seconds since the epoch. */
  coldAt?: number;
  /**
   * The images that it was built from, by its provenance: digests by full repository reference
   * (`docker.io/library/node`).
   */
  builtOn?: Record<string, string[]>;
  verdict:
    /** Another fingerprint than now, or the image is built regardless: not checked further. */
    | { status: 'other-inputs' }
    /** Same inputs, complete in the registry, and every external image is still the one that was used. */
    | { status: 'whole' }
    /** Same inputs, but unusable; a clause. */
    | { status: 'unfit'; reason: string };
}

export interface PreviousImage extends Pick<Candidate, 'tag' | 'digest' | 'commit'> {
  /** Compressed size by platform, bytes. */
  sizes: Record<string, number>;
}

/** A release in the ledger. */
export interface KnownRelease {
  tag: string;
  /** Undefined: none is recorded. */
  digest?: string;
  /** The commit of its build. */
  commit: string;
  fingerprint?: string;
  /** Digests of its base images of the same release that no target deploys. */
  bases?: readonly string[];
  /** `current`: deployed, or proposed. */
  standing: 'current' | 'earlier';
}

export interface ExistingTag extends Pick<Candidate, 'digest' | 'fingerprint' | 'commit'> {
  /** The next tag that is free for another build of the same commit: `main-1a2b3c4-r2`. */
  nextTag?: string;
}

/** Annotations of the index, or of the manifest if there is no index. */
export const INPUTS_ANNOTATION = 'dev.image-release.inputs';
export const RECORD_ANNOTATION = 'dev.image-release.record';
/** Only with `max-age`: RFC 3339, whole seconds. */
export const COLD_ANNOTATION = 'dev.image-release.cold-build';
