import {
  parse,
  type AndOr,
  type ArrayValue,
  type Assignment,
  type Command,
  type CommandNode,
  type PipelineNode,
} from 'unbash';
import type { CompoundList, ParsedScript, Redirection, Statement, TestExpression, Word } from 'unbash';
import { hasHoles, hole } from '../holes.js';
import { answerOf } from './answers.js';
import { expandText, expandWord, type Expansion } from './words.js';
import { pathAt } from '../paths.js';
import { nameRef, type Variable, type Variables } from './variables.js';

/** A command of a script with its words filled in, as far as they are known. */
export interface Call {
  words: string[];
  /** Lines above it in the script. */
  line: number;
  /** Folder that it runs in, from the root of the repository. */
  folder: string;
  input?: string;
  /** Conditions around it that nobody can decide before it runs. */
  conditions: readonly string[];
}

/** Where a script runs, and what is done with its commands. */
export interface Shell {
  variables: Variables;
  /** From the root of the repository; `cd` changes it. */
  folder: string;
  /** What was written to files, by path; `>>` adds. */
  files: Map<string, string>;
  /** Fills holes by example, for comparing. */
  concrete(text: string): string;
  /** Kind of the event, which says what a name of a ref is. */
  event: string;
  onCall(call: Call): void;
}

/** More than this many commands are a loop that was not understood. */
const MOST_CALLS = 5000;

/** Follows a script as bash would run it; where a condition can't be decided, both ways are followed. */
export function followScript(text: string, shell: Shell): void {
  new Follower(text, shell).follow();
}

class Follower {
  readonly #expressions: string[] = [];
  readonly #functions = new Map<string, CommandNode | CompoundList>();
  readonly #source: string;
  #conditions: string[] = [];
  #calls = 0;
  /** Where output goes that is not redirected by the command itself. */
  #target: string | undefined;
  #stopped = false;

