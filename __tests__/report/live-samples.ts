import type { StepName } from '../../src/builders/progress-events.js';
import { renderFrame, type Canvas, type FrameKind } from '../../src/report/live/frame.js';
import { follow, NOTHING_YET, type ProgressState } from '../../src/report/live/progress-state.js';
import type { DecidedImage, LiveEvent } from '../../src/report/live/run-event.js';
import { plainStyle } from '../../src/report/terminal.js';

/** Seconds since the beginning, and what was told then. */
export type Told = [second: number, event: LiveEvent];

export const step = (key: string | undefined, number: number, name: string): StepName => ({
  key,
  number,
  name,
});
export const image = (key: string, status: DecidedImage['status'] = 'build'): DecidedImage => ({
  key,
  status,
  reason: status === 'build' ? 'never published' : 'since main-1a2b3c4',
});
export const BEGIN: Told[] = [
  [0, { type: 'stage', stage: 'plan' }],
  [1, { type: 'images', images: [image('api'), image('frontend'), image('cron', 'unchanged')] }],
  [1, { type: 'stage', stage: 'preflight' }],
  [3, { type: 'stage', stage: 'build' }],
];

function stateAfter(told: readonly Told[]): ProgressState {
  return told.reduce((state, [second, event]) => follow(state, event, second * 1000), NOTHING_YET);
}

export function frameOf(told: readonly Told[], over: Partial<Canvas> = {}, kind?: FrameKind): string[] {
  const now = (told.at(-1)?.[0] ?? 0) * 1000;
  return renderFrame(stateAfter(told), { columns: 80, rows: 24, now, style: plainStyle, ...over }, kind);
}
