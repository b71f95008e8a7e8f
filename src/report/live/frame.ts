import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import type { StepName } from '../../builders/progress-events.js';
import { counted } from '../../lib/counted.js';
import { formatSeconds } from '../format.js';
import type { Stage } from '../report.js';
import type { Style } from '../terminal.js';
import { countSteps, type ImageProgress, type ProgressState, type StageProgress } from './progress-state.js';
import { SPINNER, SPINNER_MS } from './run-event.js';

/** The canvas of a frame. */
export interface Canvas {
  columns: number;
  rows: number;
  /** Milliseconds since the epoch. */
  now: number;
  style: Style;
}

/** How a frame is meant: `live` moves, `last` stays on the screen. */
export type FrameKind = 'live' | 'last';

/** Lines of a failed step that are shown while others go on; the problem at the end has all. */
const OUTPUT_LINES = 6;
const LONGEST_KEY = 24;

/**
 * The current work, in lines that fit: none is wider than the canvas, and together they leave its last row free for the
 * cursor.
 */
export function renderFrame(state: ProgressState, canvas: Canvas, kind: FrameKind = 'live'): string[] {
  const { stages } = state;
  if (stages.length === 0 || (kind === 'last' && !stages.some(({ stage }) => WORK.includes(stage)))) return [];
  const images = [...state.images.filter((image) => isShown(image, state, kind)), ...state.jobs];
  const room = Math.max(0, canvas.rows - 2);
  const { shown, left } = kind === 'live' ? choose(images, room) : { shown: images, left: [] };
  const width = Math.min(LONGEST_KEY, Math.max(0, ...shown.map(({ key }) => stringWidth(key))));
  const outputRoom = kind === 'live' ? room - shown.length - (left.length > 0 ? 1 : 0) : 0;
  const failed = shown.filter(({ state: its }) => its === 'failed').length;
  const perImage = Math.min(OUTPUT_LINES, Math.floor(outputRoom / Math.max(1, failed)));
  return [
    renderStages(state, canvas),
    ...shown.flatMap((image) => [
      renderImage(image, width, canvas),
      ...(perImage > 0 ? (image.failure?.output ?? []).slice(-perImage) : []).map(
        (line) => `    ${canvas.style.faint('|')} ${fit(line, canvas.columns - 6)}`,
      ),
    ]),
    ...(left.length > 0 ? [`  ${canvas.style.faint(fit(describeLeft(left), canvas.columns - 2))}`] : []),
  ];
}

/**
 * Images are shown as soon as there is something to do for them, and stay as far as something was done. Of one that
 * jobs build nothing is known until they have ended.
 */
function isShown({ state }: ImageProgress, { stages, jobs }: ProgressState, kind: FrameKind): boolean {
  if (state === 'waiting' && jobs.length > 0) return false;
  if (state === 'unchanged' || state === 'waiting')
    return kind === 'live' && stages.some(({ stage, ended }) => stage === 'build' && ended === undefined);
  return true;
}

const IMPORTANCE = ['failed', 'working', 'cancelled', 'waiting', 'done', 'unchanged'] as const;

/** As many as there is room for, those first that one looks for, in the order of the configuration. */
function choose(images: readonly ImageProgress[], room: number) {
  if (images.length <= room) return { shown: images, left: [] };
  const rank = ({ state }: ImageProgress) => IMPORTANCE.indexOf(state);
  const chosen = new Set([...images].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, room - 1)));
  const isChosen = (image: ImageProgress) => chosen.has(image);
  return { shown: images.filter(isChosen), left: images.filter((image) => !isChosen(image)) };
}

