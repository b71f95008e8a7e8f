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
  | { type: 'text'; line: string };

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
