import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import { parseJson } from '../../lib/json.js';
import type { BuildWarning, ProgressListener, StepName } from '../progress-events.js';

export interface LogOptions {
  key: string;
  /** Undefined: no steps are reported. */
  dockerfile?: Dockerfile;
  /** Of several that are built at once; undefined: it is the only one. */
  platform?: string;
  listener: ProgressListener;
  /** Numbers the steps of all images of a run. */
  nextNumber(): number;
}

export interface ExecutorRecord {
  counts: { total: number; cached: number };
  warnings: BuildWarning[];
  pushing: boolean;
  cacheRefusal?: string;
  /** The executor's last message, if it is an error. */
  error?: string;
  /** The instruction that ran at the end, and the last lines that it printed. */
  last?: { text: string; instruction?: Instruction; output: string[] };
  tail: string[];
}

interface Found {
  stage: Stage;
  instruction: Instruction;
}

interface OpenStep {
  step: StepName;
  started: number;
  cached: boolean;
}

const KEPT_LINES = 20;
const STEPS = /^(?:ADD|COPY|RUN|WORKDIR)\s/i;
const INSTRUCTIONS =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s/i;

/**
 * Reads the log of one executor, line by line. Its own lines are JSON (`--log-format=json`); all others were printed by
 * a step, or are the executor's last message.
 */
export class ExecutorLog {
  readonly #record: ExecutorRecord = { counts: { total: 0, cached: 0 }, warnings: [], pushing: false, tail: [] };
  readonly #cached = new Set<string>();
  readonly #cacheLayers = new Set<string>();
  readonly #done = new Set<Instruction>();
  #stage = 0;
  #open: OpenStep | undefined;

  constructor(private readonly options: LogOptions) {}

  push(line: string): void {
    const message = executorMessage(line);
    if (message === undefined) this.#readOutput(line);
    else this.#readMessage(message);
  }