function describeLeft(images: readonly ImageProgress[]): string {
  const counts = IMPORTANCE.flatMap((state) => {
    const count = images.filter((image) => image.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `and ${images.length} more: ${counts.join(', ')}`;
}

/** Whether it is worth a line when it is over. */
const WORK: readonly Stage[] = ['build', 'publish', 'deploy'];

/** As much as fits: the stages before this one with their times, without, or not at all. */
function renderStages({ stages, shared }: ProgressState, canvas: Canvas): string {
  const past = stages.slice(0, -1);
  const present = describeStage(stages.at(-1)!, 'timed', canvas);
  const forms = [
    [...past.map((stage) => describeStage(stage, 'timed', canvas)), present],
    [...past.map((stage) => describeStage(stage, 'named', canvas)), present],
    [present],
  ].map((parts) => parts.join('  '));
  const line = forms.find((form) => stringWidth(form) <= canvas.columns) ?? fit(present, canvas.columns);
  const room = canvas.columns - stringWidth(line) - 2;
  if (shared === undefined || room < 12) return line;
  return `${line}  ${canvas.style.faint(fit(nameOf(shared), room))}`;
}

function describeStage({ stage, started, ended }: StageProgress, how: 'timed' | 'named', canvas: Canvas): string {
  const { style } = canvas;
  const name = stage === 'preflight' ? 'check' : stage;
  const marks = { done: style.good('✓'), failed: style.bad('✗'), cancelled: style.strong('–') };
  const mark = ended === undefined ? spinner(canvas) : marks[ended.how];
  return `${mark} ${ended === undefined ? style.strong(name) : name}${how === 'timed' ? ` ${style.faint(elapsed(started, ended?.at ?? canvas.now))}` : ''}`;
}

/** `  ⠹ api  3/9  RUN npm ci  12 s`; what does not fit is left out of the name of the step. */
function renderImage(image: ImageProgress, width: number, canvas: Canvas): string {
  const { style } = canvas;
  const [mark, before, text] = wordsOf(image, canvas);
  const key = fit(image.key, width);
  const lead = `  ${mark} ${style.strong(key)}${' '.repeat(width - stringWidth(key))}`;
  const { started, ended = canvas.now } = image;
  const rest = started === undefined ? '' : `  ${style.faint(elapsed(started, ended))}`;
  const head = `${lead}${before === '' ? '' : `  ${before}`}`;
  const room = canvas.columns - stringWidth(head) - stringWidth(rest) - 2;
  const detail = room < 6 || text === '' ? '' : `  ${fit(text, room)}`;
  return fit(`${head}${detail}${rest}`, canvas.columns);
}

/** Mark, how far it is, and what goes on. */
function wordsOf(image: ImageProgress, canvas: Canvas): [mark: string, before: string, text: string] {
  const { style } = canvas;
  const { over, total, cached } = countSteps(image);
  switch (image.state) {
    case 'unchanged':
      return [style.faint('–'), '', image.note ?? `unchanged ${image.reason ?? ''}`];
    case 'waiting':
      return [style.faint('·'), '', image.note ?? 'waiting'];
    case 'working': {
      const latest = image.running.at(-1);
      const text = image.note ?? (latest ? nameOf(latest) : '');
      return [spinner(canvas), total === 0 ? '' : `${over}/${total}`, text];
    }
    case 'done':
      return [
        style.good('✓'),
        '',
        image.note ?? (total === 0 ? 'built' : `${counted(total, 'step')}, ${cached} cached`),
      ];
    case 'failed':
      return [style.bad('✗'), '', `failed: ${image.note ?? (image.failure ? nameOf(image.failure.step) : '')}`];
    case 'cancelled': {
      const after = total === 0 ? '' : ` after ${over} of ${counted(total, 'step')}`;
      return [style.strong('–'), '', image.note ?? `cancelled${after}`];
    }
  }
}

/** The instruction without its number, a builder's own chore without that mark, and digests short. */
function nameOf({ name }: StepName): string {
  return name
    .replace(/\s+/g, ' ')
    .replace(/^\[internal\] /, '')
    .replace(/^\[((?:\S+ )*)\d+\/\d+\] /, (_, stage: string) => (stage === '' ? '' : `[${stage.trim()}] `))
    .replace(/@(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '@$1…');
}

function spinner({ now, style }: Canvas): string {
  return style.strong(SPINNER[Math.floor(now / SPINNER_MS) % SPINNER.length]!);
}

/** Whole seconds from the tenth on, so that little moves. */
function elapsed(from: number, to: number): string {
  return formatSeconds(Math.max(0, to - from) / 1000);
}

/** A text that takes no more columns than there are; wide characters take two. */
function fit(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  const cut = sliceAnsi(text, 0, columns - 1);
  // A wide character at the edge is taken whole.
  return `${stringWidth(cut) < columns ? cut : sliceAnsi(text, 0, columns - 2)}…`;
}
