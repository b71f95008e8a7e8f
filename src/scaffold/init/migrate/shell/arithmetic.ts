import type { ArithmeticExpression } from 'unbash';

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
};

/** The value of a simple calculation; undefined: a variable of it is known only when it runs. */
export function calculate(
  expression: ArithmeticExpression | undefined,
  valueOf: (name: string) => string | undefined,
): number | undefined {
  switch (expression?.type) {
    case 'ArithmeticWord': {
      const { value } = expression;
      const text = /^\d+$/.test(value) ? value : valueOf(value.replace(/^\$\{?|\}$/g, ''));
      return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
    }
    case 'ArithmeticGroup':
      return calculate(expression.expression, valueOf);
    case 'ArithmeticBinary': {
      const [left, right] = [calculate(expression.left, valueOf), calculate(expression.right, valueOf)];
      const operator = Object.hasOwn(OPERATORS, expression.operator)
        ? OPERATORS[expression.operator]
        : undefined;
      return left === undefined || right === undefined ? undefined : operator?.(left, right);
    }
    default:
      return undefined;
  }
}
