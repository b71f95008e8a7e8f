import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import type { BuildStep } from '../built.js';
import type { BuildWarning, ProgressListener, StepName } from '../progress-events.js';

export interface LogReading {
  /** Image key. */
  key: string;
  /** Undefined: what is built is not told step by step. */
  dockerfile?: Dockerfile;
  /** Of several that are built at once; undefined: it is the only one. */
  platform?: string;
  listener: ProgressListener;
  /** Numbers the steps of all images of a run. */
  nextNumber(): number;
  now(): number;
}

/** What the log of one pod adds up to. */
export interface ExecutorRecord {
  steps: BuildStep[];
  counts: { total: number; cached: number };
  warnings: BuildWarning[];
  /** Whether it had begun to push the image. */
  pushing: boolean;
  /** What the cache's registry refused to take; undefined: nothing. */
  cacheRefusal?: string;
  /** The executor's last word, where it ended in an error. */
  error?: string;
  /** The instruction that was under way at the end, and the last lines that it printed. */
  last?: { text: string; instruction?: Instruction; output: readonly string[] };
  /** The last lines that belong to no step. */
  tail: readonly string[];
}

interface Found {
  stage: Stage;
  instruction: Instruction;
}

interface OpenStep {
  step: StepName;
  /** `chore`: the executor's own, which no report counts. */
  kind: 'instruction' | 'push' | 'chore';
  text: string;
  instruction?: Instruction;
  started: number;
  cached: boolean;
  output: string[];
}

const KEPT_LINES = 20;
/** What takes its time before the first instruction, and how it is called. */
const CHORES: [RegExp, (found: string) => string][] = [
  [/^Retrieving image (?:manifest )?(\S+)/, (image) => `[internal] load image ${image}`],
  [/^Unpacking rootfs()/, () => '[internal] unpack the base image'],
];
const STEPS = /^(?:ADD|COPY|RUN|WORKDIR)\s/i;
const INSTRUCTIONS =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s/i;

/**
 * Follows the log of one executor, line by line. Its own lines are JSON (`--log-format=json`); what is none was printed
 * by a step, or is the executor's last word.
 */
export class ExecutorLog {
  readonly #steps: BuildStep[] = [];
  readonly #counts = { total: 0, cached: 0 };
  readonly #warnings: BuildWarning[] = [];
  readonly #fromCache = new Set<string>();
  readonly #layers = new Set<string>();
  readonly #taken = new Set<Instruction>();
  readonly #tail: string[] = [];
  #pushing = false;
  #stage = 0;
  #open: OpenStep | undefined;
  #current: { text: string; instruction?: Instruction; output: string[] } | undefined;
  #error: string | undefined;
  #cacheRefusal: string | undefined;

  constructor(private readonly reading: LogReading) {}

  push(line: string): void {
    const own = ownLine(line);
    if (own === undefined) this.#printed(line);
    else this.#said(own);
  }

