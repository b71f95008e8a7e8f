import type { BaseImages } from '../dockerfile/description.js';
import type { Plan } from '../plan/plan.js';
import type { BuildResult } from './built.js';
import type { ProgressListener } from './progress-events.js';

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
