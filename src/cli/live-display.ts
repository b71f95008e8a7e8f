import { stripVTControlCharacters } from 'node:util';
import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { cleanStrings } from '../lib/secret.js';
import { renderFrame } from '../report/live/frame.js';
import { SPINNER_MS } from '../report/live/run-event.js';
import { finish, follow, NOTHING_YET } from '../report/live/progress-state.js';
import type { Display, Screen } from './display.js';

/** Of a terminal that does not tell its size. */
const USUAL = { columns: 80, rows: 24 };

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const UP_FROM_ERASED = '\u001b[2K\u001b[1A';

/** A few lines at the foot of the terminal that show what goes on; what is said scrolls by above them. */
export function openLiveDisplay({ stream, style, redact }: Screen): Display {
  // Its own way with the cursor knows no stream but stderr.
  const draw = createLogUpdate(stream, {
    showCursor: true,
    defaultWidth: USUAL.columns,
    defaultHeight: USUAL.rows,
  });
  // A step may print what moves the cursor.
  const clean = (text: string) => redact(stripVTControlCharacters(text)).replace(/[\u0000-\u001f\u007f]/g, ' ');
  let state = NOTHING_YET;
  let drawn: string[] = [];
  let drawnColumns = 0;
  let status: 'open' | 'aside' | 'closed' = 'open';

  const frame = (kind: 'live' | 'last') => {
    const { columns, rows } = { columns: stream.columns || USUAL.columns, rows: stream.rows || USUAL.rows };
    return renderFrame(state, { columns, rows, now: Date.now(), style }, kind);
  };
  const paint = () => {
    if (status !== 'open') return;
    const lines = frame('live');
    if (lines.length === 0) return;
    if (drawn.length === 0) stream.write(HIDE_CURSOR);
    eraseRewrapped();
    draw(lines.join('\n'));
    drawn = lines;
    drawnColumns = stream.columns;
  };
  const erase = () => {
    eraseRewrapped();
    draw.clear();
    drawn = [];
  };
  /** A terminal that became narrower has broken lines in two: there are more of them than were drawn. */
  const eraseRewrapped = () => {
    const { columns } = stream;
    if (!columns || columns >= drawnColumns) return;
    const more = drawn.reduce((sum, line) => sum + Math.max(0, Math.ceil(stringWidth(line) / columns) - 1), 0);
    stream.write(UP_FROM_ERASED.repeat(more));
    drawnColumns = columns;
  };
  /** Nothing of what moves is left, and the cursor is there again. */
  const leave = () => {
    if (drawn.length === 0) return;
    erase();
    stream.write(SHOW_CURSOR);
  };
  const close = () => {
    if (status === 'closed') return;
    status = 'closed';
    clearInterval(ticking);
    stream.off('resize', paint);
    process.off('exit', close);
    state = finish(state, 'cancelled', Date.now());
    leave();
    const last = frame('last');
    if (last.length > 0) stream.write(`${last.join('\n')}\n`);
  };

  const ticking = setInterval(paint, SPINNER_MS);
  ticking.unref();
  stream.on('resize', paint);
  // A run that hangs after Ctrl-C is ended by force.
  process.on('exit', close);

  return {
    show(event) {
      const cleaned = cleanStrings(event, clean);
      state = follow(state, cleaned, Date.now());
    },
    say(line) {
      if (status === 'open') erase();
      stream.write(`${style.fit(clean(line), 2)}\n`);
      paint();
    },
    aside: (ask) => async (question) => {
      if (status !== 'open') return ask(question);
      status = 'aside';
      leave();
      try {
        return await ask(question);
      } finally {
        status = 'open';
        paint();
      }
    },
    close,
  };
}
