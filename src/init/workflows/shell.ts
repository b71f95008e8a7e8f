import { parse, type AndOr, type Command, type CompoundList, type PipelineNode } from 'unbash';
import type { TestExpression, Word, WordPart } from 'unbash';
import { concreteIn, namedRef, type ExampleEvent } from './events.js';
import { pathAt } from './findings.js';
import { hasPlaceholders, placeholder, splitOutside } from './placeholders.js';
import { answerOf, cutTo, every, lower, removeAffix, replaceText } from './shell-values.js';

/** A command of a script, its words filled in as far as they are known. */
export interface Call {
  words: string[];
  /** Words that hold the value of a variable. */
  filled: string[];
  /** Lines above it in the script. */
  line: number;
  folder: string;
  input?: string;
}

/** Bounds: a script with more commands, or deeper nesting, is not read further. */
const MOST_CALLS = 500;
const DEEPEST = 40;

type Node = PipelineNode | AndOr | CompoundList;
type Body = Node | { commands: CompoundList['commands']; type: 'Script' };
interface Field {
  text: string;
  filled: boolean;
}

/**
 * Reads the commands of a script in order, with the values of variables that the same script sets. A condition that can't
 * be decided counts as true, and what is set below it becomes unknown.
 */
export class Script {
  /** Output, by the file that it goes to. */
  readonly files = new Map<string, string>();
  #calls = 0;
  #depth = 0;
  #text = '';
  readonly #expressions: string[] = [];

  constructor(
    readonly variables: Map<string, string>,
    public folder: string,
    private readonly event: ExampleEvent,
    private readonly onCall: (call: Call) => void,
  ) {}

  /** Expressions of a workflow are no shell, so a mark stands for each while the script is parsed. */
  read(written: string): void {
    const mark = (expression: string) => `\u27e6${this.#expressions.push(expression) - 1}\u27e7`;
    this.#text = written.replace(/\$\{\{.*?\}\}/gs, mark);
    this.#run(parse(this.#text));
  }

  #reveal(text: string): string {
    return text.replace(/\u27e6(\d+)\u27e7/g, (_, at: string) => this.#expressions[Number(at)]!);
  }

  #run(node: Body): void {
    if (this.#calls > MOST_CALLS || this.#depth > DEEPEST) return;
    this.#depth += 1;
    this.#step(node);
    this.#depth -= 1;
  }

