import type { Command, CompoundList, PipelineNode, TestExpression, Word } from 'unbash';
import { hasHoles } from '../holes.js';
import { calculate } from './arithmetic.js';

/** What a condition is decided by. */
export interface Asks {
  text(word: Word): string;
  /** Of a command, its words filled in. */
  words(command: Command): readonly string[];
  variable(name: string): string | undefined;
  /** Fills holes by example. */
  concrete(text: string): string;
}

type Answer = boolean | undefined;

const not = (answer: Answer): Answer => (answer === undefined ? undefined : !answer);
const all = (answers: readonly Answer[]): Answer =>
  answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
const any = (answers: readonly Answer[]): Answer => not(all(answers.map(not)));

/** Whether the list between `if` and `then` succeeds; undefined: only a run knows. */
export function listHolds({ commands }: CompoundList, asks: Asks): Answer {
  const last = commands.at(-1)?.command;
  if (last === undefined) return undefined;
  if (last.type !== 'AndOr') return conditionHolds(last, asks);
  const each = last.commands.map((command) => conditionHolds(command, asks));
  const operators = new Set(last.operators);
  if (operators.size > 1) return undefined;
  return operators.has('&&') ? all(each) : any(each);
}

function conditionHolds(node: PipelineNode, asks: Asks): Answer {
  if (node.type === 'Pipeline') {
    const [only, ...more] = node.commands;
    if (only === undefined || more.length > 0) return undefined;
    const inner = conditionHolds(only, asks);
    return node.prefixes.some(({ type }) => type === 'Negation') ? not(inner) : inner;
  }
  if (node.type === 'TestCommand') return expressionHolds(node.expression, asks);
  if (node.type === 'ArithmeticCommand') {
    const value = calculate(node.expression, (name) => asks.variable(name));
    return value === undefined ? undefined : value !== 0;
  }
  const [name = ''] = node.type === 'Command' ? asks.words(node) : [];
  return ['test', '[', 'true', 'false'].includes(name) ? commandHolds(node, asks) : undefined;
}

/** Whether a command succeeds: tests are decided, any other command goes well. */
export function commandHolds(node: PipelineNode, asks: Asks): Answer {
  if (node.type === 'TestCommand') return expressionHolds(node.expression, asks);
  if (node.type !== 'Command') return true;
  const words = asks.words(node);
  if (words[0] === 'test') return testHolds(words.slice(1), asks);
  if (words[0] === '[') return testHolds(words.slice(1, -1), asks);
  return words[0] === 'command' ? undefined : words[0] !== 'false';
}

function expressionHolds(test: TestExpression, asks: Asks): Answer {
  switch (test.type) {
    case 'TestGroup':
      return expressionHolds(test.expression, asks);
    case 'TestNot':
      return not(expressionHolds(test.operand, asks));
    case 'TestLogical': {
      const each = test.operands.map((operand) => expressionHolds(operand, asks));
      return test.operator === '&&' ? all(each) : any(each);
    }
    case 'TestUnary':
      return testHolds([test.operator, asks.text(test.operand)], asks);
    case 'TestBinary':
      return testHolds([asks.text(test.left), test.operator, asks.text(test.right)], asks);
  }
}

/** A variable that nobody sets is empty, and that is what such a test asks. */
const isUnset = (word: string) => /^\$\{\{ \$\w+ \}\}$/.test(word);

/** The words between `[` and `]`. */
export function testHolds(words: readonly string[], asks: Asks): Answer {
  if (words[0] === '!') return not(testHolds(words.slice(1), asks));
  const filled = words
    .map((word) => asks.concrete(word))
    .map((word) => (isUnset(word) && !/\$\d/.test(word) ? '' : word));
  const [left = '', operator = '', right = ''] = filled;
  if (filled.length === 1) return hasHoles(left) ? undefined : left !== '';
  if (left === '-z') return hasHoles(operator) ? undefined : operator === '';
  if (left === '-n') return hasHoles(operator) ? undefined : operator !== '';
  if (hasHoles(left) || hasHoles(right)) return undefined;
  if (operator === '=' || operator === '==') return matches(left, right);
  if (operator === '!=') return !matches(left, right);
  if (operator === '=~') return matchesExpression(left, right);
  const compare = Object.hasOwn(COMPARED, operator) ? COMPARED[operator] : undefined;
  return /^-?\d+$/.test(left) && /^-?\d+$/.test(right) ? compare?.(Number(left), Number(right)) : undefined;
}

const COMPARED: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
};

function matches(text: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return text === pattern;
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, 's').test(text);
}

function matchesExpression(text: string, expression: string): Answer {
  try {
    return new RegExp(expression).test(text);
  } catch {
    return undefined;
  }
}
