import type { ProgressEvent } from '../../builders/progress-events.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Outcome, Stage } from '../report.js';

/** What a release does, as it does it; the steps of its builds are told as `ProgressEvent`s. */
export type RunEvent =
  | { type: 'stage'; stage: Stage }
  /** What was decided, in the order of the configuration. */
  | { type: 'images'; images: DecidedImage[] }
  | { type: 'end'; outcome: Outcome['status'] };

export type DecidedImage = Pick<PlannedImage, 'key' | 'status' | 'reason'>;

/** Everything that can be told while a run works. */
export type LiveEvent = RunEvent | ProgressEvent;
