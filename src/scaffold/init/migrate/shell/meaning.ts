import { posix } from 'node:path';
import type { Assignment, Command, CommandNode, CompoundList, ParsedScript, Word } from 'unbash';
import { pathAt } from '../paths.js';
import { WORKSPACE } from '../scenarios.js';
import { answerOf, surroundingsOf, type Surroundings } from './answers.js';
import { assign, withParameters } from './assignments.js';
import type { Asks } from './conditions.js';
import { filesMatching } from './globs.js';
import { variableNamed } from './parameters.js';
import { printedBy, type Prints } from './printed.js';
import type { Call, Shell } from './shell.js';
import type { Source } from './source.js';
import { nameRef, textOf } from './variables.js';
import { expandText, expandWord, inputFile, inputText, outputFile, type Expansion } from './words.js';

/** What words and single commands of a script mean where the script is just now. */
export class Meaning {
  readonly #surroundings: Surroundings;
  /** Functions whose output is asked for just now. */
  readonly #open = new Set<string>();

  /** @param conditions those under which the script came here */
  constructor(
    private readonly shell: Shell,
    private readonly source: Source,
    private readonly conditions: () => readonly string[],
    private readonly functions: ReadonlyMap<string, { body: CommandNode | CompoundList }>,
  ) {
    this.#surroundings = surroundingsOf(shell, this.asks.variable);
  }

  readonly expansion: Expansion = {
    variable: (name) => variableNamed(this.shell.variables, name),
    assign: (name, value) => void this.shell.variables.set(name, value),
    output: (script) => this.#captured(script),
    files: (pattern) => filesMatching(pattern, this.shell.folder, this.shell.paths),
    reveal: (text) => this.source.reveal(text),
  };

  readonly asks: Asks = {
    text: (word) => this.text(word),
    words: (command) => this.callOf(command, undefined)?.words ?? [],
    variable: (name) => textOf(variableNamed(this.shell.variables, name)),
    concrete: (text) => this.shell.concrete(text),
  };

  readonly #prints: Prints = {
    callOf: (node, input) => this.callOf(node, input),
    answer: (call) => this.answer(call),
    inFunction: (call, run) => {
      const [name = '', ...words] = call.words;
      const body = this.functions.get(name)?.body;
      if (body === undefined || this.#open.has(name)) return undefined;
      this.#open.add(name);
      let said: string | undefined;
      withParameters(this.shell.variables, words, () => {
        said = run(body);
      });
      this.#open.delete(name);
      return said;
    },
  };

  #captured({ commands }: ParsedScript): string | undefined {
    const before = this.shell.folder;
    let said: string | undefined = '';
    for (const { command } of commands) said = printedBy(command, undefined, this.#prints);
    this.shell.folder = before;
    return said?.replace(/\n+$/, '');
  }

  /** What a command prints; undefined: that is known only when it runs. */
  answer(call: Call): string | undefined {
    if (call.words[0] === 'cd') {
      this.changeFolder(call);
      return '';
    }
    const answer = answerOf(call, this.#surroundings);
    return answer === undefined ? undefined : nameRef(answer, this.shell.event);
  }

  /** @param input what is piped into it */
  callOf(node: Command, input: string | undefined): Call | undefined {
    if (node.name === undefined) return undefined;
    const words = [node.name, ...node.args].flatMap((word) =>
      word.type === 'Word' ? expandWord(word, this.expansion) : [this.source.reveal(word.text)],
    );
    const file = inputFile(node.redirects, this.expansion);
    const output = outputFile(node.redirects, this.expansion);
    const handed =
      inputText(node.redirects, this.expansion) ??
      (file === undefined ? undefined : this.#surroundings.manifest(file)) ??
      input;
    return {
      words,
      ...(this.source.path !== undefined && { file: this.source.path }),
      line: this.source.linesBefore(node.pos),
      folder: this.shell.folder,
      conditions: this.conditions(),
      ...(output !== undefined && { output }),
      ...(handed !== undefined && { input: handed }),
    };
  }

  assign(assignment: Assignment): void {
    assign(this.shell.variables, assignment, this.expansion);
  }

  changeFolder({ words }: Call): void {
    const { shell } = this;
    const { folder } = shell;
    const to = words.slice(1).find((word) => word === '-' || !word.startsWith('-'));
    if (words[0] === 'popd') shell.folder = shell.left.pop() ?? folder;
    else if (to === '-') shell.folder = pathAt(folder, this.asks.variable('OLDPWD') ?? '.');
    else if (to !== undefined) {
      if (words[0] === 'pushd') shell.left.push(folder);
      shell.folder = pathAt(folder, to);
    }
    shell.variables.set('OLDPWD', posix.join(WORKSPACE, folder));
  }

  text(word: Word): string {
    return expandText(word, this.expansion);
  }
}
