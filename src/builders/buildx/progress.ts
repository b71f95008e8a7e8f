import { plainText } from '../../lib/foreign-text.js';
import { splitLines, type LineSplitter } from '../../lib/split-lines.js';
import type { BuildStep } from '../built.js';
import type { BuildWarning, ProgressListener, StepName } from '../progress-events.js';
import { CACHE_STEP } from './build-watch.js';
import type { SolveStatus } from './progress-stream.js';

export interface FailedStep {
  step: StepName;
  error: string;
  output: readonly string[];
}

export interface BuildLog {
  steps: BuildStep[];
  failed: FailedStep[];
  warnings: BuildWarning[];
  /** Other lines of buildx: excerpts and errors, in order. */
  text: string[];
  /** Per image key. Seconds of wall time; steps are the Dockerfile's. */
  images: Record<string, { seconds: number; steps: { total: number; cached: number } }>;
}

interface Vertex {
  digest: string;
  step: StepName;
  started?: number;
  completed?: number;
  isRunning: boolean;
  cached: boolean;
  error?: string;
  output: string[];
  lines: LineSplitter;
  announced: boolean;
}

const KEPT_LINES = 20;

/**
 * Follows the status objects of one bake. `targets`: bake target by image key. With several targets buildx
 * puts the target before each step (`[api deps 2/5] RUN …`, `[api] exporting to image`), with one it doesn't.
 */
export function collectProgress(targets: Readonly<Record<string, string>>, listener: ProgressListener) {
  const vertices = new Map<string, Vertex>();
  const warnings: BuildWarning[] = [];
  const text: string[] = [];

  const vertexFor = (digest: string, fullName: string): Vertex => {
    const id = `${digest} ${fullName}`;
    const known = vertices.get(id);
    if (known !== undefined) return known;
    const step = { number: vertices.size + 1, ...nameStep(plainText(fullName), targets) };
    const output: string[] = [];
    const lines = splitLines((raw) => {
      const line = plainText(raw);
      output.push(line);
      if (output.length > KEPT_LINES) output.shift();
      listener({ type: 'output', step, line });
    });
    const vertex: Vertex = {
      ...{ digest, step, output, lines },
      ...{ isRunning: false, cached: false, announced: false },
    };
    vertices.set(id, vertex);
    return vertex;
  };
  /** The step of a digest; two targets may share one, then the first is meant. */
  const find = (digest: string) => [...vertices.values()].find((vertex) => vertex.digest === digest);

  return {
    status(status: SolveStatus) {
      for (const reported of status.vertexes ?? []) {
        announce(update(vertexFor(reported.digest, reported.name), reported), listener);
      }
      for (const { vertex, data } of status.logs ?? []) find(vertex)?.lines.push(Buffer.from(data, 'base64'));
      for (const reported of status.warnings ?? []) {
        const warning = readWarning(reported, find(reported.vertex)?.step.key);
        warnings.push(warning);
        listener({ type: 'warning', warning });
      }
      // A failed step's last output comes in the same status or before, so its lines are complete now.
      for (const vertex of vertices.values()) announceFailure(vertex, listener);
    },
    text(raw: string) {
      const line = plainText(raw);
      text.push(line);
      listener({ type: 'text', line });
    },
    /** Names of the steps in progress. */
    running: () => [...vertices.values()].flatMap(({ isRunning, step }) => (isRunning ? [step.name] : [])),
    /** Ends unfinished output lines, and adds up. */
    finish(): BuildLog {
      for (const vertex of vertices.values()) vertex.lines.end();
      return addUp([...vertices.values()], warnings, text, Object.keys(targets));
    },
  };
}

function update(vertex: Vertex, reported: NonNullable<SolveStatus['vertexes']>[number]): Vertex {
  // A step such as "load build context" may start and complete several times: first start, last end.
  if (reported.started) vertex.started ??= Date.parse(reported.started);
  if (reported.completed) vertex.completed = Date.parse(reported.completed);
  if (reported.started) vertex.isRunning = !reported.completed;
  vertex.cached ||= reported.cached === true;
  if (reported.error) vertex.error = plainText(reported.error);
  return vertex;
}

