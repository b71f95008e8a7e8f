import type { StepName } from '../../builders/progress-events.js';
import type { Problem } from '../../lib/errors.js';
import type { LiveEvent } from './run-event.js';

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
