import type { BaseImages, BuildDescription } from './description.js';
import { findContext, kindOfContext, namesCommit } from './dockerfile.js';
import type { BuildUse, ContextReads, CopySource, LineReason, Dockerfile, Instruction, Stage } from './dockerfile.js';
import { argumentsOf, pairsOf, readMount, mountedSource, readSources } from './instructions.js';
import { parseTrigger } from './parse.js';
import { ANYTHING, Environment, NOTHING, own, type GlobalScope, type Inherited } from './scope.js';
import { substitute, UNKNOWN, type Lookup } from './substitute.js';

/** BuildKit refuses the build. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

export interface WalkRequest {
  dockerfile: Dockerfile;
  description: Pick<BuildDescription, 'args' | 'contexts'>;
  bases: BaseImages;
  scope: GlobalScope;
  findings: Findings;
}

/** Everything that the stages of a target use, over all platforms, each once. */
export class Findings {
  readonly stages = new Set<number>();
  readonly declaredArgs = new Set<string>();
  /** Arguments before the first FROM that the stages depend on, by name. */
  readonly globalArgs = new Set<string>();
  readonly builtOn = new Set<string>();
  readonly #images = new Map<string, BuildUse['images'][number]>();
  readonly #reads = new Map<string, ContextReads>();
  readonly #unpinned = new Map<string, LineReason>();

  image(reference: string, line: number): void {
    if (!this.#images.has(`${line} ${reference}`)) this.#images.set(`${line} ${reference}`, { reference, line });
  }

  unpinned(reason: string, line: number): void {
    this.#unpinned.set(`${line} ${reason}`, { reason, line });
  }

  /** @param context name; `''` is the main one @param reason a clause without full stop */
  readsAll(context: string, reason: string): void {
    if (this.#reads.get(context)?.status !== 'all') this.#reads.set(context, { status: 'all', reason });
  }

  reads(context: string, sources: readonly CopySource[]): void {
    const before = this.#reads.get(context);
    if (before?.status === 'all' || sources.length === 0) return;
    const all = [...(before?.sources ?? []), ...sources];
    const distinct = new Map(all.map((source) => [JSON.stringify(source), source]));
    this.#reads.set(context, { status: 'some', sources: [...distinct.values()] });
  }

  summary(): Omit<BuildUse, 'passedOn' | 'globalArgs'> {
    return {
      stages: [...this.stages].sort((one, other) => one - other),
      reads: Object.fromEntries(this.#reads),
      images: [...this.#images.values()],
      builtOn: [...this.builtOn].sort(),
      declaredArgs: [...this.declaredArgs].sort(),
      unpinned: [...this.#unpinned.values()],
    };
  }
}

/**
 * Goes through the stages that a target needs, as BuildKit does for one platform.
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
 */
export class StageWalk {
  readonly #visited = new Map<number, Inherited>();

  constructor(private readonly request: WalkRequest) {}

  /** @throws Refused */
  visit(stage: Stage): Inherited {
    const known = this.#visited.get(stage.index);
    if (known) return known;
    const replaced = stage.name === undefined ? undefined : this.#contextOf(stage.name);
    const inherited = replaced === undefined ? this.#build(stage) : this.#onContext(replaced, stage.line);
    this.#visited.set(stage.index, inherited);
    return inherited;
  }

  #build(stage: Stage): Inherited {
    this.request.findings.stages.add(stage.index);
    const { env: inherited, triggers } = this.#begin(stage);
    const env = inherited.copy();
    if (triggers === undefined) this.request.findings.readsAll('', 'the base image may have ONBUILD instructions');
    for (const trigger of triggers ?? []) this.#run(trigger, stage, env);
    for (const instruction of stage.instructions) this.#run(instruction, stage, env);
    return {
      env,
      triggers: stage.instructions.filter(({ keyword }) => keyword === 'ONBUILD').map(triggerOf),
    };
  }

  #begin(stage: Stage): Inherited {
    const { findings, dockerfile } = this.request;
    const base = this.#fillGlobal(stage.base, stage.line);
    if (stage.platform !== undefined) this.#fillGlobal(stage.platform, stage.line);
    if (base.includes(UNKNOWN)) {
      findings.unpinned(`the base ${stage.base} can't be filled in before the build`, stage.line);
      return ANYTHING();
    }
    if (base === '') throw new Refused(`the base ${stage.base} is empty`, stage.line);
    // Unlike elsewhere, the case of letters counts, and of several stages of a name the last one so far.
    const earlier = dockerfile.stages.slice(0, stage.index).filter(({ name }) => name === base);
    const parent = earlier.at(-1);
    if (parent) return this.visit(parent);
    if (base === 'scratch') return NOTHING();
    const context = this.#contextOf(base);
    return context === undefined ? this.#onImage(base, stage.line) : this.#onContext(context, stage.line);
  }

  #fillGlobal(word: string, line: number): string {
    const { findings, dockerfile, scope } = this.request;
    const result = substitute(word, scope.lookup, dockerfile.escape);
    if (result.status === 'refused') throw new Refused(`FROM: ${result.reason}`, line);
    for (const name of result.used) this.#dependOn(name, findings.declaredArgs);
    return result.value;
  }

  #dependOn(name: string, declared?: Set<string>): void {
    for (const each of this.request.scope.dependencies(name)) {
      this.request.findings.globalArgs.add(each);
      declared?.add(each);
    }
  }

  #contextOf = (name: string): string | undefined => findContext(this.request.description.contexts, name);

  #onImage(reference: string, line: number, name = reference): Inherited {
    const { bases, findings } = this.request;
    if (name === reference) findings.image(reference, line);
    const base = own(bases, name);
    if (base === undefined) return ANYTHING();
    if ('unresolved' in base) return base.assumed === undefined ? ANYTHING() : { ...ANYTHING(), triggers: [] };
    const env = new Environment(new Map([['PATH', UNKNOWN], ...Object.entries(base.env)]), undefined);
    const triggers = base.onBuild.map((text) => parseTrigger(text, line));
    return {
      env,
      triggers: triggers.some((trigger) => 'unreadable' in trigger) ? undefined : (triggers as Instruction[]),
    };
  }

