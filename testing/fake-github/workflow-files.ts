import { parse } from 'yaml';
import { readTreeItems } from '../git-tree.js';
import { objectType, readBlob, resolveRevision } from './objects.js';

/** A workflow file at some commit, as far as the double acts on it. */
export interface WorkflowFile {
  path: string;
  name: string;
  /** Undefined: it has no `workflow_dispatch`. */
  dispatch?: Record<string, WorkflowInput>;
  jobs: Record<string, WorkflowJob>;
}

export interface WorkflowInput {
  type?: string;
  required?: boolean;
  default?: string | boolean | number;
  options?: string[];
}

export interface WorkflowJob {
  name?: string;
  'runs-on'?: string | string[];
  environment?: string | { name: string };
  steps?: { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[];
}

const FOLDER = '.github/workflows';

/** Paths of the workflows at a commit, in git's order. */
export async function listWorkflows(dir: string, commit: string): Promise<string[]> {
  const folder = await resolveRevision(dir, `${commit}:${FOLDER}`);
  if (folder === undefined || (await objectType(dir, folder)) !== 'tree') return [];
  return [...readTreeItems(dir, folder).keys()]
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${FOLDER}/${name}`);
}

/** @returns undefined where the file isn't there */
export async function readWorkflowFile(dir: string, commit: string, path: string): Promise<WorkflowFile | undefined> {
  const oid = await resolveRevision(dir, `${commit}:${path}`);
  if (oid === undefined) return undefined;
  const data = parse((await readBlob(dir, oid)).toString()) as {
    name?: string;
    on?: string | string[] | Record<string, { inputs?: Record<string, WorkflowInput> } | null>;
    jobs?: Record<string, WorkflowJob>;
  };
  const { on = {} } = data;
  const triggers: Record<string, { inputs?: Record<string, WorkflowInput> } | null> =
    typeof on === 'object' && !Array.isArray(on) ? on : Object.fromEntries([on].flat().map((name) => [name, null]));
  return {
    path,
    name: data.name ?? path,
    ...('workflow_dispatch' in triggers && { dispatch: triggers['workflow_dispatch']?.inputs ?? {} }),
    jobs: data.jobs ?? {},
  };
}

/**
 * What an expression of a workflow gives: names of the contexts `inputs` and `github`, literals, `format()` of one
 * value, and `&&` and `||` between them.
 * @throws Error for anything else, so that no test rests on a value that GitHub would make otherwise
 */
export function evaluate(text: string, context: Record<string, Record<string, string>>): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    const values = expression.split('||').map((part) => conjunctionOf(part.trim(), context));
    return values.find((value) => value !== '' && value !== 'false') ?? values.at(-1) ?? '';
  });
}

function conjunctionOf(part: string, contexts: Record<string, Record<string, string>>): string {
  const values = part.split('&&').map((term) => termOf(term.trim(), contexts));
  return values.find((value) => value === '' || value === 'false') ?? values.at(-1) ?? '';
}

function termOf(term: string, contexts: Record<string, Record<string, string>>): string {
  const [, pattern, value] = /^format\('([^']*)',\s*([\w.-]+)\)$/.exec(term) ?? [];
  if (pattern !== undefined && value !== undefined) return pattern.replace('{0}', termOf(value, contexts));
  const literal = /^'(.*)'$/.exec(term) ?? /^(true|false|\d+)$/.exec(term);
  if (literal) return literal[1]!;
  const [, context = '', name = ''] = /^(?:github\.event\.)?(\w+)\.([\w-]+)$/.exec(term) ?? [];
  if (!(context in contexts)) throw new Error(`the fake GitHub does not evaluate ${term}`);
  return contexts[context]![name] ?? '';
}
