import type { Place } from '../lib/errors.js';

/** What happens during a build, as it happens. Port: terminal and Actions log implement it. */
export type ProgressListener = (event: ProgressEvent) => void;

export type ProgressEvent =
  | { type: 'started'; step: StepName }
  /** One line that the step printed. */
  | { type: 'output'; step: StepName; line: string }
  | { type: 'cached'; step: StepName }
  | { type: 'completed'; step: StepName; seconds: number }
  /** `output`: the last lines that the step printed. */
  | { type: 'failed'; step: StepName; error: string; output: readonly string[] }
  | { type: 'warning'; warning: BuildWarning }
  /** Anything else that buildx says. */
  | { type: 'text'; line: string }
  /** Of an image whose build can't begin yet: what it waits for, in a few words. */
  | { type: 'waiting'; key: string; message: string }
  /** Of an image that nothing is done for yet: what has to end before, in a few words. */
  | { type: 'queued'; key: string; message: string }
  /** Nothing is left to do for an image. A builder whose last step shows it need not tell. */
  | { type: 'built'; key: string; seconds?: number; steps?: { total: number; cached: number } }
  /** All jobs of the run that builds, as they are now. */
  | { type: 'jobs'; jobs: readonly JobProgress[] }
  /** A line for a log. Whoever shows `waiting` and `jobs` has no need of it. */
  | { type: 'log'; line: string };

/** A job of a workflow's run. */
export interface JobProgress {
  name: string;
  state: 'waiting' | 'working' | 'done' | 'failed' | 'cancelled' | 'skipped';
  /** What it waits for, its step that is under way or that failed, how many it had: a few words. */
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
