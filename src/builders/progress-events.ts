import { warning, type Place, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';

/** Terminal and Actions log implement it. */
export type ProgressListener = (event: ProgressEvent) => void;

export type ProgressEvent =
  | { type: 'started'; step: StepName }
  | { type: 'output'; step: StepName; line: string }
  | { type: 'cached'; step: StepName }
  | { type: 'completed'; step: StepName; seconds: number }
  /** `output`: the last lines that the step printed. */
  | { type: 'failed'; step: StepName; error: string; output: readonly string[] }
  | { type: 'warning'; warning: BuildWarning }
  /** Anything else that buildx prints. */
  | { type: 'text'; line: string }
  /** An image's build can't start yet: what it waits for, in a few words. */
  | { type: 'waiting'; key: string; message: string }
  /** Nothing is done for an image yet: what has to end before, in a few words. */
  | { type: 'queued'; key: string; message: string }
  /** Nothing is left to do for an image; optional if its last step shows that. */
  | { type: 'built'; key: string; seconds?: number; steps?: { total: number; cached: number } }
  | { type: 'jobs'; jobs: readonly JobProgress[] }
  /** A line for a log; a display of `waiting` and `jobs` doesn't need it. */
  | { type: 'log'; line: string };

export interface JobProgress {
  name: string;
  state: 'waiting' | 'working' | 'done' | 'failed' | 'cancelled' | 'skipped';
  /** What it waits for, its current or failed step, or how many it had: a few words. */
  message: string;
  /** How long it took, once it has ended. */
  seconds?: number;
}

export interface StepName {
  /** Counts from 1 in the order of appearance. */
  number: number;
  /** Image key; undefined for steps that belong to no single image. */
  key?: string;
  /** Without the target's name: `[deps 2/5] RUN npm ci`. */
  name: string;
}

export interface BuildWarning {
  key?: string;
  message: string;
  url?: string;
  /** As BuildKit names the file. */
  place?: Place;
}

/** @param image undefined: the warning is about no single image */
export function warningProblem(
  { message, url, place }: BuildWarning,
  image: Pick<PlannedImage, 'key' | 'dockerfile' | 'dockerfileInline'> | undefined,
  redact: (text: string) => string,
): Problem {
  return warning({
    code: 'build/warning',
    message: redact(message),
    ...(url && { fix: `See ${url}.` }),
    image: image?.key,
    ...(image && image.dockerfileInline === undefined && place && { place: { ...place, file: image.dockerfile } }),
  });
}
