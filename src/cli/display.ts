import type { AskCancel } from '../builders/dispatch/dispatch.js';
import { printProgress } from '../builders/progress-lines.js';
import { cleanStrings } from '../lib/secret.js';
import { eventAsJson, SPINNER, SPINNER_MS, type JsonEvent, type LiveEvent } from '../report/live/run-event.js';
import type { Style } from '../report/terminal.js';

export interface Display {
  show(event: LiveEvent): void;
  say(line: string): void;
  /** The same question, asked while nothing else is drawn. */
  aside(ask: AskCancel): AskCancel;
  /** Restores the terminal. Steps that have not ended are shown as cancelled. */
  close(): void;
}

export interface Screen {
  stream: NodeJS.WriteStream;
  style: Style;
  /** Applied to everything before it is cut to fit, or escaped. */
  redact(text: string): string;
}

/** `live`: a few lines that change in place; `lines`: a log; `events`: one JSON object per line. */
export type DisplayMode = 'live' | 'lines' | 'events' | 'none';

export function displayMode(
  { json, quiet, isTTY }: { json: boolean; quiet: boolean; isTTY: boolean | undefined },
  env: NodeJS.ProcessEnv,
): DisplayMode {
  if (json) return 'events';
  if (quiet) return 'none';
  return isTTY === true && env['TERM'] !== 'dumb' && !env['CI'] ? 'live' : 'lines';
}

export async function openDisplay(mode: DisplayMode, screen: Screen): Promise<Display> {
  switch (mode) {
    case 'live':
      return (await import('./live-display.js')).openLiveDisplay(screen);
    case 'lines':
      return printLines(screen);
    case 'events':
      return printEvents(screen);
    case 'none':
      return { ...STILL, show: () => {}, say: () => {} };
  }
}

/** Nothing is drawn that a question would disturb. */
const STILL: Pick<Display, 'aside' | 'close'> = { aside: (ask) => ask, close: () => {} };

function printLines({ stream, redact }: Screen): Display {
  const say = (line: string) => void stream.write(`${redact(line)}\n`);
  const onProgress = printProgress(say);
  return {
    show: (event) => {
      if (event.type !== 'stage' && event.type !== 'images' && event.type !== 'end') onProgress(event);
    },
    say,
    ...STILL,
  };
}

function printEvents({ stream, redact }: Screen): Display {
  const write = (event: JsonEvent | undefined) => event && writeEvent(stream, event, redact);
  return {
    show: (event) => write(eventAsJson(event)),
    say: (line) => write({ type: 'log', line }),
    ...STILL,
  };
}

export function writeEvent(stream: NodeJS.WriteStream, event: JsonEvent, redact: Screen['redact']): void {
  const { type, ...rest } = cleanStrings(event, redact);
  stream.write(`${JSON.stringify({ type, at: new Date().toISOString(), ...rest })}\n`);
}

export async function withSpinner<T>(stream: NodeJS.WriteStream, text: string, work: () => Promise<T>): Promise<T> {
  let at = 0;
  const draw = () => stream.write(`\r\u001b[2K${SPINNER[at++ % SPINNER.length]} ${text}`);
  draw();
  const timer = setInterval(draw, SPINNER_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    stream.write('\r\u001b[2K');
  }
}
