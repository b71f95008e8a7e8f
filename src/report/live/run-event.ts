import type { ProgressEvent, StepName } from '../../builders/progress-events.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { Outcome, Stage } from '../report.js';
import type { Problem } from '../../lib/errors.js';

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

/** A line of the stream that `--json` writes while a run works, without its time; docs/json.md describes them. */
export type JsonEvent = NonNullable<ReturnType<typeof eventAsJson>> | { type: 'problem'; problem: Problem };

/** Undefined: nothing that a machine could use. Warnings of a build come as problems once they have their codes. */
export function eventAsJson(event: LiveEvent) {
  switch (event.type) {
    case 'stage':
    case 'end':
      return event;
    case 'images': {
      const images = event.images.map(({ key, ...image }) => [key, image] as const);
      return { type: 'images', images: Object.fromEntries(images) };
    }
    case 'started':
    case 'cached':
    case 'completed':
    case 'failed': {
      const { type: state, step, ...more } = event;
      return { type: 'step', state, ...stepAsJson(step), ...more };
    }
    case 'output':
      return { type: 'output', ...stepAsJson(event.step), line: event.line };
    case 'text':
    case 'log':
      return { type: 'log', line: event.line };
    default:
      return undefined;
  }
}

function stepAsJson({ key, number, name }: StepName) {
  return { ...(key !== undefined && { image: key }), number, name };
}
