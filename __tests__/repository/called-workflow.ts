import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import { parse } from 'yaml';
import { textOf } from './repository-files.js';

interface Input {
  description: string;
  type: 'string' | 'boolean' | 'number';
  default: string | boolean | number;
}

interface CalledWorkflow {
  on: {
    workflow_call: {
      inputs: Record<string, Input>;
      secrets: Record<string, { required: boolean }>;
      outputs: Record<string, { value: string }>;
    };
  };
  jobs: {
    release: {
      env: Record<string, string>;
      outputs: Record<string, string>;
      steps: { uses: string; id?: string; if?: string; with?: Record<string, string> }[];
    };
  };
}

export const CALLED = parse(textOf('.github/workflows/release.yml')) as CalledWorkflow;

/** Inputs and secrets of a caller, and contexts of the run. */
export interface Call {
  with?: Record<string, string | boolean>;
  secrets?: Record<string, string>;
  /** Outputs of earlier steps, by id. */
  steps?: Record<string, Record<string, string>>;
}

/** Evaluates expressions between `${{` and `}}` like the runner, with GitHub's own evaluator. */
export function fillIn(text: string, call: Call): string {
  const given = Object.entries(CALLED.on.workflow_call.inputs).map(
    ([name, { default: absent }]) => [name, call.with?.[name] ?? absent] as const,
  );
  const contexts = {
    inputs: Object.fromEntries(given),
    secrets: call.secrets ?? {},
    steps: Object.fromEntries(Object.entries(call.steps ?? {}).map(([id, outputs]) => [id, { outputs }] as const)),
    github: { actor: 'octocat' },
  };
  const evaluate = (expression: string): string => {
    const { tokens } = new Lexer(expression).lex();
    const parsed = new Parser(tokens, Object.keys(contexts), Object.values(wellKnownFunctions)).parse();
    return new Evaluator(parsed, dictionaryOf(contexts)).evaluate().coerceString();
  };
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    const value = evaluate(expression.trim());
    // A default may be an expression itself.
    return value.includes('${{') ? fillIn(value, call) : value;
  });
}

type Plain = string | boolean | number | { [key: string]: Plain };

function dictionaryOf(values: Record<string, Plain>): data.Dictionary {
  const pairs = Object.entries(values).map(([key, value]) => ({ key, value: dataOf(value) }));
  return new data.Dictionary(...pairs);
}

function dataOf(value: Plain): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  return dictionaryOf(value);
}

/** Inputs of the step that runs the Action. */
export function actionInputs(call: Call): Record<string, string> {
  const { steps } = CALLED.jobs.release;
  const step = steps.find(({ uses }) => uses.startsWith('ardenone/image-release@'));
  return Object.fromEntries(Object.entries(step?.with ?? {}).map(([name, text]) => [name, fillIn(text, call)]));
}
