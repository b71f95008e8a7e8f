import { posix } from 'node:path';
import { hasHoles } from '../holes.js';
import { expandMake, isEmptyText, wordsOf, type MakeScope } from './expand.js';

/** What surrounds a Makefile when it is read. */
export interface MakeSurroundings extends Pick<MakeScope, 'shell' | 'files'> {
  /** Variables of the command line, which win over the file's. */
  given: ReadonlyMap<string, string>;
  environment(name: string): string | undefined;
  read(path: string): string | undefined;
  /** Fills holes by example, for comparing. */
  concrete(text: string): string;
}

export interface MakeRule {
  /** `%` stands for any text. */
  targets: string[];
  needs: string[];
  /** Of a rule for listed targets: what `%` of its prerequisites stands for. */
  pattern?: string;
  file: string;
  /** Of each command: the line that it begins in, and its text before anything is filled in. */
  recipe: { line: number; text: string }[];
}

/** A condition that only a run knows, and what it decides about. */
export interface OpenCondition {
  file: string;
  line: number;
  text: string;
  concerns: string;
}

interface MakeVariable {
  text: string;
  /** Filled in where it is used, not where it is set. */
  isLazy: boolean;
}

const ASSIGNMENT = /^\s*((?:(?:export|override|private)\s+)*)([^\s:#=+?!$]+)\s*(\?=|:{0,3}=|\+=|!=)\s*(.*)$/s;
const RULE = /^([^:=#]+?)\s*::?(?![:=])\s*(.*)$/s;
const CONDITIONAL = /^\s*(else\s+)?(ifeq|ifneq|ifdef|ifndef)\b\s*(.*)$/;

/** A Makefile as far as its commands go: https://www.gnu.org/software/make/manual/html_node/Reading-Makefiles.html */
export class Makefile {
  readonly rules: MakeRule[] = [];
  readonly open: OpenCondition[] = [];
  /** Files that it reads in. */
  readonly included: string[] = [];
  /** Settings of single targets, which count for what these need too. */
  readonly specific: { target: string; assignment: string }[] = [];
  readonly #variables = new Map<string, MakeVariable>();
  readonly #exported = new Set<string>();
  #exportsAll = false;
  readonly #busy = new Set<string>();

  constructor(
    readonly path: string,
    text: string,
    private readonly around: MakeSurroundings,
  ) {
    this.#read(path, text, []);
  }

  readonly scope: MakeScope = {
    variable: (name) => this.#valueOf(name),
    written: (name) => this.#variables.get(name)?.text,
    shell: (script) => this.around.shell(script),
    files: (pattern) => this.around.files(pattern),
  };

  /** What commands find in their environment. */
  exports(): Map<string, string> {
    const names = this.#exportsAll ? [...this.#variables.keys()] : [...this.#exported];
    return new Map(
      names.flatMap((name) => {
        const value = this.#valueOf(name);
        return value === undefined || !/^\w+$/.test(name) ? [] : [[name, value] as const];
      }),
    );
  }

  /** Does something while settings of a target count. */
  during(assignments: readonly string[], run: () => void): void {
    const before = new Map(this.#variables);
    for (const assignment of assignments) this.#assign(assignment);
    run();
    this.#variables.clear();
    for (const [name, value] of before) this.#variables.set(name, value);
  }

  #valueOf(name: string): string | undefined {
    const { given, environment } = this.around;
    const variable = this.#variables.get(name);
    if (given.has(name)) return given.get(name);
    if (variable === undefined) return environment(name);
    if (!variable.isLazy) return variable.text;
    if (this.#busy.has(name)) return '';
    this.#busy.add(name);
    const value = expandMake(variable.text, this.scope);
    this.#busy.delete(name);
    return value;
  }

  #assign(line: string): boolean {
    const [, words = '', name, operator = '=', value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) return false;
    if (words.includes('export')) this.#exported.add(name);
    const known = this.#variables.get(name);
    if (operator === '?=' && (known !== undefined || this.around.environment(name) !== undefined))
      return true;
    if (operator === '!=') this.#variables.set(name, { text: `$(shell ${value})`, isLazy: true });
    else if (operator === '+=' && known !== undefined) {
      const added = known.isLazy ? value : expandMake(value, this.scope);
      this.#variables.set(name, { ...known, text: `${known.text} ${added}`.trim() });
    } else if (/:=$/.test(operator))
      this.#variables.set(name, { text: expandMake(value, this.scope), isLazy: false });
    else this.#variables.set(name, { text: value, isLazy: true });
    return true;
  }

  #read(path: string, text: string, trail: readonly string[]): void {
    const lines = logicalLines(text);
    /** For each condition around: whether what stands around it counts, its lines now, and one of its branches. */
    const conditions: { outer: boolean; counts: boolean; done: boolean; open?: OpenCondition }[] = [];
    let rule: MakeRule | undefined;
    for (let at = 0; at < lines.length; at += 1) {
      const { line, text: written } = lines[at]!;
      for (const { open } of conditions) if (open !== undefined) open.concerns += `${written}\n`;
      const counts = conditions.at(-1)?.counts ?? true;
      if (written.startsWith('\t') && rule !== undefined) {
        if (counts) rule.recipe.push({ line, text: written.slice(1) });
        continue;
      }
      const bare = withoutComment(written).trim();
      const conditional = CONDITIONAL.exec(bare);
      if (conditional !== null && (conditional[1] === undefined || conditions.length > 0)) {
        const before = conditional[1] === undefined ? { outer: counts, done: false } : conditions.pop()!;
        const isAsked = before.outer && !before.done;
        const decided = isAsked ? this.#decide(conditional[2]!, conditional[3]!) : false;
        const open = decided === undefined ? { file: path, line, text: bare, concerns: '' } : undefined;
        if (open !== undefined) this.open.push(open);
        // What a run fills in is never empty, and never what a file compares it with.
        const taken = decided ?? /^(?:ifneq|ifdef)$/.test(conditional[2]!);
        conditions.push({
          outer: before.outer,
          counts: taken,
          done: before.done || taken,
          ...(open !== undefined && { open }),
        });
      } else if (/^else\b/.test(bare)) {
        const before = conditions.pop();
        if (before !== undefined)
          conditions.push({ ...before, counts: before.outer && !before.done, done: true });
      } else if (/^endif\b/.test(bare)) conditions.pop();
      else if (/^(?:override\s+|export\s+)*define\s/.test(bare)) {
        const end = lines.findIndex((each, index) => index > at && /^\s*endef\b/.test(each.text));
        const body = lines
          .slice(at + 1, end < 0 ? undefined : end)
          .map((each) => each.text.replace(/^\t/, ''));
        const [, name = ''] = /define\s+([^\s=:?+]+)/.exec(bare) ?? [];
        if (counts) this.#variables.set(name, { text: body.join('\n'), isLazy: true });
        at = end < 0 ? lines.length : end;
      } else if (counts && bare !== '') rule = this.#statement(bare, path, trail, line);
    }
  }

  #statement(bare: string, path: string, trail: readonly string[], line: number): MakeRule | undefined {
    const [, included] = /^(?:-include|sinclude|include)\s+(.*)$/.exec(bare) ?? [];
    if (included !== undefined) {
      const names = wordsOf(expandMake(included, this.scope)).flatMap((name) => {
        const matching = name.includes('*') ? this.around.files(name) : [];
        return matching.length > 0 ? matching : [name];
      });
      for (const name of names) {
        const found = [posix.join(posix.dirname(this.path), name), posix.join(posix.dirname(path), name)];
        const file = found.find((each) => this.around.read(each) !== undefined);
        if (file === undefined || trail.includes(file)) continue;
        this.included.push(file);
        this.#read(file, this.around.read(file)!, [...trail, path]);
      }
      return undefined;
    }
    if (/^export\s*$/.test(bare)) this.#exportsAll = true;
    const [, exported] = /^export\s+([\w\s]+)$/.exec(bare) ?? [];
    for (const name of wordsOf(exported ?? '')) this.#exported.add(name);
    if (/^(?:un)?export\b/.test(bare) && !bare.includes('=')) return undefined;
    if (this.#assign(bare)) return undefined;
    const [head = '', ...inline] = bare.split(';');
    const [, targets, rest = ''] = RULE.exec(expandMake(head, this.scope)) ?? [];
    if (targets === undefined) return undefined;
    const [, , written = ''] = RULE.exec(head) ?? [];
    if (ASSIGNMENT.test(written)) {
      for (const target of wordsOf(targets)) this.specific.push({ target, assignment: written });
      return undefined;
    }
    const [, pattern, after] = /^([^:]*%[^:]*):\s*(.*)$/.exec(rest) ?? [];
    const needs = wordsOf((after ?? rest).replace('|', ' '));
    const made: MakeRule = {
      ...{ targets: wordsOf(targets), needs, file: path, recipe: [] },
      ...(pattern !== undefined && { pattern: pattern.trim() }),
    };
    if (inline.length > 0) made.recipe.push({ line, text: inline.join(';').trim() });
    this.rules.push(made);
    return made;
  }

  /** @returns undefined: only a run knows */
  #decide(kind: string, written: string): boolean | undefined {
    if (kind === 'ifdef' || kind === 'ifndef') {
      const value = this.#valueOf(expandMake(written, this.scope).trim());
      return (value !== undefined && value !== '') === (kind === 'ifdef');
    }
    const [left, right] = sidesOf(written).map((side) => {
      const text = expandMake(side, this.scope).trim();
      return isEmptyText(text) ? '' : this.around.concrete(text);
    });
    if (left === undefined || right === undefined || hasHoles(left) || hasHoles(right)) return undefined;
    return (left === right) === (kind === 'ifeq');
  }
}

/** `(a,b)`, `"a" "b"`, `'a' 'b'`. */
function sidesOf(written: string): string[] {
  const text = written.trim();
  if (!text.startsWith('(')) {
    const sides = [...text.matchAll(/"([^"]*)"|'([^']*)'/g)].map(
      ([, double, single]) => double ?? single ?? '',
    );
    return sides.length === 2 ? sides : [];
  }
  let depth = 0;
  for (let at = 1; at < text.length; at += 1) {
    if ('({'.includes(text[at]!)) depth += 1;
    else if (')}'.includes(text[at]!)) depth -= 1;
    else if (text[at] === ',' && depth === 0)
      return [text.slice(1, at), text.slice(at + 1, text.lastIndexOf(')'))];
  }
  return [];
}

/** Lines that go on with a backslash are one; commands keep it, for the shell. */
function logicalLines(text: string): { line: number; text: string }[] {
  const lines = text.split(/\r?\n/);
  const joined: { line: number; text: string }[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    let whole = lines[at]!;
    const isCommand = whole.startsWith('\t');
    while (/(?<!\\)\\$/.test(whole) && at + 1 < lines.length) {
      const next = lines[(at += 1)]!;
      whole = isCommand
        ? `${whole}\n${next.replace(/^\t/, '')}`
        : `${whole.slice(0, -1).trimEnd()} ${next.trim()}`;
    }
    joined.push({ line, text: whole });
  }
  return joined;
}

const withoutComment = (text: string) => text.replace(/(^|\s)#.*$/s, '$1');
