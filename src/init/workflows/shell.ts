import { parse, type AndOr, type Command, type CompoundList, type PipelineNode } from 'unbash';
import type { Word, WordPart } from 'unbash';
import { concreteIn, namedRef, type ExampleEvent } from './events.js';
import { pathAt } from './findings.js';
import { hasPlaceholders, placeholder, splitOutside } from './placeholders.js';
import { cutTo, lower, outputOf, removePrefix, replaceText } from './shell-values.js';

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

/** A script with more commands is not read further; the parser bounds the nesting. */
const MOST_CALLS = 500;

type Body = PipelineNode | AndOr | CompoundList | { commands: CompoundList['commands']; type: 'Script' };

/**
 * Reads the commands of a script in order, with the values of variables that it sets. If a condition is not a simple
 * test, all its bodies count as run, and what they set is unknown afterwards.
 */
export class Script {
  readonly files = new Map<string, string>();
  #calls = 0;
  /** Constructs around that may not run. */
  #unsure = 0;
  #text = '';
  readonly #expressions: string[] = [];

  constructor(
    readonly variables: Map<string, string>,
    public folder: string,
    private readonly event: ExampleEvent,
    private readonly onCall: (call: Call) => void,
  ) {}

  /** Expressions of a workflow are no shell, so a mark replaces each while the script is parsed. */
  read(written: string): void {
    const mark = (expression: string) => `\u27e6${this.#expressions.push(expression) - 1}\u27e7`;
    this.#text = written.replace(/\$\{\{.*?\}\}/gs, mark);
    this.#run(parse(this.#text));
  }

  #reveal(text: string): string {
    return text.replace(/\u27e6(\d+)\u27e7/g, (_, at: string) => this.#expressions[Number(at)]!);
  }

  #run(node: Body): void {
    if (this.#calls > MOST_CALLS) return;
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
      case 'For': {
        const words = node.wordlist?.flatMap((word) => this.#fields(word)) ?? [];
        const isKnown = words.length > 0 && !words.some((word) => hasPlaceholders(word) || /[*?{]/.test(word));
        for (const word of isKnown ? words : [placeholder(`$${node.name.value}`)]) {
          this.variables.set(node.name.value, word);
          this.#run(node.body);
        }
        return;
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
      case 'AndOr': {
        const first = node.commands[0]!;
        this.#run(first);
        const holds = this.#holds(first);
        for (const [index, each] of node.commands.slice(1).entries())
          if (holds === undefined) this.#maybe([each]);
          else if (holds === (node.operators[index] === '&&')) this.#run(each);
        return;
      }
      case 'If': {
        const holds = this.#holds(node.clause);
        if (holds === true) return this.#run(node.then);
        if (holds === undefined || node.elif.length > 0) return this.#maybe([node.then, node.elif, node.else]);
        if (node.else !== undefined) this.#run(node.else);
        return;
      }
      default:
        this.#maybe(Object.values(node));
    }
  }

  /** Parts of any other construct may run: variables that they set are unknown afterwards. */
  #maybe(parts: readonly unknown[]): void {
    const before = new Map(this.variables);
    this.#unsure += 1;
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue;
      const type = 'type' in part ? part.type : undefined;
      if (Array.isArray(part) || type === undefined) this.#maybe(Object.values(part));
      else if (type !== 'Word') this.#run(part as Body);
    }
    this.#unsure -= 1;
    for (const [name, value] of this.variables)
      if (before.get(name) !== value) this.variables.set(name, placeholder(`$${name}`));
  }

  /** Whether `[ a = b ]` or `[[ a == b* ]]` holds; undefined for any other command, and if it isn't known. */
  #holds(node: Body): boolean | undefined {
    if (node.type === 'CompoundList')
      return node.commands.length === 1 ? this.#holds(node.commands[0]!.command) : undefined;
    const test = node.type === 'TestCommand' ? node.expression : undefined;
    if (test?.type === 'TestUnary') return this.#test(test.operator, this.#joined(test.operand));
    if (test?.type === 'TestBinary')
      return this.#test(this.#joined(test.left), test.operator, this.#joined(test.right));
    const [name, left = '', ...more] = (node.type === 'Command' && this.#callOf(node, undefined)?.words) || [];
    return name === '[' ? this.#test(left, ...more.slice(0, -1)) : undefined;
  }

