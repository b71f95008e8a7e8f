import { fillHoles, hole, mapText, onlyHole } from '../holes.js';

/** A variable of a script: a text, or a list or table by key. */
export type Variable = string | ReadonlyMap<string, string>;
export type Variables = Map<string, Variable>;

export function textOf(variable: Variable | undefined): string | undefined {
  return typeof variable === 'string' ? variable : variable?.values().next().value;
}

/** `${NAME#prefix}` and the like; what they do to a hole is known for those that are in use everywhere. */
export function removeAffix(value: string, operator: string, pattern: string): string {
  const name = onlyHole(value);
  const known = REMOVALS[`${name ?? ''}${operator}${pattern}`];
  if (known !== undefined) return hole(known);
  // What a ref has before its name, the name has not; anything else may change it.
  if (name !== undefined && !/^refs\/|^v$/.test(pattern)) return hole(`${name} without ${pattern}`);
  const expression = globExpression(pattern, operator);
  return expression === undefined ? value : mapText(value, (fixed) => fixed.replace(expression, ''));
}

const REMOVALS: Readonly<Record<string, string>> = {
  'ref#refs/heads/': 'branch',
  'ref##refs/heads/': 'branch',
  'ref#refs/tags/': 'tag',
  'ref##refs/tags/': 'tag',
  'ref#refs/*/': 'ref_name',
  'ref##*/': 'ref_name',
  'ref#*/v': 'version',
  'ref##*/v': 'version',
  'ref#refs/tags/v': 'version',
  'ref##refs/tags/v': 'version',
  'tag#v': 'version',
  'tag##v': 'version',
  'tag##*/': 'tag',
  'branch##*/': 'branch',
  'minor version%.*': 'major version',
  'minor version%%.*': 'major version',
  'version%.*': 'minor version',
  'version%%.*': 'major version',
};

function globExpression(pattern: string, operator: string): RegExp | undefined {
  if (pattern === '') return undefined;
  const greedy = operator.length === 2 ? '.*' : '.*?';
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', greedy)
    .replaceAll('?', '.');
  if (operator.startsWith('#')) return new RegExp(`^${body}`, 's');
  // The shortest end begins as late as it can.
  return new RegExp(operator === '%' ? `(?<=^.*)${body}$` : `${body}$`, 's');
}

/** `${NAME:0:7}`: of a commit its short form. */
export function slice(value: string, offset: number, length: number | undefined): string {
  const name = onlyHole(value);
  if (name !== undefined && offset === 0 && length !== undefined) return shortened(name, length);
  return value.includes('${{')
    ? value
    : value.slice(offset, length === undefined ? undefined : offset + length);
}

/** A commit cut to a length: seven digits have a name of their own. */
export function shortened(name: string, length: number): string {
  if (name !== 'sha') return hole(name);
  return hole(length === 7 ? 'sha7' : length >= 40 ? 'sha' : `sha cut to ${length}`);
}

export function replaceText(value: string, operator: string, pattern: string, replacement: string): string {
  // Names of branches lose what can't stand in a tag anyhow.
  if (onlyHole(value) !== undefined) return value;
  if (operator === '//') return mapText(value, (fixed) => fixed.replaceAll(pattern, replacement));
  return mapText(value, (fixed) => fixed.replace(pattern, replacement));
}

/** What the runner sets: https://docs.github.com/actions/reference/variables-reference */
export function runnerVariables(github: Readonly<Record<string, unknown>>): Variables {
  const variables: Variables = new Map();
  for (const name of RUNNER_VARIABLES) {
    const value = github[name];
    variables.set(`GITHUB_${name.toUpperCase()}`, typeof value === 'string' ? value : hole(`github.${name}`));
  }
  variables.set('GITHUB_OUTPUT', OUTPUT_FILE);
  variables.set('GITHUB_ENV', ENV_FILE);
  variables.set('CI', 'true');
  return variables;
}

const RUNNER_VARIABLES = [
  ...[
    'sha',
    'ref',
    'ref_name',
    'ref_type',
    'event_name',
    'repository',
    'repository_owner',
    'actor',
    'head_ref',
  ],
  ...['base_ref', 'run_id', 'run_number', 'run_attempt', 'server_url', 'workspace'],
];

export const OUTPUT_FILE = '/github/output';
export const ENV_FILE = '/github/env';
/** What goes to the log. */
export const PRINTED = '/dev/stdout';

/** `ref_name` is the branch or the tag, whichever the event has. */
export function nameRef(text: string, event: string): string {
  return fillHoles(text, (name) => {
    // Of a tagged commit that is the tag.
    if (name.startsWith('$(git describe'))
      return event === 'tag' ? hole('tag') : name.includes('--exact-match') ? '' : undefined;
    if (name !== 'ref_name') return undefined;
    return hole(event === 'tag' ? 'tag' : event === 'pull-request' ? 'github.ref_name' : 'branch');
  });
}
