import type { Plan } from '../plan/plan.js';
import type { BaseImages } from '../dockerfile/description.js';
import type { BuildResult } from './built.js';
import type { ProgressListener } from './progress-events.js';

/** What every builder is given. */
export interface BuildOrder {
  /** Images of status `build` are built; the others stand in the registry already. */
  plan: Plan;
  /** Repository root: paths of the plan are relative to it. */
  root: string;
  /** Environment of child processes, with the variables of build secrets and the folder of registry logins. */
  env: NodeJS.ProcessEnv;
  /** Folder for temporary files. */
  temp: string;
  signal: AbortSignal;
  onProgress: ProgressListener;
  /** A sentence of progress. */
  say(line: string): void;
  /** Takes secrets out of a text that is to be shown. */
  redact(text: string): string;
  /** Base images as their registries had them when the release was planned. */
  bases: BaseImages;
}

/**
 * One way to build. Every builder leaves the same in the registry: for each image an OCI index with the platforms'
 * manifests, SBOM and provenance as planned, and the planned labels and annotations.
 * @throws ReleaseError `build/*`: no tag that anyone follows was moved, and nothing of it still runs
 * @throws Cancelled when the signal was aborted
 */
export type Builder = (order: BuildOrder) => Promise<BuildResult>;
