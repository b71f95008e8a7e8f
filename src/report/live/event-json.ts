import type { StepName } from '../../builders/progress-events.js';
import type { Problem } from '../../lib/errors.js';
import type { LiveEvent } from './run-event.js';

/** A line of the stream that `--json` writes while a run works, without its time; docs/json.md describes them. */
export type JsonEvent =
  | { type: 'stage'; stage: string }
  | { type: 'images'; images: Record<string, { status: string; reason: string }> }
  | ({ type: 'step'; state: 'started' | 'cached' } & Step)
  | ({ type: 'step'; state: 'completed'; seconds: number } & Step)
  | ({ type: 'step'; state: 'failed'; error: string; output: readonly string[] } & Step)
  | ({ type: 'output'; line: string } & Step)
  | { type: 'log'; line: string }
  | { type: 'end'; outcome: string }
  | { type: 'problem'; problem: Problem };

interface Step {
  image?: string;
  number: number;
  name: string;
}

/** Undefined: nothing that a machine could use. Warnings of a build come as problems once they have their codes. */
export function eventAsJson(event: LiveEvent): JsonEvent | undefined {
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
      return { type: 'step', state: event.type, ...stepAsJson(event.step) };
    case 'completed':
      return { type: 'step', state: event.type, ...stepAsJson(event.step), seconds: event.seconds };
    case 'failed': {
      const { type: state, step, error, output } = event;
      return { type: 'step', state, ...stepAsJson(step), error, output };
    }
    case 'output':
      return { type: 'output', ...stepAsJson(event.step), line: event.line };
    case 'text':
    case 'log':
      return { type: 'log', line: event.line };
    case 'warning':
    case 'waiting':
    case 'queued':
    case 'built':
    case 'jobs':
      return undefined;
  }
}

function stepAsJson({ key, number, name }: StepName): Step {
  return { ...(key !== undefined && { image: key }), number, name };
}
