import type { RunDeployment, RunImage } from './dispatch/run-result.js';
import type { Problem } from '../lib/errors.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { Plan } from '../plan/plan.js';
import type { ProgressListener } from './progress-events.js';

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

export interface BuildRequest {
  /** Images of status `build` are built; the others are in the registry already. */
  plan: Plan;
  /** Repository root: paths of the plan are relative to it. */
  root: string;
  /** Environment of child processes, with the variables of build secrets and the folder of registry logins. */
  env: NodeJS.ProcessEnv;
  temp: string;
  signal: AbortSignal;
  onProgress: ProgressListener;
  say(line: string): void;
  redact(text: string): string;
  /** Base images as their registries had them when the release was planned. */
  bases: BaseImages;
}

/**
 * One way to build. Every builder leaves the same in the registry: for each image an OCI index with the platforms'
 * manifests, SBOM and provenance as planned, and the planned labels and annotations.
 * @throws ReleaseError `build/*`: no public tag was moved, and nothing of the build still runs
 * @throws Cancelled when the signal was aborted
 */
export type Builder = (request: BuildRequest) => Promise<BuildResult>;