  #step(node: Body): void {
    switch (node.type) {
      case 'Script':
      case 'CompoundList':
        for (const { command } of node.commands) this.#run(command);
        return;
      case 'Command':
        return void this.#command(node, undefined);
      case 'Pipeline': {
        let text: string | undefined;
        for (const each of node.commands)
          if (each.type === 'Command') text = this.#command(each, text);
          else this.#run(each);
        return;
      }
      case 'AndOr': {
        const [first, ...more] = node.commands;
        this.#run(first!);
        const holds = this.#holds(first!);
        for (const [index, each] of more.entries()) {
          const wanted = node.operators[index] === '&&';
          if (holds === undefined) this.#maybe([each]);
          else if (holds === wanted) this.#run(each);
        }
        return;
      }
      case 'If': {
        const bodies: CompoundList[] = [];
        for (const { clause, then } of [node, ...node.elif]) {
          const holds = this.#holds(clause);
          if (holds !== false) bodies.push(then);
          if (holds === true) return bodies.length === 1 ? this.#run(then) : this.#maybe(bodies);
        }
        if (node.else !== undefined && bodies.length === 0) return this.#run(node.else);
        return this.#maybe(node.else === undefined ? bodies : [...bodies, node.else]);
      }
      case 'For': {
        const words = node.wordlist?.flatMap((word) => this.#fields(word)).map(({ text }) => text) ?? [];
        const isKnown =
          words.length > 0 && !words.some((word) => hasPlaceholders(word) || /[*?{]/.test(word));
        for (const word of isKnown ? words : [placeholder(`$${node.name.value}`)]) {
          this.variables.set(node.name.value, word);
          this.#run(node.body);
        }
        return;
      }
      case 'Case': {
        const subject = this.#textOf(node.word);
        const bodies = node.items.flatMap(({ pattern, body }) => {
          const each = pattern.map((one) => this.#test([subject, '==', this.#textOf(one)]));
          return each.every((holds) => holds === false) ? [] : [{ body, holds: each.includes(true) }];
        });
        return bodies[0]?.holds === true
          ? this.#run(bodies[0].body)
          : this.#maybe(bodies.map(({ body }) => body));
      }
      case 'Redirected': {
        const before = this.files.get('') ?? '';
        this.files.set('', '');
        this.#run(node.command);
        const written = this.files.get('') ?? '';
        this.files.set('', before);
        return this.#write(this.#target(node.redirects), written);
      }
      case 'Subshell':
      case 'BraceGroup':
        return this.#run(node.body);
      case 'While':
      case 'Function':
      case 'Select':
      case 'ArithmeticFor':
        return this.#maybe([node.body]);
      default:
    }
  }

  /** What may happen: variables that it sets are unknown after it. */
  #maybe(bodies: readonly Node[]): void {
    const before = new Map(this.variables);
    const changed = new Set<string>();
    for (const body of bodies) {
      this.#run(body);
      for (const [name, value] of this.variables) if (before.get(name) !== value) changed.add(name);
      for (const name of changed) this.variables.set(name, before.get(name) ?? placeholder(`$${name}`));
    }
    for (const name of changed) this.variables.set(name, placeholder(`$${name}`));
  }

  /** Whether a test holds; undefined for an unknown one, and for any other command. */
  #holds(node: Node): boolean | undefined {
    if (node.type === 'CompoundList')
      return node.commands.length === 1 ? this.#holds(node.commands[0]!.command) : undefined;
    if (node.type === 'TestCommand') return this.#expression(node.expression);
    if (node.type === 'AndOr')
      return every(
        node.commands.map((each) => this.#holds(each)),
        node.operators,
      );
    if (node.type !== 'Command') return undefined;
    const [name, ...words] = this.#callOf(node, undefined)?.words ?? [];
    return name === 'test' ? this.#test(words) : name === '[' ? this.#test(words.slice(0, -1)) : undefined;
  }

  #expression(test: TestExpression): boolean | undefined {
    if (test.type === 'TestLogical')
      return every(
        test.operands.map((each) => this.#expression(each)),
        [test.operator],
      );
    if (test.type === 'TestUnary') return this.#test([test.operator, this.#textOf(test.operand)]);
    if (test.type === 'TestBinary')
      return this.#test([this.#textOf(test.left), test.operator, this.#textOf(test.right)]);
    const inner = this.#expression(test.type === 'TestNot' ? test.operand : test.expression);
    return test.type === 'TestNot' && inner !== undefined ? !inner : inner;
  }

  #test(words: readonly string[]): boolean | undefined {
    const [left = '', operator = '', right = ''] = words.map((word) => concreteIn(this.event, word));
    if (/^-[zn]$/.test(left))
      return hasPlaceholders(operator) ? undefined : (operator === '') === (left === '-z');
    if (words.length !== 3 || hasPlaceholders(left + right)) return undefined;
    const escaped = right
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    try {
      const isSame = new RegExp(operator === '=~' ? right : `^${escaped}$`, 's').test(left);
      return ['=', '==', '=~'].includes(operator) ? isSame : operator === '!=' ? !isSame : undefined;
    } catch {
      return undefined;
    }
  }

