import type { ProgressEvent } from '../../builders/progress-events.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Outcome, Stage } from '../report.js';

/** Events of a release; the steps of its builds are `ProgressEvent`s. */
export type RunEvent =
  | { type: 'stage'; stage: Stage }
  /** What was decided, in the order of the configuration. */
  | { type: 'images'; images: DecidedImage[] }
  | { type: 'end'; outcome: Outcome['status'] };

export type DecidedImage = Pick<PlannedImage, 'key' | 'status' | 'reason'>;

/** All events of a run. */
export type LiveEvent = RunEvent | ProgressEvent;

/** Here, because frames load tables of wide characters. */
export const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const SPINNER_MS = 100;
