import type { RunDeployment, RunImage } from './dispatch/run-result.js';
import type { Problem } from '../lib/errors.js';

/** An image that the builder made. */
export interface BuiltImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  /** Digest of the index (or of the manifest when nothing makes it an index); undefined: not pushed. */
  digest?: string;
  /** Where it stands now: by digest only, under its release tag (docker driver), or nowhere. */
  pushed: 'by-digest' | 'under-release-tag' | 'no';
  /** Wall time from the first step of the target to its last, seconds. */
  seconds: number;
  steps: { total: number; cached: number };
  /** Undefined: it has no cache mounts, or they are not carried between runs. */
  cacheMounts?: MountReport;
}

/** What came of an image's cache mounts (`RUN --mount=type=cache`). */
export interface MountReport {
  /** In the Actions cache. */
  key: string;
  /** `partial`: an archive of other lockfiles was put in. */
  hit: 'exact' | 'partial' | 'none';
  /** Of the archive that was put in, before compression; 0: none was. */
  bytes: number;
  /** Of the archive that was saved under the key, before compression; undefined: nothing new to save, or not allowed. */
  saved?: number;
}

/** One step of a build, for the timeline in the report. Times in milliseconds since the epoch. */
export interface BuildStep {
  /** Image key; undefined for steps that belong to no single image. */
  key?: string;
  name: string;
  started: number;
  completed: number;
  cached: boolean;
}

export interface BuildResult {
  images: BuiltImage[];
  steps: BuildStep[];
  /** The release was made by a run on a forge, which has published and rolled out by itself. */
  elsewhere?: ReleaseElsewhere;
  /** What BuildKit's checks of the Dockerfiles say, and a cache that could not be saved. */
  warnings?: Problem[];
}

export interface ReleaseElsewhere {
  /** Page of the run. */
  url: string;
  /** As its own report has it: `released`, `rolled-out`, `built`, `planned` or `nothing`. */
  outcome: string;
  /** All images of the run, also those that it did not build. */
  published: RunImage[];
  deployments: RunDeployment[];
}
