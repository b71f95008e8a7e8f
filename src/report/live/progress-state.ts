import type { JobProgress, StepName } from '../../builders/progress-events.js';
import type { Stage } from '../report.js';
import type { LiveEvent } from './run-event.js';

/** The progress of a run so far, for somebody who watches. Times in milliseconds since the epoch. */
export interface ProgressState {
  /** In the order in which they were entered; the last one is under way until the run ends. */
  stages: readonly StageProgress[];
  images: readonly ImageProgress[];
  /** Of the run on GitHub that builds, where one does. */
  jobs: readonly ImageProgress[];
  /** Work for no single image: the builder's boot, a base image that several need. */
  shared?: StepName;
}

export interface StageProgress {
  stage: Stage;
  started: number;
  ended?: { at: number; how: EndOfRun };
}

export type EndOfRun = 'done' | 'failed' | 'cancelled';

export interface ImageProgress {
  key: string;
  state: 'unchanged' | 'waiting' | 'working' | 'done' | 'failed' | 'cancelled';
  /** Why it is not built, where it is not. */
  reason?: string;
  started?: number;
  ended?: number;
  /** Takes the place of what its steps tell. */
  note?: string;
  /** Under way, the latest last. */
  running: readonly StepName[];
  /** Steps of the Dockerfile that are over, by name, and whether the cache had them. */
  over: Readonly<Record<string, 'cached' | 'run'>>;
  /** The number of steps of each stage, as far as it is known. */
  lengths: Readonly<Record<string, number>>;
  /** What the builder counted in the end. */
  counted?: { total: number; cached: number };
  failure?: { step: StepName; error: string; output: readonly string[] };
}

export const NOTHING_YET: ProgressState = { stages: [], images: [], jobs: [] };

/** What is known after an event. */
export function follow(state: ProgressState, event: LiveEvent, now: number): ProgressState {
  switch (event.type) {
    case 'stage': {
      const ended = finish(state, 'done', now);
      return { ...ended, stages: [...ended.stages, { stage: event.stage, started: now }] };
    }
    case 'images':
      return {
        ...state,
        images: event.images.map(({ key, status, reason }) => ({
          ...waiting(key),
          ...(status === 'unchanged' && { state: status, reason }),
        })),
      };
    case 'end': {
      const { outcome } = event;
      return finish(state, outcome === 'failed' || outcome === 'cancelled' ? outcome : 'done', now);
    }
    case 'started':
    case 'cached':
    case 'completed':
    case 'failed': {
      const { key } = event.step;
      if (key === undefined) return shared(state, event);
      return withImage(state, key, (image) => step(image, event, now));
    }
    case 'waiting':
      return withImage(state, event.key, (image) => ({
        ...restarted(image),
        state: 'working',
        started: image.started ?? now,
        note: event.message,
      }));
    case 'queued':
      return withImage(state, event.key, (image) =>
        image.state === 'waiting' ? { ...image, note: event.message } : image,
      );
    case 'built': {
      const { key, seconds, steps } = event;
      return withImage(state, key, (image) => ({
        ...image,
        state: 'done',
        note: undefined,
        running: [],
        started: seconds === undefined ? image.started : now - seconds * 1000,
        ended: now,
        ...(steps && { counted: steps }),
      }));
    }
    case 'jobs':
      return { ...state, jobs: event.jobs.map((job) => jobRow(job, state, now)) };
    default:
      return state;
  }
}

function withImage(state: ProgressState, key: string, change: (image: ImageProgress) => ImageProgress): ProgressState {
  const known = state.images.some((image) => image.key === key);
  const images = known ? state.images : [...state.images, waiting(key)];
  return { ...state, images: images.map((image) => (image.key === key ? change(image) : image)) };
}

/** A build that is tried again starts from the beginning. */
function restarted(image: ImageProgress): ImageProgress {
  const again = { ended: undefined, failure: undefined, note: undefined };
  return image.state === 'failed' ? { ...image, ...again, over: {}, lengths: {} } : { ...image, ...again };
}