  #callOf(node: Command, input: string | undefined): Call | undefined {
    if (node.name === undefined) return undefined;
    const fields = [node.name, ...node.args].flatMap((word) =>
      word.type === 'Word' ? this.#fields(word) : [{ text: this.#reveal(word.text), filled: false }],
    );
    return {
      words: fields.map(({ text }) => text),
      filled: fields.filter(({ filled }) => filled).map(({ text }) => text),
      line: this.#reveal(this.#text.slice(0, node.pos)).split('\n').length - 1,
      folder: this.folder,
      ...(input !== undefined && { input }),
    };
  }

  /** @returns what it prints, as far as that is known */
  #command(node: Command, input: string | undefined): string | undefined {
    const call = this.#callOf(node, input);
    const name = call?.words[0];
    if (call === undefined || /^(?:export|local|readonly|declare)$/.test(name!)) {
      for (const part of call === undefined ? node.prefix : node.args)
        if (part.type === 'Assignment') this.#assign(part);
      return undefined;
    }
    this.#calls += 1;
    const [, to = ''] = call.words;
    if (name === 'cd') this.folder = pathAt(this.folder, to);
    if (name === 'read')
      for (const word of call.words.slice(1)) this.variables.set(word, placeholder(`$${word}`));
    const said = this.#answer(call);
    this.#write(
      name === 'tee' ? call.words.at(-1) : (this.#target(node.redirects) ?? ''),
      said && `${said}\n`,
    );
    this.onCall(call);
    return said;
  }

  #assign({ name, value, append }: Extract<Command['prefix'][number], { type: 'Assignment' }>): void {
    const text = value.type === 'Word' ? this.#textOf(value) : placeholder(`$${name}`);
    this.variables.set(name, append === true ? `${this.variables.get(name) ?? ''}${text}` : text);
  }

  #write(target: string | undefined, text: string | undefined): void {
    if (target !== undefined && text) this.files.set(target, `${this.files.get(target) ?? ''}${text}`);
  }

  #target(redirects: Command['redirects']): string | undefined {
    const found = redirects.find((each) => each.type === 'Redirect' && /^>>?$/.test(each.operator));
    return found?.type === 'Redirect' && found.target !== undefined ? this.#textOf(found.target) : undefined;
  }

  /** What a command prints that only computes something; undefined: known only when it runs. */
  #answer(call: Call | undefined): string | undefined {
    const said = call && answerOf(call);
    return said && namedRef(said, this.event.kind);
  }

  #textOf(word: Word): string {
    return this.#joined(word).text;
  }

  #joined({ parts, value }: Word): Field {
    const fields = parts?.map((part) => this.#part(part)) ?? [{ text: this.#reveal(value), filled: false }];
    return { text: fields.map(({ text }) => text).join(''), filled: fields.some(({ filled }) => filled) };
  }

  /** The fields of a word: the value of a variable outside of quotes is split at blanks. */
  #fields(word: Word): Field[] {
    const { text, filled } = this.#joined(word);
    if (word.parts?.length !== 1 || !/Expansion$/.test(word.parts[0]!.type)) return [{ text, filled }];
    return splitOutside(text, /\s+/).flatMap((field) => (field === '' ? [] : { text: field, filled }));
  }

  #part(part: WordPart): Field {
    const filled = (text = placeholder(this.#reveal(part.text))) => ({
      text: namedRef(text, this.event.kind),
      filled: true,
    });
    if (part.type === 'DoubleQuoted' || part.type === 'LocaleString')
      return this.#joined({ ...part, type: 'Word', value: '' });
    if (part.type === 'SimpleExpansion') return filled(this.variables.get(part.text.slice(1)));
    if (part.type === 'CommandExpansion') {
      const [only, ...more] = part.script?.commands ?? [];
      return filled(only !== undefined && more.length === 0 ? this.#printed(only.command) : undefined);
    }
    if (part.type !== 'ParameterExpansion')
      return { text: this.#reveal('value' in part ? part.value : part.text), filled: false };
    const { parameter: name, operation, index } = part;
    const value = index === undefined ? this.variables.get(name) : undefined;
    const operand = (word: Word | undefined) => (word === undefined ? '' : this.#textOf(word));
    if (operation?.type === 'Default') {
      const isOther = operation.operator.endsWith('+') === Boolean(value);
      return filled(
        operation.operator.endsWith('?') ? value : isOther ? operand(operation.operand) : (value ?? ''),
      );
    }
    if (value === undefined || operation === undefined) return filled(value);
    if (operation.type === 'Remove')
      return filled(removeAffix(value, operation.operator, operand(operation.operand)));
    if (operation.type === 'Replace')
      return filled(
        replaceText(value, operand(operation.pattern), operand(operation.replacement), operation.operator),
      );
    if (operation.type === 'Slice')
      return filled(
        cutTo(value, Number(operand(operation.offset)), Number(operand(operation.length) || 1000)),
      );
    return filled(
      operation.type === 'CaseModification' && operation.operator === ',,' ? lower(value) : undefined,
    );
  }

  #printed(node: Node): string | undefined {
    if (node.type === 'Command') return this.#answer(this.#callOf(node, undefined));
    if (node.type !== 'Pipeline') return undefined;
    return node.commands.reduce<string | undefined>(
      (text, each) => (each.type === 'Command' ? this.#answer(this.#callOf(each, text)) : undefined),
      undefined,
    );
  }
}