  /** @param outcome of the pod; `broken-off`: it was stopped for a reason that is not its own */
  end(outcome: 'done' | 'failed' | 'broken-off'): ExecutorRecord {
    if (outcome === 'done') this.#close();
    if (outcome === 'failed') this.#fail();
    const last = this.#current;
    return {
      steps: this.#steps,
      counts: this.#counts,
      warnings: this.#warnings,
      pushing: this.#pushing,
      ...(this.#cacheRefusal !== undefined && { cacheRefusal: this.#cacheRefusal }),
      ...(this.#error !== undefined && { error: this.#error }),
      ...(last && { last }),
      tail: this.#tail,
    };
  }

  #printed(line: string): void {
    const isLast = /^error (?:building|pushing|checking|resolving|changing) /.test(line);
    if (isLast || line.startsWith('Error: ')) this.#error = line;
    if (isLast) return;
    keep(this.#current?.output ?? this.#tail, line);
    if (this.#open) this.reading.listener({ type: 'output', step: this.#open.step, line });
  }

  #said({ level, message }: OwnLine): void {
    if (level === 'fatal' || level === 'panic') this.#error = message;
    if (level === 'warning') return this.#warned(message);
    if (this.#isForCache(message)) return;
    const stage = /^Building stage '.*' \[idx: '(\d+)'/.exec(message);
    const cached = /^Using caching version of cmd: ([^]*)/.exec(message);
    const pushing = /^Pushing image to (\S+)/.exec(message);
    if (stage) {
      if (this.#open?.kind !== 'chore') this.#close();
      this.#current = undefined;
      this.#stage = Number(stage[1]);
    } else if (cached) {
      this.#fromCache.add(bare(cached[1]!));
    } else if (pushing) {
      this.#close();
      this.#current = undefined;
      this.#pushing = true;
      this.#begin({ kind: 'push', text: `pushing ${pushing[1]}`, prefix: '' });
    } else if (INSTRUCTIONS.test(message)) {
      this.#instruct(message);
    } else {
      this.#beginChore(message);
      if (this.#current === undefined) keep(this.#tail, message);
    }
  }

  #beginChore(message: string): void {
    if (this.#open !== undefined && this.#open.kind !== 'chore') return;
    for (const [pattern, nameOf] of CHORES) {
      const found = pattern.exec(message)?.[1];
      const text = found === undefined ? undefined : nameOf(found);
      if (text === undefined || text === this.#open?.text) continue;
      this.#close();
      this.#begin({ kind: 'chore', text, prefix: '' });
    }
  }

  /** Layers go to the cache while the next instruction is under way. */
  #isForCache(message: string): boolean {
    const layer = /^Pushing layer (\S+) to cache now/.exec(message)?.[1];
    if (layer !== undefined) this.#layers.add(layer);
    const pushing = /^Pushing image to (\S+)/.exec(message)?.[1];
    return layer !== undefined || (pushing !== undefined && this.#layers.has(pushing));
  }

  #warned(message: string): void {
    const found = /^(\w+): ([^]*?) \(line (\d+)\)\s*(\S*)/.exec(message);
    if (found) {
      const [, , text, line, url] = found;
      const place = { file: 'Dockerfile', line: Number(line) };
      const { key } = this.reading;
      const warning = { key, message: text!, ...(url && { url }), place };
      this.#warnings.push(warning);
      return this.reading.listener({ type: 'warning', warning });
    }
    const refused = /^Error uploading layer to cache: ([^]*)/.exec(message);
    if (refused) this.#cacheRefusal ??= refused[1]!;
    keep(this.#tail, message);
  }

  #instruct(text: string): void {
    this.#close();
    const found = this.#find(text);
    const instruction = found?.instruction;
    if (instruction) this.#taken.add(instruction);
    this.#current = { text, output: [], ...(instruction && { instruction }) };
    if (STEPS.test(text)) this.#begin({ kind: 'instruction', text, prefix: this.#placeOf(found) });
  }

  /** `[deps 2/5] `, as BuildKit tells it; without the count where it is an instruction of the base image. */
  #placeOf(found: Found | undefined): string {
    const { dockerfile, platform } = this.reading;
    const stage = found?.stage ?? dockerfile?.stages[this.#stage];
    const steps = stage?.instructions.filter(({ keyword }) => STEPS.test(`${keyword} `)) ?? [];
    const at = found === undefined ? -1 : steps.indexOf(found.instruction);
    const isOnly = dockerfile?.stages.length === 1 && stage?.name === undefined && at >= 0;
    const words = [
      ...(platform === undefined ? [] : [platform]),
      ...(isOnly ? [] : [stage?.name ?? `stage-${stage?.index ?? this.#stage}`]),
      ...(at < 0 ? [] : [`${at + 1}/${steps.length}`]),
    ];
    return `[${words.join(' ')}] `;
  }

  /** A stage that only one other begins with is built as part of that one, so the instruction may be its. */
  #find(text: string): Found | undefined {
    const stages = this.reading.dockerfile?.stages ?? [];
    const own = stages.filter(({ index }) => index === this.#stage);
    const others = stages.filter(({ index }) => index !== this.#stage);
    const all = [...own, ...others].flatMap((stage) =>
      stage.instructions.map((instruction) => ({ stage, instruction })),
    );
    const free = all.filter(({ instruction }) => !this.#taken.has(instruction));
    return (
      free.find(({ instruction }) => isOf(text, instruction)) ??
      free.find(({ instruction }) => isFilled(text, instruction)) ??
      // A stage may be built more than once.
      all.find(({ instruction }) => isOf(text, instruction))
    );
  }

  #begin({ kind, text, prefix }: Pick<OpenStep, 'kind' | 'text'> & { prefix: string }): void {
    const { key, listener, dockerfile } = this.reading;
    if (dockerfile === undefined) return;
    const cached = kind === 'instruction' && this.#fromCache.has(bare(text));
    const name = prefix + text.replace(/\s+/g, ' ');
    const step = { number: this.reading.nextNumber(), key, name };
    this.#open = {
      ...{ step, kind, text },
      started: this.reading.now(),
      cached,
      output: this.#current?.output ?? [],
    };
    if (kind === 'instruction') {
      this.#counts.total += 1;
      if (cached) this.#counts.cached += 1;
    }
    if (!cached) listener({ type: 'started', step });
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const completed = this.reading.now();
    const { step, kind, started, cached } = open;
    const { key, name } = step;
    if (kind !== 'chore')
      this.#steps.push({ ...(key !== undefined && { key }), name, started, completed, cached });
    this.reading.listener(
      cached ? { type: 'cached', step } : { type: 'completed', step, seconds: (completed - started) / 1000 },
    );
  }

  #fail(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    const error = this.#error ?? 'the pod ended';
    this.reading.listener({ type: 'failed', step: open.step, error, output: open.output });
  }
}

interface OwnLine {
  level: string;
  message: string;
}

function ownLine(line: string): OwnLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, time } = JSON.parse(line) as { level?: unknown; msg?: unknown; time?: unknown };
    if (typeof level !== 'string' || typeof msg !== 'string' || typeof time !== 'string') return undefined;
    return { level, message: msg };
  } catch {
    return undefined;
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > KEPT_LINES) lines.shift();
}

/** The executor prints an instruction as BuildKit's parser kept it: white space and line ends may differ. */
function isOf(text: string, { keyword, rest }: Instruction): boolean {
  const said = restOf(text, keyword);
  return said !== undefined && bare(said) === bare(rest);
}

/** The same with its variables filled in. */
function isFilled(text: string, { keyword, rest }: Instruction): boolean {
  const said = restOf(text, keyword);
  if (said === undefined || !rest.includes('$')) return false;
  const parts = rest.split(/\$(?:\w+|\{[^}]*\})/).map(bare);
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('[^]*');
  return new RegExp(`^${pattern}$`).test(bare(said));
}

function restOf(text: string, keyword: string): string | undefined {
  const [, word, said] = /^(\w+)(?:\s+--\S+)*\s+([^]*)$/.exec(text) ?? [];
  return word?.toUpperCase() === keyword ? said : undefined;
}

const bare = (text: string): string => text.replace(/[\s\\]+/g, '').toLowerCase();