function jobRow({ name: key, state: its, message, seconds }: JobProgress, { jobs }: ProgressState, now: number) {
  const known = jobs.find((job) => job.key === key);
  const state = its === 'skipped' ? 'unchanged' : its;
  const row: ImageProgress = { ...waiting(key), state, note: message };
  if (its === 'skipped') return row;
  const since = known?.state === state ? known.started : undefined;
  if (its === 'waiting' || its === 'working') return { ...row, started: since ?? now };
  const ended = known?.ended ?? now;
  return { ...row, ended, started: seconds === undefined ? known?.started : ended - seconds * 1000 };
}

function waiting(key: string): ImageProgress {
  return { key, state: 'waiting', running: [], over: {}, lengths: {} };
}

type StepEvent = Extract<LiveEvent, { step: StepName; type: 'started' | 'cached' | 'completed' | 'failed' }>;

function step(image: ImageProgress, event: StepEvent, now: number): ImageProgress {
  const { step: name } = event;
  const others = image.running.filter(({ number }) => number !== name.number);
  const current = event.type === 'started' ? restarted(image) : image;
  const begun = { ...current, started: image.started ?? now, lengths: withLength(current.lengths, name) };
  switch (event.type) {
    case 'started':
      return { ...begun, state: 'working', running: [...others, name] };
    case 'cached':
    case 'completed': {
      const over =
        COUNTED.test(name.name) || UNCOUNTED.test(name.name)
          ? { ...image.over, [name.name]: event.type === 'cached' ? ('cached' as const) : ('run' as const) }
          : image.over;
      if (image.state === 'failed') return { ...begun, running: others, over };
      const done = EXPORT.test(name.name);
      const state = done || image.state === 'done' ? 'done' : 'working';
      return { ...begun, state, over, running: others, ...(done && { ended: now }) };
    }
    case 'failed':
      return { ...begun, state: 'failed', note: undefined, ended: now, running: [], failure: event };
  }
}

function shared(state: ProgressState, { type, step: name }: StepEvent): ProgressState {
  if (type === 'started') return { ...state, shared: name };
  return state.shared?.number === name.number ? { ...state, shared: undefined } : state;
}

/** Its last step: what comes after is the cache's. */
const EXPORT = /^(?:exporting to (?:image|oci|docker)|pushing \S+ with docker)/;

/** `[deps 2/5] RUN npm ci`, `[linux/arm64 3/7] …`, `[2/5] …`: a step of the Dockerfile, as BuildKit names it. */
const COUNTED = /^\[((?:\S+ )*)(\d+)\/(\d+)\] /;
/** `[deps] RUN npm ci`: as Kaniko's are named. */
const UNCOUNTED = /^\[(?!internal\]|auth\])[^\]]+\] [A-Z]+ /;

function withLength(lengths: ImageProgress['lengths'], { name }: StepName): ImageProgress['lengths'] {
  const [, stage, , length] = COUNTED.exec(name) ?? [];
  return stage === undefined ? lengths : { ...lengths, [stage]: Number(length) };
}

/** The end of a stage, or of the run: work that was going on has ended with it. */
export function finish(state: ProgressState, how: EndOfRun, now: number): ProgressState {
  const stages = state.stages.map((stage) => (stage.ended ? stage : { ...stage, ended: { at: now, how } }));
  const images = state.images.map((image): ImageProgress => {
    if (image.state !== 'working') return image;
    // One that broke off because another failed did not fail itself.
    const end = how === 'done' ? 'done' : 'cancelled';
    return { ...image, state: end, note: undefined, running: [], ended: image.ended ?? now };
  });
  const jobs = state.jobs.map((job): ImageProgress => {
    if (job.state !== 'working' && job.state !== 'waiting') return job;
    return { ...job, state: 'cancelled', note: 'no longer followed', ended: now };
  });
  return { ...state, stages, images, jobs, shared: undefined };
}

/** How far an image is: steps that are over, those that are known of, and how many the cache had. */
export function countSteps({ over, lengths, counted }: ImageProgress) {
  if (counted !== undefined) return { over: counted.total, ...counted };
  const ends = Object.values(over);
  const known = Object.values(lengths).reduce((sum, length) => sum + length, 0);
  return {
    over: ends.length,
    total: Math.max(known, ends.length),
    cached: ends.filter((end) => end === 'cached').length,
  };
}