  /** @param outcome of the pod; `stopped`: it did not end by itself */
  end(outcome: 'done' | 'failed' | 'stopped'): ExecutorRecord {
    if (outcome === 'done') this.#complete();
    if (outcome === 'failed' && this.#open) {
      const { last, error = 'the pod ended' } = this.#record;
      this.options.listener({ type: 'failed', step: this.#open.step, error, output: last?.output ?? [] });
    }
    return this.#record;
  }

  #readOutput(line: string): void {
    const isLast = /^error (?:building|pushing|checking|resolving|changing) /.test(line);
    if (isLast || line.startsWith('Error: ')) this.#record.error = line;
    if (isLast) return;
    keep(this.#record.last?.output ?? this.#record.tail, line);
    if (this.#open) this.options.listener({ type: 'output', step: this.#open.step, line });
  }

  #readMessage({ level, text }: { level: string; text: string }): void {
    if (level === 'fatal' || level === 'panic') this.#record.error = text;
    if (level === 'warning') return this.#readWarning(text);
    const [, stage] = /^Building stage '.*' \[idx: '(\d+)'/.exec(text) ?? [];
    const [, cached] = /^Using caching version of cmd: ([^]*)/.exec(text) ?? [];
    const [, layer] = /^Pushing layer (\S+) to cache now/.exec(text) ?? [];
    const [, pushed] = /^Pushing image to (\S+)/.exec(text) ?? [];
    if (layer !== undefined) this.#cacheLayers.add(layer);
    else if (cached !== undefined) this.#cached.add(bare(cached));
    else if (stage !== undefined) {
      this.#leave();
      this.#stage = Number(stage);
    } else if (pushed !== undefined) {
      // Layers are pushed to the cache while the next instruction runs.
      if (this.#cacheLayers.has(pushed)) return;
      this.#leave();
      this.#record.pushing = true;
      this.#begin(`pushing ${pushed}`);
    } else if (INSTRUCTIONS.test(text)) this.#readInstruction(text);
    else if (this.#record.last === undefined) keep(this.#record.tail, text);
  }

  #readWarning(text: string): void {
    const [, message, line, url] = /^\w+: ([^]*?) \(line (\d+)\)\s*(\S*)/.exec(text) ?? [];
    if (message !== undefined) {
      const place = { file: 'Dockerfile', line: Number(line) };
      const warning = { key: this.options.key, message, ...(url && { url }), place };
      this.#record.warnings.push(warning);
      return this.options.listener({ type: 'warning', warning });
    }
    this.#record.cacheRefusal ??= /^Error uploading layer to cache: ([^]*)/.exec(text)?.[1];
    keep(this.#record.tail, text);
  }

  #readInstruction(text: string): void {
    this.#complete();
    const found = this.#find(text);
    const instruction = found?.instruction;
    if (instruction) this.#done.add(instruction);
    this.#record.last = { text, instruction, output: [] };
    if (!STEPS.test(text)) return;
    const cached = this.#cached.has(bare(text));
    this.#record.counts.total += 1;
    if (cached) this.#record.counts.cached += 1;
    this.#begin(text.replace(/\s+/g, ' '), { cached, place: placeOf(found, this.options.dockerfile) });
  }

  /** A stage that is the base of only one other is built as a part of that one. */
  #find(text: string): Found | undefined {
    const { stages = [] } = this.options.dockerfile ?? {};
    const own = stages.filter(({ index }) => index === this.#stage);
    const others = stages.filter(({ index }) => index !== this.#stage);
    const left = [...own, ...others]
      .flatMap((stage) => stage.instructions.map((instruction) => ({ stage, instruction })))
      .filter(({ instruction }) => !this.#done.has(instruction));
    return (
      left.find(({ instruction }) => isSame(text, instruction)) ??
      left.find(({ instruction }) => isSubstituted(text, instruction))
    );
  }

  #begin(name: string, { cached, place }: { cached: boolean; place?: string } = { cached: false }): void {
    const { key, listener, dockerfile, platform } = this.options;
    if (dockerfile === undefined) return;
    const words = [platform, place].filter((word) => word !== undefined).join(' ');
    const prefix = words === '' ? '' : `[${words}] `;
    const step = { number: this.options.nextNumber(), key, name: prefix + name };
    this.#open = { step, started: Date.now(), cached };
    if (!cached) listener({ type: 'started', step });
  }

  #complete(): void {
    if (this.#open === undefined) return;
    const { step, started, cached } = this.#open;
    this.#open = undefined;
    const seconds = (Date.now() - started) / 1000;
    this.options.listener(cached ? { type: 'cached', step } : { type: 'completed', step, seconds });
  }

  #leave(): void {
    this.#complete();
    this.#record.last = undefined;
  }
}

/** `deps 2/5`, as BuildKit has it; the display counts by it. */
function placeOf(found: Found | undefined, dockerfile: Dockerfile | undefined): string | undefined {
  if (found === undefined) return undefined;
  const { name, index, instructions } = found.stage;
  const steps = instructions.filter(({ keyword }) => STEPS.test(`${keyword} `));
  const isOnly = dockerfile?.stages.length === 1 && name === undefined;
  const count = `${steps.indexOf(found.instruction) + 1}/${steps.length}`;
  return isOnly ? count : `${name ?? `stage-${index}`} ${count}`;
}

function executorMessage(line: string) {
  const message = line.startsWith('{') ? (parseJson(line) as Record<string, unknown> | undefined) : undefined;
  const { level, msg, time } = message ?? {};
  if (typeof level !== 'string' || typeof msg !== 'string' || typeof time !== 'string') return undefined;
  return { level, text: msg };
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > KEPT_LINES) lines.shift();
}

/** The executor prints an instruction as parsed: white space and line ends can differ. */
function isSame(text: string, { keyword, rest }: Instruction): boolean {
  const printed = restOf(text, keyword);
  return printed !== undefined && bare(printed) === bare(rest);
}

function isSubstituted(text: string, { keyword, rest }: Instruction): boolean {
  const printed = restOf(text, keyword);
  if (printed === undefined || !rest.includes('$')) return false;
  const parts = rest.split(/\$(?:\w+|\{[^}]*\})/).map(bare);
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('[^]*');
  return new RegExp(`^${pattern}$`).test(bare(printed));
}

function restOf(text: string, keyword: string): string | undefined {
  const [, word, rest] = /^(\w+)(?:\s+--\S+)*\s+([^]*)$/.exec(text) ?? [];
  return word?.toUpperCase() === keyword ? rest : undefined;
}

const bare = (text: string): string => text.replace(/[\s\\]+/g, '').toLowerCase();
