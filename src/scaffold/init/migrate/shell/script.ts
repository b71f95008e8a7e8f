import { parse, type AndOr, type Command, type CommandNode, type CompoundList } from 'unbash';
import type { PipelineNode, Redirection, Statement, While, Word } from 'unbash';
import { hole } from '../holes.js';
import { pathAt } from '../paths.js';
import { keeping, withParameters } from './assignments.js';
import { commandHolds, listHolds, testHolds } from './conditions.js';
import { listedWords } from './globs.js';
import { Meaning } from './meaning.js';
import { changeParameters, forEachOption, parametersOf, setsByInput } from './parameters.js';
import { noProgress, type Progress } from './progress.js';
import { forEachLine, namesRead, readLine, type Reading } from './reading.js';
import type { Call, Shell } from './shell.js';
import { sourceOf, type Source } from './source.js';
import { PRINTED, textOf } from './variables.js';
import { inputText, outputFile } from './words.js';

/** More than this many commands are a loop that was not understood. */
const MOST_CALLS = 5000;
const MOST_ROUNDS = 100;

/** Follows a script as bash would run it; where a condition can't be decided, both ways are followed. */
export function followScript(text: string, shell: Shell): void {
  const progress = noProgress();
  new Follower(text, shell, progress).follow();
  // `"$@"` calls the function that the script is called with: all of them are there to be called.
  if (!progress.dispatches) return;
  for (const [name, { body, source }] of progress.functions)
    if (!progress.called.has(name)) source.callFunction(body, []);
}

class Follower {
  readonly #source: Source;
  readonly #meaning: Meaning;

  /** @param path of the file, where another script reads it in */
  constructor(
    text: string,
    private readonly shell: Shell,
    private readonly progress: Progress,
    path?: string,
  ) {
    this.#source = sourceOf(text, path);
    this.#meaning = new Meaning(shell, this.#source, () => progress.conditions, progress.functions);
  }

  follow(): void {
    this.#statements(parse(this.#source.text).commands);
  }

