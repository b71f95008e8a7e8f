import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { attempt } from '../../lib/json.js';
import type { YamlValue } from '../../lib/yaml-value.js';
import { fillPlaceholders, hasPlaceholders, placeholder } from './placeholders.js';

export interface Contexts {
  /** The value of a name; `undefined`: nobody knows before the run. Texts may have placeholders. */
  lookup(path: readonly string[]): unknown;
  /** A text with its placeholders filled by example, for comparing. */
  concrete(text: string): string;
}

type Expression = NonNullable<ConstructorParameters<typeof Evaluator>[0]>;
type Value = data.ExpressionData;

const STATUS = { always: true, success: true, failure: false, cancelled: false };
const FUNCTIONS = Object.entries(STATUS).map(([name, answer]) => ({
  ...{ name, minArgs: 0, maxArgs: 0, call: (): Value => new data.BooleanData(answer) },
}));
const CONTEXTS = [
  ...['github', 'env', 'vars', 'job', 'jobs', 'steps', 'runner', 'secrets', 'strategy', 'matrix', 'needs', 'inputs'],
];

const textIn = (value: Value) => (value.kind === data.Kind.String ? value.coerceString() : undefined);

/** GitHub's own evaluator; an unknown value stays a placeholder, or makes what depends on it unknown. */
class PartialEvaluator extends Evaluator {
  #isConcrete = false;

  constructor(
    expression: Expression,
    private readonly contexts: Contexts,
  ) {
    super(expression, new data.Dictionary(), new Map(FUNCTIONS.map((each) => [each.name.toLowerCase(), each])));
  }

  override visitContextAccess(access: Parameters<Evaluator['visitContextAccess']>[0]): Value {
    return this.#at([access.name.lexeme]);
  }

  override visitIndexAccess(access: Parameters<Evaluator['visitIndexAccess']>[0]): Value {
    const path = this.#pathOf(access);
    if (path !== undefined) return this.#at(path);
    if (hasPlaceholders(textIn(this.eval(access.expr)) ?? '')) throw new Error('unknown');
    return super.visitIndexAccess(access);
  }

  override visitBinary(binary: Parameters<Evaluator['visitBinary']>[0]): Value {
    return this.#concretely(() => super.visitBinary(binary));
  }

  override visitUnary(unary: Parameters<Evaluator['visitUnary']>[0]): Value {
    return this.#concretely(() => super.visitUnary(unary));
  }

  /** A known value may decide alone: `unknown && false`. */
  override visitLogical(logical: Parameters<Evaluator['visitLogical']>[0]): Value {
    const isAnd = logical.operator.lexeme === '&&';
    let last: Value | undefined;
    let isKnown = true;
    for (const argument of logical.args)
      try {
        last = this.eval(argument);
        const isTrue = truthy(last);
        if (isTrue === !isAnd && (isAnd || isKnown || last.kind === data.Kind.Boolean)) return last;
        isKnown &&= isTrue !== undefined;
      } catch {
        isKnown = false;
      }
    if (!isKnown || last === undefined) throw new Error('unknown');
    return last;
  }

  override visitFunctionCall(call: Parameters<Evaluator['visitFunctionCall']>[0]): Value {
    const name = call.functionName.lexeme.toLowerCase();
    if (!['startswith', 'endswith', 'contains', 'fromjson'].includes(name)) return super.visitFunctionCall(call);
    return this.#concretely(() => super.visitFunctionCall(call));
  }

  /** Values that are compared are those of the example. */
  #concretely(work: () => Value): Value {
    const before = this.#isConcrete;
    this.#isConcrete = true;
    try {
      return work();
    } finally {
      this.#isConcrete = before;
    }
  }

  #at(path: readonly string[]): Value {
    const found = this.contexts.lookup(path) ?? placeholder(path.join('.'));
    const known = this.#isConcrete && typeof found === 'string' ? this.contexts.concrete(found) : found;
    if (this.#isConcrete && typeof known === 'string' && hasPlaceholders(known)) throw new Error('unknown');
    return JSON.parse(JSON.stringify(known), data.reviver) as Value;
  }

  #pathOf(expression: unknown): string[] | undefined {
    const { name, expr, index } = expression as {
      name?: { lexeme: string };
      expr?: unknown;
      index?: { literal?: Value };
    };
    if (name !== undefined) return [name.lexeme];
    const before = expr === undefined || index?.literal === undefined ? undefined : this.#pathOf(expr);
    return before && [...before, index!.literal!.coerceString()];
  }
}

