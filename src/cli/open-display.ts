import { printProgress } from '../builders/progress-lines.js';
import { cleanStrings } from '../lib/secret.js';
import { eventAsJson, type JsonEvent } from '../report/live/event-json.js';
import type { Display, Screen } from './display.js';

/** `live`: a few lines that change in place; `lines`: a log; `events`: JSON for machines, an object a line. */
export type DisplayMode = 'live' | 'lines' | 'events';

/** A log is read later: what moves belongs on a terminal that somebody looks at. */
export function displayMode(
  { json, isTTY }: { json: boolean; isTTY: boolean | undefined },
  env: NodeJS.ProcessEnv,
): DisplayMode {
  if (json) return 'events';
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
  }
}

function printLines({ stream, redact }: Screen): Display {
  const say = (line: string) => void stream.write(`${redact(line)}\n`);
  const onProgress = printProgress(say);
  return {
    show: (event) => {
      if (event.type !== 'stage' && event.type !== 'images' && event.type !== 'end') onProgress(event);
    },
    say,
    aside: (ask) => ask,
    close: () => {},
  };
}

/** As docs/json.md describes them. */
function printEvents({ stream, redact }: Screen): Display {
  const tell = (event: JsonEvent | undefined) => event && writeEvent(stream, event, redact);
  return {
    show: (event) => tell(eventAsJson(event)),
    say: (line) => tell({ type: 'log', line }),
    aside: (ask) => ask,
    close: () => {},
  };
}

/** One event of the stream, on a line of its own. */
export function writeEvent(stream: NodeJS.WriteStream, event: JsonEvent, redact: Screen['redact']): void {
  const { type, ...rest } = cleanStrings(event, redact);
  stream.write(`${JSON.stringify({ type, at: new Date().toISOString(), ...rest })}\n`);
}