  #statements(statements: readonly Statement[]): void {
    for (const { command } of statements)
      if (!this.progress.stopped && this.progress.leaving === undefined) this.#run(command);
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
        return this.#while(node);
      case 'Case':
        return this.#case(node.word, node.items);
      case 'Function':
        return void this.progress.functions.set(node.name.value, { body: node.body, source: this });
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
        this.#reading(text, () => this.#run(command));
        text = undefined;
        continue;
      }
      const input = text;
      const call = this.#meaning.callOf(command, input);
      text = call && this.#meaning.answer(call);
      this.#command(command, input);
    }
  }

  #reading(input: string | undefined, run: () => void): void {
    const before = this.progress.input;
    this.progress.input = input;
    run();
    this.progress.input = before;
  }

  #andOr({ commands, operators }: AndOr): void {
    let holds: boolean | undefined = true;
    for (const [index, command] of commands.entries()) {
      const operator = operators[index - 1];
      if (operator === '&&' && holds === false) continue;
      if (operator === '||' && holds === true) continue;
      const run = () => this.#run(command);
      if (operator !== undefined && holds === undefined)
        this.#uncertain(this.#source.quote(commands[index - 1]!), run);
      else run();
      holds = commandHolds(command, this.#meaning.asks);
    }
  }

  #if(
    branches: readonly { clause: CompoundList; then: CompoundList }[],
    otherwise: CompoundList | undefined,
  ): void {
    for (const { clause, then } of branches) {
      const holds = listHolds(clause, this.#meaning.asks);
      if (holds === true) return this.#statements(then.commands);
      if (holds === undefined)
        this.#uncertain(this.#source.quote(clause), () => this.#statements(then.commands));
    }
    if (otherwise === undefined) return;
    const [first] = branches;
    if (first !== undefined && listHolds(first.clause, this.#meaning.asks) === undefined)
      this.#uncertain(`! ${this.#source.quote(first.clause)}`, () => this.#statements(otherwise.commands));
    else this.#statements(otherwise.commands);
  }

  #while({ clause, body, kind }: While): void {
    const command = clause.commands.at(-1)?.command;
    const words = command?.type === 'Command' ? this.#meaning.asks.words(command) : [];
    const parameters = parametersOf(this.shell.variables);
    if (words[0] === 'getopts' && parameters !== undefined)
      return forEachOption(words, parameters, this.shell.variables, () => void this.#round(body));
    const { input } = this.progress;
    const reading = kind === 'while' && command?.type === 'Command' && this.#readingOf(command, words);
    if (reading && input !== undefined)
      return forEachLine(input, reading, this.shell.variables, () => this.#round(body));
    // Arguments are looked at one by one until none is left; other loops wait for something.
    const counts = kind === 'while' && /\$\{?[#1@*]/.test(this.#source.quote(clause));
    for (let round = 0; counts && round < MOST_ROUNDS; round += 1) {
      const holds = listHolds(clause, this.#meaning.asks);
      if (holds === undefined) break;
      if (!holds || this.#round(body)) return;
    }
    setsByInput(this.shell.variables, words);
    this.#uncertain(this.#source.quote(clause), () => void this.#round(body));
  }

  /** Once through a loop. @returns whether it ended there */
  #round({ commands }: CompoundList): boolean {
    this.#statements(commands);
    const ended = this.progress.leaving === 'break';
    this.progress.leaving = undefined;
    return ended;
  }

  #for(name: string, words: readonly Word[] | undefined, body: CompoundList): void {
    const written = words && listedWords(words, this.#meaning.expansion);
    const values = written ?? parametersOf(this.shell.variables) ?? [];
    for (const value of values.length > 0 ? values : [hole(`$${name}`)]) {
      this.shell.variables.set(name, value);
      if (this.#round(body)) return;
    }
  }

  #case(word: Word, items: readonly { pattern: readonly Word[]; body: CompoundList }[]): void {
    const subject = this.#meaning.text(word);
    for (const { pattern, body } of items) {
      const each = pattern.map((one) =>
        testHolds([subject, '==', this.#meaning.text(one)], this.#meaning.asks),
      );
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
    const stopped = this.progress.stopped;
    const leaving = this.progress.leaving;
    this.progress.conditions = [...this.progress.conditions, condition];
    run();
    this.progress.conditions = this.progress.conditions.slice(0, -1);
    for (const [name, value] of before) variables.set(name, value);
    this.progress.stopped = stopped;
    this.progress.leaving = leaving;
  }

  #redirected(redirects: readonly Redirection[], run: () => void): void {
    const before = this.progress.target;
    this.progress.target = outputFile(redirects, this.#meaning.expansion) ?? before;
    this.#reading(inputText(redirects, this.#meaning.expansion) ?? this.progress.input, run);
    this.progress.target = before;
  }

  #command(node: Command, input: string | undefined): void {
    if (node.name === undefined) {
      for (const part of node.prefix) if (part.type === 'Assignment') this.#meaning.assign(part);
      return;
    }
    const call = this.#meaning.callOf(node, input);
    if (call === undefined || (this.progress.calls += 1) > MOST_CALLS) return;
    const [name = ''] = call.words;
    if (['export', 'local', 'readonly', 'declare', 'typeset'].includes(name)) {
      for (const argument of node.args) if (argument.type === 'Assignment') this.#meaning.assign(argument);
      return;
    }
    if (['cd', 'pushd', 'popd'].includes(name)) return this.#meaning.changeFolder(call);
    if (changeParameters(this.shell.variables, call.words)) return;
    if (name === 'break' || name === 'continue') return void (this.progress.leaving = name);
    if (name === 'exit' || name === 'return')
      return void (this.progress.stopped = this.progress.conditions.length === 0 || this.progress.stopped);
    this.progress.dispatches ||= /^"?\$\{?[@1*]/.test(node.name.text);
    this.progress.called.add(name);
    const defined = this.progress.functions.get(name);
    if (defined !== undefined) return defined.source.callFunction(defined.body, call.words.slice(1));
    if ((name === 'source' || name === '.') && this.#readIn(call)) return;
    const reading = this.#readingOf(node, call.words);
    if (reading && call.input !== undefined) return readLine(call.input, reading, this.shell.variables);
    if (setsByInput(this.shell.variables, call.words)) return;

    const answer = this.#meaning.answer(call);
    const target =
      outputFile(node.redirects, this.#meaning.expansion) ??
      (name === 'tee' ? call.words.at(-1) : this.progress.target) ??
      (name === 'echo' ? PRINTED : undefined);
    const { files } = this.shell;
    if (target !== undefined && answer !== undefined)
      files.set(target, `${files.get(target) ?? ''}${answer}\n`);
    this.#assigned(node, () => this.shell.onCall(call));
  }

  /** `IFS=: read …`, or with what it is anyhow. */
  #readingOf(command: Command, words: readonly string[]): Reading | undefined {
    const names = namesRead(words);
    if (names === undefined) return undefined;
    let ifs: string | undefined;
    this.#assigned(command, () => (ifs = textOf(this.shell.variables.get('IFS'))));
    return { names, ifs };
  }

  /** `NAME=value command`: what is set for it alone. */
  #assigned({ prefix }: Command, run: () => void): void {
    const assignments = prefix.filter((part) => part.type === 'Assignment');
    keeping(
      this.shell.variables,
      assignments.map((part) => part.name),
      () => {
        for (const assignment of assignments) this.#meaning.assign(assignment);
        run();
      },
    );
  }

  /** `source lib.sh`, `. ./.env`: what it sets and defines counts from here on. @returns whether it is in the repository */
  #readIn(call: Call): boolean {
    const { shell, progress } = this;
    const [file = '', ...words] = call.words.slice(1);
    const path = pathAt(call.folder, file);
    const text = shell.read(path);
    if (text === undefined || progress.reading.includes(path)) return false;
    const { reading, stopped } = progress;
    const outer = shell.variables.get('BASH_SOURCE');
    const follow = () => {
      shell.onSource(path, call, () => new Follower(text, shell, progress, path).follow());
    };
    progress.reading = [...reading, path];
    shell.variables.set('BASH_SOURCE', path);
    if (words.length > 0) withParameters(shell.variables, words, follow);
    else follow();
    if (outer !== undefined) shell.variables.set('BASH_SOURCE', outer);
    Object.assign(progress, { reading, stopped });
    return true;
  }

  callFunction(body: CommandNode | CompoundList, words: readonly string[]): void {
    withParameters(this.shell.variables, words, () => {
      if (this.progress.calls < MOST_CALLS) this.#run(body);
    });
    this.progress.stopped = false;
  }
}