function truthy(value: Value): boolean | undefined {
  const text = textIn(value);
  // Settings may be absent; a commit, a branch or a number of a run never is.
  if (text !== undefined && hasPlaceholders(text))
    return /^\$\{\{ (?:vars|secrets|inputs|steps|needs|env|github\.event)\./.test(text) ? undefined : true;
  if (text !== undefined) return text !== '';
  if (value.kind === data.Kind.Boolean || value.kind === data.Kind.Number) return Number(value.number()) !== 0;
  return value.kind !== data.Kind.Null;
}

/** @returns undefined for an unknown value, and for what is no expression */
function evaluate(expression: string, contexts: Contexts): Value | undefined {
  return attempt(() => {
    const parsed = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, FUNCTIONS).parse();
    return new PartialEvaluator(parsed, contexts).evaluate();
  }, undefined);
}

/** Fills in all expressions that are known; the others stay as placeholders. */
export function resolveText(text: string, contexts: Contexts): string {
  return fillPlaceholders(text, (name) => {
    const value = evaluate(name, contexts);
    if (value === undefined || !('coerceString' in value)) return undefined;
    return value.kind === data.Kind.Array || value.kind === data.Kind.Dictionary ? undefined : value.coerceString();
  });
}

/** Whether a condition (`if:`) holds; undefined: that is known only when it runs. */
export function truthOf(condition: string, contexts: Contexts): boolean | undefined {
  const value = evaluate(/^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition, contexts);
  return value && truthy(value);
}

export type Combination = Record<string, unknown>;

/** The value of YAML as data, expressions filled in; everything but true and false stays text. */
export function dataOf(value: YamlValue | undefined, contexts: Contexts): unknown {
  if (value === undefined) return undefined;
  if (value.text !== undefined) {
    if (value.text === 'true' || value.text === 'false') return value.text === 'true';
    const expression = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(value.text)?.[1];
    if (expression === undefined || expression.includes('${{')) return resolveText(value.text, contexts);
    const known = evaluate(expression, contexts);
    return known && (JSON.parse(JSON.stringify(known, data.replacer)) as unknown);
  }
  const entries = value.entries();
  if (entries.length > 0)
    return Object.fromEntries(entries.map((entry) => [entry.name, dataOf(entry.value, contexts)]));
  return value.items().map((item) => dataOf(item, contexts));
}

const isMapping = (value: unknown): value is Combination =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The jobs of a matrix, by the rules of
 * https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 * @returns undefined when only a run knows them
 */
export function expandMatrix(matrix: YamlValue | undefined, contexts: Contexts): Combination[] | undefined {
  if (matrix === undefined) return [{}];
  const whole = dataOf(matrix, contexts);
  if (!isMapping(whole)) return undefined;
  const { include = [], exclude = [], ...lists } = whole;
  if (![include, exclude, ...Object.values(lists)].every((list) => Array.isArray(list))) return undefined;

  let combinations: Combination[] = Object.keys(lists).length === 0 ? [] : [{}];
  for (const [name, values] of Object.entries(lists as Record<string, unknown[]>))
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  const excluded = (exclude as unknown[]).filter(isMapping);
  const covers = (one: Combination, rule: Combination) =>
    Object.entries(rule).every(([name, value]) => JSON.stringify(one[name]) === JSON.stringify(value));
  combinations = combinations.filter((one) => !excluded.some((rule) => covers(one, rule)));

  const own = Object.keys(lists);
  const more: Combination[] = [];
  for (const extra of (include as unknown[]).filter(isMapping)) {
    const shared = Object.fromEntries(Object.entries(extra).filter(([name]) => own.includes(name)));
    const fitting = combinations.filter((one) => covers(one, shared));
    for (const one of fitting) Object.assign(one, extra);
    if (fitting.length === 0) more.push({ ...extra });
  }
  return [...combinations, ...more];
}