function announce(vertex: Vertex, listener: ProgressListener): void {
  const { step, started, completed } = vertex;
  if (started === undefined || vertex.announced) return;
  if (completed === undefined) {
    listener({ type: 'started', step });
  } else if (vertex.error === undefined) {
    vertex.announced = true;
    if (vertex.cached) listener({ type: 'cached', step });
    else listener({ type: 'completed', step, seconds: (completed - started) / 1000 });
  }
}

function announceFailure(vertex: Vertex, listener: ProgressListener): void {
  if (vertex.announced || !isFailure(vertex)) return;
  vertex.announced = true;
  vertex.lines.end();
  listener({ type: 'failed', step: vertex.step, error: vertex.error, output: vertex.output });
}

/**
 * When one image fails, the others' running steps end with "context canceled": they are not to blame. An absent cache
 * is only cold, a failed export is ignored (`ignore-error`): neither fails a build.
 */
function isFailure(vertex: Vertex): vertex is Vertex & { error: string } {
  if (vertex.error === undefined || /context canceled|CANCELED|Canceled/.test(vertex.error)) return false;
  return !CACHE_STEP.test(vertex.step.name);
}

function nameStep(fullName: string, targets: Readonly<Record<string, string>>): Omit<StepName, 'number'> {
  const entries = Object.entries(targets);
  if (fullName.startsWith('[internal] load local bake') || fullName.startsWith('[internal] booting')) {
    return { name: fullName };
  }
  if (entries.length === 1) return { key: entries[0]![0], name: fullName };
  const match = /^\[([^\s\]]+)(?:\] |\s)(.*)$/s.exec(fullName);
  const entry = match && entries.find(([, target]) => target === match[1]);
  if (!match || !entry) return { name: fullName };
  const whole = fullName.startsWith(`[${match[1]}] `);
  return { key: entry[0], name: whole ? match[2]! : `[${match[2]}` };
}

function readWarning(reported: NonNullable<SolveStatus['warnings']>[number], key: string | undefined): BuildWarning {
  const file = reported.sourceInfo?.filename;
  return {
    key,
    message: Buffer.from(reported.short ?? '', 'base64')
      .toString()
      .trim(),
    url: reported.url,
    place: file === undefined ? undefined : { file, line: reported.range?.[0]?.start?.line },
  };
}

function lostExport({ step, error }: Vertex): BuildWarning[] {
  if (error === undefined || !CACHE_STEP.test(step.name) || step.name.startsWith('importing')) return [];
  const whose = step.key === undefined ? 'The build cache' : `The build cache of ${step.key}`;
  return [{ key: step.key, message: `${whose} was not saved: ${error}` }];
}

function addUp(vertices: Vertex[], warnings: BuildWarning[], text: string[], keys: string[]): BuildLog {
  const steps = vertices.flatMap(({ step: { key, name }, started, completed, cached }) =>
    started === undefined || completed === undefined ? [] : [{ key, name, started, completed, cached }],
  );
  return {
    steps,
    failed: vertices.filter(isFailure).map(({ step, error, output }) => ({ step, error, output })),
    warnings: [...warnings, ...vertices.flatMap(lostExport)],
    text,
    images: Object.fromEntries(keys.map((key) => [key, measure(steps.filter((step) => step.key === key))])),
  };
}

function measure(steps: readonly BuildStep[]): BuildLog['images'][string] {
  const begin = Math.min(...steps.map(({ started }) => started));
  const end = Math.max(...steps.map(({ completed }) => completed));
  const instructions = steps.filter(({ name }) => /^\[(\S+ )*\d+\/\d+\] /.test(name));
  const names = new Set(instructions.map(({ name }) => name));
  // BuildKit may report an instruction twice, once merged with another target's like it: built once is built.
  const run = new Set(instructions.filter(({ cached }) => !cached).map(({ name }) => name));
  return {
    seconds: steps.length === 0 ? 0 : (end - begin) / 1000,
    steps: { total: names.size, cached: names.size - run.size },
  };
}
