import type { FingerprintRecord } from '../fingerprint/fingerprint.js';
import type { Problem } from '../lib/errors.js';

/** What is published of an image already, as far as it was looked for. */
export interface BaselineReading {
  /** Published images that were looked at: the deployed one, the last tagged, the ledger's history. */
  candidates: Candidate[];
  /** Tag of what is deployed by a ledger, where the registry has no such image any more. */
  gone?: string;
  /** What is deployed, or what the moving tags name: what the next release follows. */
  previous?: PreviousImage;
  /** The image that the planned release tag names; undefined: the tag is free. */
  existingTag?: ExistingTag;
  /** Why nothing could be looked at (registry down, no rights): told, never an obstacle. */
  problems: Problem[];
}

export interface Candidate {
  /** A tag that names it: its release tag where one is known. */
  tag: string;
  digest: string;
  /** Commit that it was built from, by its annotation or the ledger. */
  commit?: string;
  /** How many commits HEAD is ahead of `commit`; undefined where history does not tell. */
  commitsSince?: number;
  /** `dev.image-release.inputs`; undefined: it has none, or one that can't be read. */
  fingerprint?: string;
  /** `dev.image-release.record`, for the explanation. */
  record?: FingerprintRecord;
  /**
   * When its build began and finished, seconds since the epoch, by its provenance, which a cached build renews;
   * undefined: the provenance was not read, or does not say.
   */
  startedAt?: number;
  builtAt?: number;
  /** When it was last built without cache (`dev.image-release.cold-build`), seconds since the epoch. */
  coldAt?: number;
  /**
   * Images that went in by name, where its provenance was read: digests by repository reference in full
   * (`docker.io/library/node`).
   */
  builtOn?: Record<string, string[]>;
  verdict:
    /** Another fingerprint than now: nothing more was asked. */
    | { status: 'other-inputs' }
    /** Same inputs, served whole, every external image still the one that went in. */
    | { status: 'whole' }
    /** Same inputs, but not to be used; a sentence without full stop. */
    | { status: 'unfit'; reason: string };
}

export interface PreviousImage {
  tag: string;
  digest: string;
  commit?: string;
  /** Compressed size by platform, bytes. */
  sizes: Record<string, number>;
}

/** A release that a ledger has on record. */
export interface KnownRelease {
  tag: string;
  /** Undefined: nobody recorded one. */
  digest?: string;
  /** Commit that its build names. */
  commit: string;
  fingerprint?: string;
  /** Digests of the images of the release that it is built on and that no target deploys. */
  bases?: readonly string[];
  /** `current`: what is deployed, or proposed. */
  standing: 'current' | 'earlier';
}

export interface ExistingTag {
  digest: string;
  fingerprint?: string;
  commit?: string;
  /** The next tag that is free for another build of the same commit: `main-1a2b3c4-r2`. */
  nextTag?: string;
}

/** Annotations of the index, or of the manifest where there is no index. */
export const INPUTS_ANNOTATION = 'dev.image-release.inputs';
export const RECORD_ANNOTATION = 'dev.image-release.record';
/** Only with `max-age`: RFC 3339, whole seconds. */
export const COLD_ANNOTATION = 'dev.image-release.cold-build';
