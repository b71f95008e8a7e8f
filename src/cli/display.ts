import type { AskCancel } from '../builders/dispatch/cancel-run.js';
import type { LiveEvent } from '../report/live/run-event.js';
import type { Style } from '../report/terminal.js';

/** Where a run shows what it does while it does it. */
export interface Display {
  show(event: LiveEvent): void;
  /** A sentence of progress. */
  say(line: string): void;
  /** The same question, with the terminal to itself. */
  aside(ask: AskCancel): AskCancel;
  /** Leaves the terminal as it was found; what is still under way was broken off. */
  close(): void;
}

export interface Screen {
  stream: NodeJS.WriteStream;
  style: Style;
  /** Applied to everything before it is cut to fit, or escaped. */
  redact(text: string): string;
}
