import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Stage = 'pre' | 'main' | 'post';

interface ActionMetadata {
  inputs?: Record<string, { default?: string | number | boolean; required?: boolean; deprecationMessage?: string }>;
  runs: { using: string } & Partial<Record<Stage, string>>;
}

/** What `${{ github.… }}` in an input's default may name. */
export interface DefaultsContext {
  token: string;
  actor: string;
}

export interface ActionManifest {
  /** Path of the stage's program relative to the action's folder; undefined when it has none. */
  entry(stage: Stage): string | undefined;
  /** All inputs as the runner hands them over: given ones, else the evaluated defaults. */
  inputs(given: Record<string, string>, context: DefaultsContext): Map<string, string>;
  /** Warnings of the runner: unknown inputs. */
  warnings(given: Record<string, string>): string[];
}

/** Reads `action.yml` of a JavaScript action. */
export async function readActionManifest(folder: string): Promise<ActionManifest> {
  const metadata = parse(await readFile(join(folder, 'action.yml'), 'utf8')) as ActionMetadata;
  const { runs, inputs: declared = {} } = metadata;
  if (!/^node\d+$/.test(runs.using)) throw new Error(`action.yml: runs.using is ${runs.using}, not node…`);
  return {
    entry: (stage) => runs[stage],
    inputs: (given, context) => {
      const values = new Map<string, string>();
      for (const [name, { default: value }] of Object.entries(declared)) {
        values.set(name, evaluateDefault(String(value ?? ''), context));
      }
      for (const [name, value] of Object.entries(given)) values.set(name, value);
      return values;
    },
    warnings: (given) => {
      const unknown = Object.keys(given).filter((name) => !(name in declared));
      const valid = Object.keys(declared).map((name) => `'${name}'`);
      return unknown.length === 0
        ? []
        : [
            `Unexpected input(s) ${unknown.map((name) => `'${name}'`).join(', ')}, valid inputs are [${valid.join(', ')}]`,
          ];
    },
  };
}

function evaluateDefault(value: string, context: DefaultsContext): string {
  return value.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    if (expression === 'github.token') return context.token;
    if (expression === 'github.actor') return context.actor;
    throw new Error(`action.yml: the harness does not evaluate \${{ ${expression} }} in a default.`);
  });
}

/** The variable that an input becomes: upper case, blanks to `_`, dashes kept. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