  /** A stage begins with a named context. */
  #onContext(name: string, line: number): Inherited {
    const { description, findings } = this.request;
    const value = description.contexts[name]!;
    const kind = kindOfContext(value);
    switch (kind.type) {
      case 'image':
        return kind.reference === 'scratch' ? NOTHING() : this.#onImage(kind.reference, line);
      case 'built':
        findings.builtOn.add(kind.key);
        return this.#onImage(kind.key, line, value);
      case 'local':
        findings.readsAll(name, 'a stage begins with it');
        return NOTHING();
      case 'remote':
        if (!namesCommit(value)) findings.unpinned(`the context ${name} is fetched, and may change`, line);
        return ANYTHING();
    }
  }

  #run(instruction: Instruction, stage: Stage, env: Environment): void {
    switch (instruction.keyword) {
      case 'ARG':
        return this.#declare(instruction, env);
      case 'ENV':
        return this.#set(instruction, env);
      case 'COPY':
      case 'ADD':
        return this.#copy(instruction, stage, env);
      case 'RUN':
        for (const { name, value } of instruction.flags)
          if (name === 'mount') this.#mount(value, instruction.line, stage, env);
    }
  }

  #declare({ rest, line }: Instruction, env: Environment): void {
    const { dockerfile, description, findings, scope } = this.request;
    const declared = argumentsOf(rest, dockerfile.escape);
    // Versions differ in whether an argument sees those before it on the same line.
    const before = env.copy();
    for (const { name, value } of declared) {
      if (/[^\w.-]/.test(name)) findings.unpinned(`the name of the argument ${name} is unusual`, line);
      findings.declaredArgs.add(name);
      const given = own(description.args, name);
      const inherited = given === undefined && value === undefined ? scope.lookup(name) : undefined;
      if (inherited !== undefined) this.#dependOn(name, findings.declaredArgs);
      const fresh = given ?? inherited;
      if (fresh !== undefined) env.values.set(name, fresh);
      else if (value !== undefined) {
        const older = this.#fill(value, before.lookup, 'ARG', line);
        const newer = this.#fill(value, env.lookup, 'ARG', line);
        env.values.set(name, older === newer ? newer : UNKNOWN);
      }
      if (name === 'BUILDKIT_SBOM_SCAN_CONTEXT' && !/^(?:0|f|false)?$/i.test(env.lookup(name) ?? ''))
        findings.readsAll('', 'the SBOM covers all of it');
    }
  }

  #set({ rest, line }: Instruction, env: Environment): void {
    const pairs = pairsOf(rest, this.request.dockerfile.escape).map(({ name, value }) => ({
      name: this.#fill(name, env.lookup, 'ENV', line),
      value: this.#fill(value, env.lookup, 'ENV', line),
    }));
    for (const { name, value } of pairs) env.values.set(name, value);
  }

  #fill(word: string, lookup: Lookup, keyword: string, line: number): string {
    const result = substitute(word, lookup, this.request.dockerfile.escape);
    if (result.status === 'refused') throw new Refused(`${keyword}: ${result.reason}`, line);
    return result.value;
  }

  #copy(instruction: Instruction, stage: Stage, env: Environment): void {
    const { dockerfile, findings } = this.request;
    const { line, flags } = instruction;
    const from = flags.find(({ name, value }) => name === 'from' && value !== '')?.value;
    if (from !== undefined && this.#fill(from, () => undefined, 'COPY', line) !== from)
      throw new Refused('--from of COPY takes no variables', line);
    const context = from === undefined ? '' : this.#origin(from, line, stage, 'COPY');
    const read = readSources(instruction, env.lookup, dockerfile.escape);
    if (read.status === 'refused') throw new Refused(read.reason, line);
    for (const reason of read.unpinned) findings.unpinned(reason, line);
    if (context === undefined) return;
    if (read.status === 'unclear') findings.readsAll(context, read.reason);
    else findings.reads(context, read.sources);
  }

  #mount(value: string, line: number, stage: Stage, env: Environment): void {
    const { findings } = this.request;
    const mount = readMount(value);
    if ('refused' in mount) throw new Refused(`RUN: ${mount.refused}`, line);
    const from = mount.from === '' ? undefined : mount.from;
    const context = from === undefined ? '' : this.#origin(from, line, stage, 'RUN');
    const type = this.#fill(mount.type, env.lookup, 'RUN', line).toLowerCase();
    if (context === undefined || ['secret', 'ssh', 'tmpfs'].includes(type)) return;
    if (type === 'cache' && from === undefined) return;
    const path = this.#fill(mount.source ?? '', env.lookup, 'RUN', line);
    const source = path.includes(UNKNOWN) ? undefined : mountedSource(path);
    if (source) findings.reads(context, [source]);
    else findings.readsAll(context, `RUN --mount reads it (line ${line})`);
  }

  /**
   * Resolves what COPY --from or a mount reads.
   * @returns name of the context if it is a local one; undefined: a stage or an image
   */
  #origin(from: string, line: number, stage: Stage, keyword: 'COPY' | 'RUN'): string | undefined {
    const { description, findings, dockerfile } = this.request;
    const isIndex = keyword === 'COPY' && /^[+-]?\d+$/.test(from);
    const found = isIndex
      ? dockerfile.stages[Number(from)]
      : dockerfile.stages.filter(({ name }) => name === from.toLowerCase()).at(-1);
    if (found ? found.index >= stage.index : isIndex)
      throw new Refused(`${keyword} reads the stage ${from}, which is not before it`, line);
    const name = found ? found.name : from;
    const context = name === undefined ? undefined : this.#contextOf(name);
    if (context !== undefined) {
      if (kindOfContext(description.contexts[context]!).type === 'local') return context;
      this.#onContext(context, line);
    } else if (found) this.visit(found);
    else if (from !== 'scratch') findings.image(from, line);
    return undefined;
  }
}

function triggerOf({ rest, line, endLine }: Instruction): Instruction {
  const trigger = parseTrigger(rest, line);
  if ('unreadable' in trigger) throw new Refused(`ONBUILD: ${trigger.unreadable}`, line);
  return { ...trigger, endLine };
}
