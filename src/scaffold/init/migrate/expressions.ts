import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import { fillHoles, hasHoles, hole, holesIn } from './holes.js';

/** What a name in an expression stands for; `undefined`: nobody knows before the run. Texts may have holes. */
export interface Contexts {
  lookup(path: readonly string[]): unknown;
  /** A text with its holes filled for comparing: what `github.sha` and the like are in this event, by example. */
  concrete(text: string): string;
  /** Takes note that a setting of the repository is taken as not set: `vars.X || 'this'`. */
  assume(setting: string, value: string): void;
}

const isVariable = (name: string) => name.startsWith('vars.');

type Expression = NonNullable<ConstructorParameters<typeof Evaluator>[0]>;
type Value = data.ExpressionData;

class Unknown extends Error {}

/** Functions beside those of the language: https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions */
const STATUS: Readonly<Record<string, boolean>> = {
  always: true,
  success: true,
  failure: false,
  cancelled: false,
};
const FUNCTIONS = [...Object.keys(STATUS), 'hashFiles'].map((name) => ({
  name,
  minArgs: 0,
  maxArgs: 255,
  call: (): Value => {
    const answer = STATUS[name];
    if (answer === undefined) throw new Unknown(name);
    return new data.BooleanData(answer);
  },
}));
const CONTEXTS = [
  ...[
    'github',
    'env',
    'vars',
    'job',
    'jobs',
    'steps',
    'runner',
    'secrets',
    'strategy',
    'matrix',
    'needs',
    'inputs',
  ],
];

/** GitHub's own evaluator, but what is not known stays a hole, or makes what depends on it unknown. */
class PartialEvaluator extends Evaluator {
  constructor(
    expression: Expression,
    private readonly contexts: Contexts,
  ) {
    super(
      expression,
      new data.Dictionary(),
      new Map(FUNCTIONS.map((each) => [each.name.toLowerCase(), each])),
    );
  }

  override visitContextAccess(access: Parameters<Evaluator['visitContextAccess']>[0]): Value {
    return this.#at([access.name.lexeme]);
  }

  override visitIndexAccess(access: Parameters<Evaluator['visitIndexAccess']>[0]): Value {
    const path = this.#pathOf(access);
    if (path !== undefined) return this.#at(path);
    const whole = this.eval(access.expr);
    if (whole.kind === data.Kind.String && hasHoles(whole.coerceString())) throw new Unknown('part');
    return super.visitIndexAccess(access);
  }

  override visitBinary(binary: Parameters<Evaluator['visitBinary']>[0]): Value {
    const [left, right] = [binary.left, binary.right].map(
      (side) => new Known(this.#compared(this.eval(side))),
    );
    const compared = Object.create(binary) as typeof binary;
    return super.visitBinary(Object.assign(compared, { left, right }));
  }

  override visitUnary(unary: Parameters<Evaluator['visitUnary']>[0]): Value {
    const value = this.eval(unary.expr);
    if (truthy(value) === undefined) throw new Unknown('maybe');
    return super.visitUnary(Object.assign(Object.create(unary) as typeof unary, { expr: new Known(value) }));
  }

  /** What is unknown gives way to what decides alone: `vars.X || 'fixed'`, `unknown && false`. */
  override visitLogical(logical: Parameters<Evaluator['visitLogical']>[0]): Value {
    const isAnd = logical.operator.lexeme === '&&';
    let last: Value | undefined;
    let unknown: Unknown | undefined;
    const settings: string[] = [];
    for (const argument of logical.args) {
      const value = this.#attempt(argument);
      if (value instanceof Unknown) {
        unknown = value;
        if (isVariable(value.message)) settings.push(value.message);
        continue;
      }
      last = value;
      const isTrue = truthy(value);
      if (isAnd && isTrue === false) return value;
      if (!isAnd && isTrue === true && (unknown === undefined || !unknown.message.includes('=='))) {
        const [setting] = settings;
        if (setting !== undefined && value.kind === data.Kind.String)
          this.contexts.assume(setting, value.coerceString());
        return value;
      }
      if (isTrue === undefined) {
        const [setting] = value.kind === data.Kind.String ? holesIn(value.coerceString()) : [];
        unknown = new Unknown(setting ?? 'maybe');
        if (setting !== undefined && isVariable(setting)) settings.push(setting);
      }
    }
    if (unknown !== undefined || last === undefined) throw unknown ?? new Unknown();
    return last;
  }

  override visitFunctionCall(call: Parameters<Evaluator['visitFunctionCall']>[0]): Value {
    const name = call.functionName.lexeme.toLowerCase();
    if (!['startswith', 'endswith', 'contains', 'fromjson'].includes(name))
      return super.visitFunctionCall(call);
    const values = call.args.map((argument) => this.#compared(this.eval(argument)));
    return wellKnownFunctions[name]!.call(...values);
  }

  #attempt(expression: Expression): Value | Unknown {
    try {
      return this.eval(expression);
    } catch (error) {
      if (error instanceof Unknown) return error;
      throw error;
    }
  }

  #compared(value: Value): Value {
    if (value.kind !== data.Kind.String || !hasHoles(value.coerceString())) return value;
    const filled = this.contexts.concrete(value.coerceString());
    if (hasHoles(filled)) throw new Unknown(`== ${filled}`);
    return new data.StringData(filled);
  }