  constructor(
    text: string,
    private readonly shell: Shell,
  ) {
    // An expression is no bash: a word takes its place.
    this.#source = text.replace(
      /\$\{\{.*?\}\}/gs,
      (expression) => `\u27e6${this.#expressions.push(expression) - 1}\u27e7`,
    );
  }

  follow(): void {
    this.#statements(parse(this.#source).commands);
  }

  readonly #expansion: Expansion = {
    variable: (name) => this.shell.variables.get(name),
    assign: (name, value) => void this.shell.variables.set(name, value),
    output: (script) => this.#captured(script),
    reveal: (text) => text.replace(/\u27e6(\d+)\u27e7/g, (_, at: string) => this.#expressions[Number(at)]!),
  };

  #captured({ commands }: ParsedScript): string | undefined {
    const before = this.shell.folder;
    let said: string | undefined = '';
    for (const { command } of commands) said = this.#output(command, undefined);
    this.shell.folder = before;
    return said?.replace(/\n+$/, '');
  }

  /** What a command prints, for those that only compute. */
  #output(node: PipelineNode | AndOr, input: string | undefined): string | undefined {
    if (node.type === 'Pipeline') {
      let text = input;
      for (const command of node.commands) text = this.#output(command, text);
      return text;
    }
    if (node.type === 'AndOr') {
      // `cd there && pwd`; of `this || that` the first that says something.
      let said: string | undefined;
      for (const [index, command] of node.commands.entries()) {
        if (node.operators[index - 1] === '||' && said !== undefined) break;
        said = this.#output(command, input);
      }
      return said;
    }
    if (node.type !== 'Command') return undefined;
    const call = this.#callOf(node, input);
    if (call === undefined) return undefined;
    return this.#answer(call);
  }

  #answer(call: Call): string | undefined {
    if (call.words[0] === 'cd') {
      this.#changeFolder(call);
      return '';
    }
    const answer = answerOf(call);
    return answer === undefined ? undefined : nameRef(answer, this.shell.event);
  }

  #statements(statements: readonly Statement[]): void {
    for (const { command } of statements) if (!this.#stopped) this.#run(command);
  }

  #run(node: PipelineNode | AndOr | CompoundList): void {
    switch (node.type) {
      case 'Command':
        return this.#command(node, undefined);
      case 'Pipeline':
        return this.#pipeline(node.commands);
      case 'AndOr':
        return this.#andOr(node);
      case 'CompoundList':
        return this.#statements(node.commands);
      case 'BraceGroup':
        return this.#statements(node.body.commands);
      case 'Subshell': {
        const { folder } = this.shell;
        this.#statements(node.body.commands);
        this.shell.folder = folder;
        return;
      }
      case 'If':
        return this.#if([{ clause: node.clause, then: node.then }, ...node.elif], node.else);
      case 'For':
        return this.#for(node.name.value, node.wordlist, node.body);
      case 'While':
        return this.#uncertain(this.#textOf(node.clause), () => this.#statements(node.body.commands));
      case 'Case':
        return this.#case(node.word, node.items);
      case 'Function':
        return void this.#functions.set(node.name.value, node.body);
      case 'Redirected':
        return this.#redirected(node.redirects, () => this.#run(node.command));
      default:
        return;
    }
  }

  #pipeline(commands: readonly CommandNode[]): void {
    let text: string | undefined;
    for (const command of commands) {
      if (command.type !== 'Command') {
        this.#run(command);
        continue;
      }
      const input = text;
      const call = this.#callOf(command, input);
      text = call && this.#answer(call);
      this.#command(command, input);
    }
  }

  #andOr({ commands, operators }: AndOr): void {
    let holds: boolean | undefined = true;
    for (const [index, command] of commands.entries()) {
      const operator = operators[index - 1];
      if (operator === '&&' && holds === false) continue;
      if (operator === '||' && holds === true) continue;
      const run = () => this.#run(command);
      if (operator !== undefined && holds === undefined)
        this.#uncertain(this.#textOf(commands[index - 1]!), run);
      else run();
      holds = this.#holds(command);
    }
  }

  /** Whether a command succeeds: tests are decided, anything else goes well unless `||` follows that. */
  #holds(node: PipelineNode): boolean | undefined {
    if (node.type === 'TestCommand') return this.#test(node.expression);
    if (node.type !== 'Command') return true;
    const words = this.#callOf(node, undefined)?.words ?? [];
    if (words[0] === 'test') return this.#testWords(words.slice(1));
    if (words[0] === '[') return this.#testWords(words.slice(1, -1));
    return words[0] !== 'false' && words[0] !== 'command' ? true : undefined;
  }

  #if(
    branches: readonly { clause: CompoundList; then: CompoundList }[],
    otherwise: CompoundList | undefined,
  ): void {
    for (const { clause, then } of branches) {
      const holds = this.#listHolds(clause);
      if (holds === true) return this.#statements(then.commands);
      if (holds === undefined) this.#uncertain(this.#textOf(clause), () => this.#statements(then.commands));
    }
    if (otherwise === undefined) return;
    const [first] = branches;
    if (first !== undefined && this.#listHolds(first.clause) === undefined)
      this.#uncertain(`! ${this.#textOf(first.clause)}`, () => this.#statements(otherwise.commands));
    else this.#statements(otherwise.commands);
  }

  #listHolds({ commands }: CompoundList): boolean | undefined {
    const last = commands.at(-1)?.command;
    if (last?.type === 'AndOr') {
      const each = last.commands.map((command) => this.#condition(command));
      const isAnd = last.operators.every((operator) => operator === '&&');
      if (isAnd) return each.includes(false) ? false : each.includes(undefined) ? undefined : true;
      return each.includes(true) ? true : each.includes(undefined) ? undefined : false;
    }
    return last === undefined ? undefined : this.#condition(last);
  }

  #condition(node: PipelineNode): boolean | undefined {
    if (node.type === 'Pipeline') {
      if (node.commands.length > 1) return undefined;
      const inner = this.#condition(node.commands[0]!);
      return node.prefixes.some(({ type }) => type === 'Negation') && inner !== undefined ? !inner : inner;
    }
    if (node.type === 'TestCommand') return this.#test(node.expression);
    const words = node.type === 'Command' ? (this.#callOf(node, undefined)?.words ?? []) : [];
    return ['test', '[', 'true', 'false'].includes(words[0]!) ? this.#holds(node) : undefined;
  }

  #test(test: TestExpression): boolean | undefined {
    switch (test.type) {
      case 'TestGroup':
        return this.#test(test.expression);
      case 'TestNot': {
        const inner = this.#test(test.operand);
        return inner === undefined ? undefined : !inner;
      }
      case 'TestLogical': {
        const each = test.operands.map((operand) => this.#test(operand));
        const decisive = test.operator === '||';
        return each.includes(decisive) ? decisive : each.includes(undefined) ? undefined : !decisive;
      }
      case 'TestUnary':
        return this.#testWords([test.operator, this.#text(test.operand)]);
      case 'TestBinary':
        return this.#testWords([this.#text(test.left), test.operator, this.#text(test.right)]);
    }
  }

  #testWords(words: readonly string[]): boolean | undefined {
    const filled = words.map((word) => this.shell.concrete(word));
    if (filled[0] === '!') {
      const inner = this.#testWords(words.slice(1));
      return inner === undefined ? undefined : !inner;
    }
    // What nobody sets is empty, which is what such a test asks.
    const isUnset = (word: string | undefined) => /^\$\{\{ \$.*\}\}$/.test(word ?? '');
    const [left = '', operator, right = ''] = filled;
    if (left === '-z')
      return isUnset(operator) ? true : hasHoles(operator ?? '') ? undefined : operator === '';
    if (left === '-n')
      return isUnset(operator) ? false : hasHoles(operator ?? '') ? undefined : operator !== '';
    if (filled.length === 1) return isUnset(left) ? false : hasHoles(left) ? undefined : left !== '';
    if (hasHoles(left) || hasHoles(right) || operator === undefined) return undefined;
    const pattern = /[*?]/.test(right)
      ? new RegExp(
          `^${right
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replaceAll('*', '.*')
            .replaceAll('?', '.')}$`,
        )
      : undefined;
    const equal = pattern?.test(left) ?? left === right;
    if (operator === '=' || operator === '==') return equal;
    if (operator === '!=') return !equal;
    try {
      return operator === '=~' ? new RegExp(right).test(left) : undefined;
    } catch {
      return undefined;
    }
  }

  #for(name: string, words: readonly Word[] | undefined, body: CompoundList): void {
    const values = (words ?? []).flatMap((word) => expandWord(word, this.#expansion));
    for (const value of values.length > 0 ? values : [hole(`$${name}`)]) {
      this.shell.variables.set(name, value);
      this.#statements(body.commands);
    }
  }

  #case(word: Word, items: readonly { pattern: readonly Word[]; body: CompoundList }[]): void {
    const subject = this.#text(word);
    for (const { pattern, body } of items) {
      const each = pattern.map((one) => this.#testWords([subject, '==', this.#text(one)]));
      if (each.includes(true)) return this.#statements(body.commands);
      if (each.includes(undefined))
        this.#uncertain(`${word.text} is ${pattern.map(({ text }) => text).join('|')}`, () =>
          this.#statements(body.commands),
        );
    }
  }

  /** Does what may not happen: what it sets counts only where nothing was set. */
  #uncertain(condition: string, run: () => void): void {
    const { variables } = this.shell;
    const before = new Map(variables);
    const stopped = this.#stopped;
    this.#conditions = [...this.#conditions, condition];
    run();
    this.#conditions = this.#conditions.slice(0, -1);
    for (const [name, value] of before) variables.set(name, value);
    this.#stopped = stopped;
  }

  #redirected(redirects: readonly Redirection[], run: () => void): void {
    const before = this.#target;
    this.#target = this.#outputFile(redirects) ?? before;
    run();
    this.#target = before;
  }

  #outputFile(redirects: readonly Redirection[]): string | undefined {
    for (const redirect of redirects)
      if (redirect.type === 'Redirect' && /^>>?$/.test(redirect.operator) && redirect.target !== undefined)
        return this.#text(redirect.target);
    return undefined;
  }

  #command(node: Command, input: string | undefined): void {
    if (node.name === undefined) {
      for (const part of node.prefix) if (part.type === 'Assignment') this.#assign(part);
      return;
    }
    const call = this.#callOf(node, input);
    if (call === undefined || (this.#calls += 1) > MOST_CALLS) return;
    const [name = ''] = call.words;
    if (['export', 'local', 'readonly', 'declare', 'typeset'].includes(name)) {
      for (const argument of node.args) if (argument.type === 'Assignment') this.#assign(argument);
      return;
    }
    if (name === 'cd' || name === 'pushd') return this.#changeFolder(call);
    if (name === 'exit' || name === 'return')
      return void (this.#stopped = this.#conditions.length === 0 || this.#stopped);
    const defined = this.#functions.get(name);
    if (defined !== undefined) return this.#function(defined, call.words.slice(1));

    const answer = this.#answer(call);
    const target =
      this.#outputFile(node.redirects) ?? (name === 'tee' ? call.words.at(-1) : undefined) ?? this.#target;
    if (target !== undefined && answer !== undefined) {
      const { files } = this.shell;
      files.set(target, `${files.get(target) ?? ''}${answer}\n`);
    }
    const before = new Map(this.shell.variables);
    for (const part of node.prefix) if (part.type === 'Assignment') this.#assign(part);
    this.shell.onCall(call);
    for (const part of node.prefix)
      if (part.type === 'Assignment') this.#restore(part.name, before.get(part.name));
  }

  #restore(name: string, value: Variable | undefined): void {
    if (value === undefined) this.shell.variables.delete(name);
    else this.shell.variables.set(name, value);
  }

  #callOf(node: Command, input: string | undefined): Call | undefined {
    if (node.name === undefined) return undefined;
    const words = [node.name, ...node.args].flatMap((word) =>
      word.type === 'Word' ? expandWord(word, this.#expansion) : [this.#expansion.reveal(word.text)],
    );
    const here = node.redirects.find(
      (redirect) => redirect.type === 'HereString' || redirect.type === 'HereDoc',
    );
    const handed =
      here?.type === 'HereString'
        ? here.target && this.#text(here.target)
        : here?.type === 'HereDoc'
          ? this.#hereDocument(here)
          : input;
    return {
      words,
      line: this.#lineOf(node.pos),
      folder: this.shell.folder,
      conditions: this.#conditions,
      ...(handed !== undefined && { input: handed }),
    };
  }

  #hereDocument({ body }: Extract<Redirection, { type: 'HereDoc' }>): string {
    if (body.parts === undefined) return this.#expansion.reveal(body.text);
    const { pos, end, text, parts } = body;
    return expandText({ type: 'Word', value: text, text, pos, end, parts }, this.#expansion);
  }

  #function(body: CommandNode | CompoundList, words: readonly string[]): void {
    const { variables } = this.shell;
    const names = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const before = names.map((name) => variables.get(name));
    names.forEach((name, index) => this.#restore(name, words[index]));
    variables.set('@', new Map(words.map((word, index) => [String(index), word])));
    if (this.#calls < MOST_CALLS) this.#run(body);
    names.forEach((name, index) => this.#restore(name, before[index]));
    this.#stopped = false;
  }

  #assign({ name, value, append, index }: Assignment): void {
    const { variables } = this.shell;
    const current = variables.get(name);
    if (value.type === 'ArrayValue') {
      const earlier = append === true && typeof current === 'object' ? [...current.values()] : [];
      return void variables.set(name, this.#list(value, earlier));
    }
    const text = this.#text(value);
    if (index !== undefined) {
      const table = typeof current === 'object' ? current : [];
      return void variables.set(name, new Map([...table, [this.#text(index), text]]));
    }
    variables.set(name, append === true && typeof current === 'string' ? current + text : text);
  }

  #list({ elements }: ArrayValue, earlier: readonly string[]): ReadonlyMap<string, string> {
    const table = new Map(earlier.map((text, at) => [String(at), text]));
    for (const element of elements) {
      const [, key] = /^\[([^\]]+)\]=/.exec(element.text) ?? [];
      const text = this.#text(element);
      if (key !== undefined) table.set(unquoted(key), text.slice(text.indexOf(']=') + 2));
      else for (const field of expandWord(element, this.#expansion)) table.set(String(table.size), field);
    }
    return table;
  }

  #changeFolder({ words }: Call): void {
    const to = words.slice(1).find((word) => !word.startsWith('-'));
    if (to === undefined || to === '-') return;
    this.shell.folder = pathAt(this.shell.folder, to);
  }

  #text(word: Word): string {
    return expandText(word, this.#expansion);
  }

  #textOf({ pos, end }: { pos: number; end: number }): string {
    return this.#expansion.reveal(this.#source.slice(pos, end)).replace(/\s+/g, ' ').trim();
  }

  #lineOf(position: number): number {
    return this.#expansion.reveal(this.#source.slice(0, position)).split('\n').length - 1;
  }
}

const unquoted = (text: string) => text.replace(/^(["'])(.*)\1$/, '$2');
