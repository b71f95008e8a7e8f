import type { RunDeployment, RunImage } from './dispatch/run-result.js';
import type { Problem } from '../lib/errors.js';

export interface BuiltImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  /** Digest of the index (or of the manifest when nothing makes it an index); undefined: not pushed. */
  digest?: string;
  pushed: 'by-digest' | 'under-release-tag' | 'no';
  /** Wall time from the first step of the target to its last, seconds. */
  seconds: number;
  steps: { total: number; cached: number };
  /** Undefined: it has no cache mounts, or they are not carried between runs. */
  cacheMounts?: MountReport;
}

/** Restored and saved contents of an image's cache mounts (`RUN --mount=type=cache`). */
export interface MountReport {
  /** In the Actions cache. */
  key: string;
  /** `partial`: an archive of other lockfiles. */
  hit: 'exact' | 'partial' | 'none';
  /** Of the restored archive, before compression; 0: none. */
  bytes: number;
  /** Of the saved archive, before compression; undefined: nothing new to save, or not allowed. */
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
  /** A run on GitHub made the whole release: it published and deployed. */
  elsewhere?: ReleaseElsewhere;
  warnings?: Problem[];
}

export interface ReleaseElsewhere {
  url: string;
  /** `released`, `rolled-out`, `built`, `planned` or `nothing`. */
  outcome: string;
  /** All images of the run, also unchanged ones. */
  published: RunImage[];
  deployments: RunDeployment[];
}