  #at(path: readonly string[]): Value {
    const found = this.contexts.lookup(path);
    if (found === undefined) {
      // A context as a whole is asked for only on the way to a part of it.
      return new data.StringData(hole(path.join('.')));
    }
    return JSON.parse(JSON.stringify(found), data.reviver) as Value;
  }

  #pathOf(expression: unknown): string[] | undefined {
    const { name, expr, index } = expression as {
      name?: { lexeme: string };
      expr?: unknown;
      index?: { literal?: Value };
    };
    if (name !== undefined) return [name.lexeme];
    const own = index?.literal;
    if (expr === undefined || own === undefined) return undefined;
    const before = this.#pathOf(expr);
    return before && [...before, own.coerceString()];
  }
}

/** A value that was computed already, as a node. */
class Known {
  constructor(private readonly value: Value) {}
  accept = (): Value => this.value;
}

function truthy(value: Value): boolean | undefined {
  if (value.kind === data.Kind.String) {
    const text = value.coerceString();
    // Settings may be absent; a commit, a branch or a number of a run never is.
    if (hasHoles(text))
      return /^\$\{\{ (?:vars|secrets|inputs|steps|needs|env|github\.event)\./.test(text) ? undefined : true;
    return text !== '';
  }
  if (value.kind === data.Kind.Boolean || value.kind === data.Kind.Number)
    return Number(value.number()) !== 0;
  return value.kind !== data.Kind.Null;
}

function evaluate(expression: string, contexts: Contexts): Value | undefined {
  try {
    const parsed = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, FUNCTIONS).parse();
    return new PartialEvaluator(parsed, contexts).evaluate();
  } catch {
    // Unknown, or no expression at all: GitHub would have refused it, so it is not ours to judge.
    return undefined;
  }
}

/** Fills in all expressions that are known; the others stay as holes. */
export function resolveText(text: string, contexts: Contexts): string {
  return fillHoles(text, (name) => {
    const value = evaluate(name, contexts);
    if (value === undefined || !('coerceString' in value)) return undefined;
    if (value.kind === data.Kind.Array || value.kind === data.Kind.Dictionary) return undefined;
    return value.coerceString();
  });
}

/** The value of an expression that may be a list or a mapping, such as `fromJSON(…)` of a matrix. */
export function resolveValue(text: string, contexts: Contexts): unknown {
  const [, expression] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(text) ?? [];
  if (expression === undefined || expression.includes('${{')) return resolveText(text, contexts);
  const value = evaluate(expression, contexts);
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value, data.replacer)) as unknown);
}

/** Whether a condition (`if:`) holds; undefined: that is known only when it runs. */
export function truthOf(condition: string, contexts: Contexts): boolean | undefined {
  const [, inner] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition) ?? [];
  const value = evaluate(inner?.includes('}}') === false ? inner : condition, contexts);
  return value === undefined ? undefined : truthy(value);
}