  #test(...words: string[]): boolean | undefined {
    const [left = '', operator = '', right = ''] = words.map((word) => concreteIn(this.event, word));
    if (words.length === 2 && /^-[zn]$/.test(left) && !hasPlaceholders(operator))
      return (operator === '') === (left === '-z');
    if (words.length !== 3 || hasPlaceholders(left + right) || !/^!?==?$/.test(operator)) return undefined;
    const pattern = right.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${pattern}$`, 's').test(left) === !operator.startsWith('!');
  }

  #callOf(node: Command, input: string | undefined): Call | undefined {
    if (node.name === undefined) return undefined;
    const fields = [node.name, ...node.args].map((word) =>
      word.type === 'Word'
        ? { words: this.#fields(word), isFilled: isFilled(word) }
        : { words: [this.#reveal(word.text)], isFilled: false },
    );
    return {
      words: fields.flatMap(({ words }) => words),
      filled: fields.flatMap((field) => (field.isFilled ? field.words : [])),
      line: this.#reveal(this.#text.slice(0, node.pos)).split('\n').length - 1,
      folder: this.folder,
      input,
    };
  }

  /** @returns what it prints, as far as that is known */
  #command(node: Command, input: string | undefined): string | undefined {
    const call = this.#callOf(node, input);
    const [name, to = ''] = call?.words ?? [];
    if (call === undefined || /^(?:export|local|readonly|declare)$/.test(name!)) {
      for (const part of call === undefined ? node.prefix : node.args)
        if (part.type === 'Assignment') this.#assign(part);
      return undefined;
    }
    this.#calls += 1;
    if (name === 'cd') this.folder = pathAt(this.folder, to);
    if (name === 'read') for (const word of call.words.slice(1)) this.variables.set(word, placeholder(`$${word}`));
    const output = this.#outputOf(call);
    const target = name === 'tee' ? call.words.at(-1) : (this.#target(node.redirects) ?? '');
    this.#write(target, output && `${output}\n`);
    this.onCall(call);
    return output;
  }

  #assign({ name, value, append }: Extract<Command['prefix'][number], { type: 'Assignment' }>): void {
    const text = value.type === 'Word' ? this.#joined(value) : placeholder(`$${name}`);
    this.variables.set(name, append === true ? `${this.variables.get(name) ?? ''}${text}` : text);
  }

  #write(target: string | undefined, text: string | undefined): void {
    const known =
      this.#unsure === 0
        ? text
        : text?.replace(/^([\w-]+)=.*$/gm, (_, name: string) => `${name}=${placeholder(`$${name}`)}`);
    if (target !== undefined && known) this.files.set(target, `${this.files.get(target) ?? ''}${known}`);
  }

  #target(redirects: Command['redirects']): string | undefined {
    const found = redirects.find((each) => each.type === 'Redirect' && /^>>?$/.test(each.operator));
    return found?.type === 'Redirect' && found.target ? this.#joined(found.target) : undefined;
  }

  #outputOf(call: Call | undefined): string | undefined {
    const output = call && outputOf(call);
    return output && namedRef(output, this.event.kind);
  }

  #joined({ parts, value }: Word): string {
    return parts?.map((part) => this.#part(part)).join('') ?? this.#reveal(value);
  }

  /** The fields of a word: the value of a variable outside of quotes is split at blanks. */
  #fields(word: Word): string[] {
    const text = this.#joined(word);
    const isBare = word.parts?.length === 1 && isExpansion(word.parts[0]!);
    return isBare ? splitOutside(text, /\s+/).filter((field) => field !== '') : [text];
  }

  #part(part: WordPart): string {
    if (part.type === 'DoubleQuoted' || part.type === 'LocaleString')
      return this.#joined({ ...part, type: 'Word', value: '' });
    if (!isExpansion(part)) return this.#reveal('value' in part ? part.value : part.text);
    return namedRef(this.#valueOf(part) ?? placeholder(this.#reveal(part.text)), this.event.kind);
  }

  #valueOf(part: Expansion): string | undefined {
    if (part.type === 'SimpleExpansion') return this.variables.get(part.text.slice(1));
    if (part.type === 'CommandExpansion') {
      const [only, ...more] = part.script?.commands ?? [];
      return only !== undefined && more.length === 0 ? this.#printed(only.command) : undefined;
    }
    const { parameter: name, operation, index } = part;
    const value = index === undefined ? this.variables.get(name) : undefined;
    const operand = (word: Word | undefined) => (word === undefined ? '' : this.#joined(word));
    if (operation?.type === 'Default' && operation.operator.endsWith('-')) return value || operand(operation.operand);
    if (value === undefined || operation === undefined) return value;
    switch (operation.type) {
      case 'Remove':
        return operation.operator.startsWith('#') ? removePrefix(value, operand(operation.operand)) : undefined;
      case 'Replace':
        return replaceText(value, operand(operation.pattern), operand(operation.replacement), operation.operator);
      case 'Slice':
        return cutTo(value, Number(operand(operation.offset)), Number(operand(operation.length) || 1000));
      case 'CaseModification':
        return operation.operator === ',,' ? lower(value) : undefined;
      default:
        return undefined;
    }
  }

  #printed(node: PipelineNode | AndOr): string | undefined {
    let text: string | undefined;
    for (const each of node.type === 'Pipeline' ? node.commands : [node])
      text = each.type === 'Command' ? this.#outputOf(this.#callOf(each, text)) : undefined;
    return text;
  }
}

type Expansion = Extract<WordPart, { type: 'SimpleExpansion' | 'CommandExpansion' | 'ParameterExpansion' }>;

const isExpansion = (part: WordPart): part is Expansion => /^(?:Simple|Command|Parameter)Expansion$/.test(part.type);

const isFilled = ({ parts }: Pick<Word, 'parts'>): boolean =>
  parts?.some((part) => isExpansion(part) || ('parts' in part && isFilled(part))) ?? false;
